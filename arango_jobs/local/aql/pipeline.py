"""Puts a query together: each operation is a step from frames to frames, the last gives rows.

A frame is one list that the steps change in place; who keeps frames copies them. Knows the
order of operations and no operation itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.expressions import COMPILERS, compile_expression
from arango_jobs.local.aql.profile import profiled
from arango_jobs.local.aql.values import sort_key

__all__ = ["STATEMENTS", "Rows", "Step", "compile_query", "evaluate_early", "read_options"]

Step = Callable[[Iterable[Frame]], Iterator[Frame]]
Rows = Callable[[Frame], Iterator[Any]]
Returning = Callable[[Iterable[Frame]], Iterator[Any]]

_NOTHING: Frame = []

# Each takes the operations that follow too: a FOR uses the FILTERs after it to find an index.
STATEMENTS: dict[type[nodes.Node], Callable[[Compilation, Any, tuple[nodes.Node, ...]], Step]] = {}


def evaluate_early(unit: Compilation, node: nodes.Node, what: str) -> Any:
    """Return the value of an expression that no variable may take part in."""
    try:
        return compile_expression(unit, node)([])
    except IndexError:
        raise problem(1575, f"{what} must be readable at query compile time", 400) from None


def read_options(unit: Compilation, node: nodes.Object | None) -> dict[str, Any]:
    """Return the value of an OPTIONS object."""
    if node is None:
        return {}
    value = evaluate_early(unit, node, "query options")
    return value if isinstance(value, dict) else {}


def _distinct(evaluate: Evaluate) -> Returning:
    def rows(source: Iterable[Frame]) -> Iterator[Any]:
        seen = set()
        for frame in source:
            value = evaluate(frame)
            key = sort_key(value)
            if key not in seen:
                seen.add(key)
                yield value

    return rows


def _returning(unit: Compilation, node: nodes.Return) -> Returning:
    evaluate = compile_expression(unit, node.expression)
    if node.distinct:
        unit.plan.add("CollectNode", groups=[], collectOptions={"method": "distinct"})
        return _distinct(evaluate)
    return lambda source: map(evaluate, source)


def _draining(source: Iterable[Frame]) -> Iterator[Any]:
    for _ in source:
        pass
    return iter(())


def _mark_last_limit(unit: Compilation, query: nodes.Query) -> None:
    limits = [item for item in query.statements if isinstance(item, nodes.Limit)]
    unit.full_count_limit = limits[-1] if limits else None


def compile_query(unit: Compilation, query: nodes.Query, *, is_main: bool = False) -> Rows:
    """Return what turns a starting frame into the rows of `query`."""
    if is_main and unit.run.options.full_count:
        _mark_last_limit(unit, query)
    statements, steps, base = query.statements, [], [_NOTHING]
    unit.bases.append(base)
    for number, statement in enumerate(statements):
        if isinstance(statement, nodes.Return):
            continue
        step = STATEMENTS[type(statement)](unit, statement, statements[number + 1 :])
        steps.append(profiled(unit, step))
    last = statements[-1]
    rows = _returning(unit, last) if isinstance(last, nodes.Return) else _draining
    if isinstance(last, nodes.Return):
        unit.plan.add("ReturnNode", count=is_main)
    unit.bases.pop()

    def run(frame: Frame) -> Iterator[Any]:
        base[0] = frame
        source: Iterable[Frame] = (frame,)
        for step in steps:
            source = step(source)
        return rows(source)

    return run


def _subquery(unit: Compilation, node: nodes.Subquery) -> Evaluate:
    unit.plan.enter()
    with unit.nested():
        rows = compile_query(unit, node.query)
    unit.plan.leave()
    run = unit.run

    def evaluate(frame: Frame) -> list[Any]:
        run.check()
        return list(rows(frame))

    return evaluate


COMPILERS[nodes.Subquery] = _subquery
