"""Compiles expressions into closures over a frame.

One function per kind of node, in a table. Knows nothing of operations; sub-queries are
compiled by whoever registers for them.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from arango_jobs.local.aql import access, arithmetic, nodes
from arango_jobs.local.aql.compilation import MISSING, Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.operators import binary
from arango_jobs.local.aql.run import failure
from arango_jobs.local.aql.values import is_true, to_number, to_string

__all__ = ["COMPILERS", "MAX_RANGE", "compile_expression", "compile_source"]

# ArangoDB's own limit for a range that has to be held in memory.
MAX_RANGE = 10_000_000

COMPILERS: dict[type[nodes.Node], Callable[[Compilation, Any], Evaluate]] = {}


def compile_expression(unit: Compilation, node: nodes.Node) -> Evaluate:
    """Return the closure that evaluates `node`."""
    return COMPILERS[type(node)](unit, node)


def compile_source(unit: Compilation, node: nodes.Node) -> Evaluate:
    """Return the closure for what a FOR loops over: a range stays a range."""
    return (
        _range_lazily(unit, node)
        if isinstance(node, nodes.Range)
        else compile_expression(unit, node)
    )


def _constant(unit: Compilation, node: nodes.Constant) -> Evaluate:
    value = node.value
    return lambda frame: value


def _bind(unit: Compilation, node: nodes.Bind) -> Evaluate:
    value = unit.bind(node.name)
    return lambda frame: value


def _name(unit: Compilation, node: nodes.Name) -> Evaluate:
    slot = unit.find(node.name)
    if slot is not None:
        return itemgetter(slot)
    if unit.was_dropped(node.name):
        raise problem(1512, f"unknown variable '{node.name}'", 400)
    unit.reading(node.name)
    raise problem(1568, f"collection '{node.name}' used as expression operand", 400)


def _bind_collection(unit: Compilation, node: nodes.BindCollection) -> Evaluate:
    name = unit.collection_name(nodes.CollectionRef(None, node.name))
    raise problem(1568, f"collection '{name}' used as expression operand", 400)


def _brackets(unit: Compilation, node: nodes.Brackets) -> Evaluate:
    return compile_expression(unit, node.inner)


def _element(unit: Compilation, node: nodes.Element) -> Evaluate:
    return itemgetter(unit.elements[-1])


def _attribute(unit: Compilation, node: nodes.Attribute) -> Evaluate:
    path = [node.name]
    base = node.base
    while isinstance(base, nodes.Attribute):
        path.append(base.name)
        base = base.base
    return access.path(compile_expression(unit, base), path[::-1])


def _bound_attribute(unit: Compilation, node: nodes.BoundAttribute) -> Evaluate:
    value = unit.bind(node.bind.name)
    path = [value] if isinstance(value, str) else value
    if not isinstance(path, list) or not path or not all(isinstance(name, str) for name in path):
        message = f"bind parameter '{node.bind.name}' has an invalid value or type"
        raise problem(1553, message, 400)
    return access.path(compile_expression(unit, node.base), path)


def _index(unit: Compilation, node: nodes.Index) -> Evaluate:
    base, index = compile_expression(unit, node.base), compile_expression(unit, node.index)
    return lambda frame: access.at(base(frame), index(frame))


def _array(unit: Compilation, node: nodes.Array) -> Evaluate:
    items = [compile_expression(unit, item) for item in node.items]
    return lambda frame: [item(frame) for item in items]


def _object(unit: Compilation, node: nodes.Object) -> Evaluate:
    members = [
        (_key(unit, member.key), compile_expression(unit, member.value)) for member in node.members
    ]
    if all(isinstance(key, str) for key, _ in members):
        fixed: Any = members
        return lambda frame: {key: value(frame) for key, value in fixed}
    computed = [(_always(key) if isinstance(key, str) else key, value) for key, value in members]
    return lambda frame: {to_string(key(frame)): value(frame) for key, value in computed}


def _always(value: Any) -> Evaluate:
    return lambda frame: value


def _key(unit: Compilation, key: str | nodes.Node) -> str | Evaluate:
    return key if isinstance(key, str) else compile_expression(unit, key)


def _unary(unit: Compilation, node: nodes.Unary) -> Evaluate:
    operand = compile_expression(unit, node.operand)
    if node.operator == "NOT":
        return lambda frame: not is_true(operand(frame))
    apply = arithmetic.negate if node.operator == "-" else arithmetic.positive
    return lambda frame: apply(operand(frame))


def _binary(unit: Compilation, node: nodes.Binary) -> Evaluate:
    left, right = compile_expression(unit, node.left), compile_expression(unit, node.right)
    return binary(unit.run, node.operator, left, right, _literal(unit, node.right))


def _literal(unit: Compilation, node: nodes.Node) -> Any:
    """Return the value of a literal, also of an array of literals, else MISSING."""
    if isinstance(node, nodes.Array):
        values = [unit.constant(item) for item in node.items]
        return MISSING if any(value is MISSING for value in values) else values
    return unit.constant(node)


def _logical(unit: Compilation, node: nodes.Logical) -> Evaluate:
    terms = [compile_expression(unit, term) for term in node.terms]
    wanted = node.operator == "OR"

    def evaluate(frame: Frame) -> Any:
        value = None
        for term in terms:
            value = term(frame)
            if is_true(value) is wanted:
                break
        return value

    return evaluate


def _ternary(unit: Compilation, node: nodes.Ternary) -> Evaluate:
    condition, no = compile_expression(unit, node.condition), compile_expression(unit, node.no)
    if node.yes is None:

        def elvis(frame: Frame) -> Any:
            value = condition(frame)
            return value if is_true(value) else no(frame)

        return elvis
    yes = compile_expression(unit, node.yes)
    return lambda frame: yes(frame) if is_true(condition(frame)) else no(frame)


def _range_lazily(unit: Compilation, node: nodes.Range) -> Evaluate:
    low, high = compile_expression(unit, node.low), compile_expression(unit, node.high)

    def evaluate(frame: Frame) -> range:
        first, last = int(to_number(low(frame))), int(to_number(high(frame)))
        return range(first, last + 1) if first <= last else range(first, last - 1, -1)

    return evaluate


def _range(unit: Compilation, node: nodes.Range) -> Evaluate:
    lazily = _range_lazily(unit, node)

    def evaluate(frame: Frame) -> list[int]:
        numbers = lazily(frame)
        # len() fails for a range longer than a machine word can count.
        if abs(numbers.stop - numbers.start) > MAX_RANGE:
            raise failure(1504, "number out of range: too many values in a range", 400)
        return list(numbers)

    return evaluate


COMPILERS.update(
    {
        nodes.Constant: _constant,
        nodes.Bind: _bind,
        nodes.BindCollection: _bind_collection,
        nodes.Name: _name,
        nodes.Brackets: _brackets,
        nodes.Element: _element,
        nodes.Attribute: _attribute,
        nodes.BoundAttribute: _bound_attribute,
        nodes.Index: _index,
        nodes.Array: _array,
        nodes.Object: _object,
        nodes.Unary: _unary,
        nodes.Binary: _binary,
        nodes.Logical: _logical,
        nodes.Ternary: _ternary,
        nodes.Range: _range,
    }
)
