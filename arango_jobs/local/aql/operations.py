"""Compiles the operations that filter, name, order and cut rows.

FOR is in `loops`, COLLECT in `collecting`, writes in `modifying`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.describe import type_of
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, evaluate_early
from arango_jobs.local.aql.run import CHUNK
from arango_jobs.local.aql.values import is_number, is_true, sort_key

__all__ = ["kept"]

Rest = tuple[nodes.Node, ...]


def kept(unit: Compilation, source: Iterable[Frame]) -> list[Frame]:
    """Return copies of all frames, looking at the clock now and then."""
    frames: list[Frame] = []
    for frame in source:
        if not len(frames) % CHUNK:
            unit.run.check()
        frames.append(frame[:])
        unit.run.hold(frame)
    return frames


def _filter(unit: Compilation, node: nodes.Filter, rest: Rest) -> Step:
    condition, run = compile_expression(unit, node.condition), unit.run
    unit.plan.add("CalculationNode", expression={"type": type_of(node.condition)})
    unit.plan.add("FilterNode", rows=max(1, unit.plan.rows // 2))

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        for frame in source:
            value = condition(frame)
            if value is True or (value is not False and is_true(value)):
                yield frame
            else:
                run.filtered += 1

    return step


def _let(unit: Compilation, node: nodes.Let, rest: Rest) -> Step:
    expression = compile_expression(unit, node.expression)
    slot = unit.declare(node.variable)
    unit.plan.add(
        "CalculationNode",
        outVariable=unit.plan.variable(node.variable, slot),
        expression={"type": type_of(node.expression)},
    )

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        for frame in source:
            frame[slot] = expression(frame)
            yield frame

    return step


def _is_descending(unit: Compilation, item: nodes.SortItem) -> bool:
    direction = item.direction
    if isinstance(direction, nodes.Bind):
        direction = unit.bind(direction.name)
    if not isinstance(direction, str) or direction.upper() not in ("ASC", "DESC"):
        raise problem(1501, "syntax error, a sort direction must be ASC or DESC", 400)
    return direction.upper() == "DESC"


def _sort(unit: Compilation, node: nodes.Sort, rest: Rest) -> Step:
    items = [
        (compile_expression(unit, item.expression), _is_descending(unit, item))
        for item in node.items
    ]
    unit.plan.add(
        "SortNode",
        elements=[{"ascending": not descending} for _, descending in items],
        stable=False,
        strategy="standard",
    )

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        frames = kept(unit, source)
        # The last expression first: sorting is stable.
        for expression, descending in reversed(items):
            frames = _ordered(unit, frames, expression, descending)
        return iter(frames)

    return step


def _ordered(
    unit: Compilation, frames: list[Frame], expression: Evaluate, descending: bool
) -> list[Frame]:
    keys: list[Any] = []
    for number, frame in enumerate(frames):
        if not number % CHUNK:
            unit.run.check()
        keys.append(sort_key(expression(frame)))
    order = sorted(range(len(frames)), key=keys.__getitem__, reverse=descending)
    return [frames[number] for number in order]


def _whole(unit: Compilation, node: nodes.Node) -> int | None:
    value = evaluate_early(unit, node, "LIMIT")
    if value is None:
        return None
    if not is_number(value) or value < 0:
        raise problem(1504, "number out of range: LIMIT needs numbers that are not negative", 400)
    return int(value)


def _limit(unit: Compilation, node: nodes.Limit, rest: Rest) -> Step:
    skip = (_whole(unit, node.offset) if node.offset is not None else 0) or 0
    count, run = _whole(unit, node.count), unit.run
    counting = unit.full_count_limit is node
    limited = unit.plan.rows if count is None else min(unit.plan.rows, count)
    unit.plan.add("LimitNode", rows=limited, offset=skip, limit=count, fullCount=counting)
    if counting:
        run.full_count = 0

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        seen = 0
        end = None if count is None else skip + count
        if end == skip and not counting:
            return
        for frame in source:
            seen += 1
            if seen > skip and (end is None or seen <= end):
                yield frame
            if seen == end and not counting:
                return
        if counting:
            run.full_count = seen

    return step


STATEMENTS.update({nodes.Filter: _filter, nodes.Let: _let, nodes.Sort: _sort, nodes.Limit: _limit})
