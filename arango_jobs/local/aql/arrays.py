"""Compiles what looks into arrays: ``[*]``, ``[**]``, ``[?]`` and ALL, ANY, NONE comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame
from arango_jobs.local.aql.expressions import COMPILERS, compile_expression
from arango_jobs.local.aql.operators import COMPARISONS
from arango_jobs.local.aql.run import CHUNK
from arango_jobs.local.aql.values import is_true, to_number

__all__ = ["flatten"]


def flatten(items: list[Any], depth: int) -> list[Any]:
    """Return `items` with arrays inside it replaced by their elements, `depth` levels deep."""
    for _ in range(depth):
        flat: list[Any] = []
        for item in items:
            if type(item) is list:
                flat.extend(item)
            else:
                flat.append(item)
        if len(flat) == len(items) and not any(type(item) is list for item in flat):
            return flat
        items = flat
    return items


def _optional(unit: Compilation, node: nodes.Node | None) -> Evaluate | None:
    return None if node is None else compile_expression(unit, node)


def _whole(value: Any) -> int:
    return max(0, int(to_number(value)))


def _expansion(unit: Compilation, node: nodes.Expansion) -> Evaluate:
    base = compile_expression(unit, node.base)
    depth = node.stars - 1
    with unit.nested():
        slot = unit.declare("CURRENT", again=True)
        condition = _optional(unit, node.condition)
        offset = _optional(unit, node.limit[0]) if node.limit else None
        count = _optional(unit, node.limit[1]) if node.limit else None
        projection = _optional(unit, node.projection)
    unit.elements.append(slot)
    tail = _optional(unit, node.tail)
    unit.elements.pop()
    check = unit.run.check

    def chosen(frame: Frame, items: list[Any]) -> Iterable[Any]:
        for number, item in enumerate(items):
            if not number % CHUNK:
                check()
            frame[slot] = item
            if condition is None or is_true(condition(frame)):
                yield item

    def limited(frame: Frame, items: list[Any]) -> list[Any]:
        found = list(chosen(frame, items))
        if count is None:
            return found
        skip = _whole(offset(frame)) if offset else 0
        return found[skip : skip + _whole(count(frame))]

    def evaluate(frame: Frame) -> list[Any]:
        items = base(frame)
        if type(items) is not list:
            return []
        result = []
        for item in limited(frame, flatten(items, depth)):
            frame[slot] = item
            if projection is not None:
                frame[slot] = projection(frame)
            result.append(frame[slot] if tail is None else tail(frame))
        return result

    return evaluate


def _reaches(quantifier: str | int, hits: int, total: int) -> bool:
    if quantifier == "all":
        return hits == total
    if quantifier == "none":
        return hits == 0
    return hits >= (1 if quantifier == "any" else int(quantifier))


def _quantifier(unit: Compilation, node: str | nodes.Node | None) -> Evaluate:
    if node is None:
        return lambda frame: "any"
    if isinstance(node, str):
        return lambda frame: node
    number = compile_expression(unit, node)
    return lambda frame: _whole(number(frame))


def _array_match(unit: Compilation, node: nodes.ArrayMatch) -> Evaluate:
    base = compile_expression(unit, node.base)
    exact = isinstance(node.quantifier, nodes.Node)
    quantifier = _quantifier(unit, node.quantifier)
    with unit.nested():
        slot = unit.declare("CURRENT", again=True)
        condition = _optional(unit, node.condition)

    def evaluate(frame: Frame) -> bool:
        items = base(frame)
        if type(items) is not list:
            return False
        wanted, hits = quantifier(frame), 0
        for item in items:
            frame[slot] = item
            hits += condition is None or is_true(condition(frame))
        return hits == wanted if exact else _reaches(wanted, hits, len(items))

    return evaluate


def _comparison(unit: Compilation, node: nodes.ArrayComparison) -> Evaluate:
    left, right = compile_expression(unit, node.left), compile_expression(unit, node.right)
    quantifier = _quantifier(unit, node.quantifier)
    compare = COMPARISONS.get(node.operator)
    if compare is None:
        raise unit.unsupported(f"{node.operator} after ALL, ANY or NONE")

    def evaluate(frame: Frame) -> bool:
        items, operand = left(frame), right(frame)
        if type(items) is not list:
            return False
        hits = sum(compare(item, operand) for item in items)
        return _reaches(quantifier(frame), hits, len(items))

    return evaluate


COMPILERS.update(
    {
        nodes.Expansion: _expansion,
        nodes.ArrayMatch: _array_match,
        nodes.ArrayComparison: _comparison,
    }
)
