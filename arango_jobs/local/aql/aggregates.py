"""The functions allowed after AGGREGATE, over the values that a group has collected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.calls import call_function, find_function
from arango_jobs.local.aql.compilation import Compilation, Evaluate, problem
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.run import Run

__all__ = ["ALLOWED", "Aggregate", "compile_aggregates"]

_COUNTING = ("LENGTH", "COUNT")
ALLOWED = frozenset({
    *_COUNTING, "MIN", "MAX", "SUM", "AVERAGE", "AVG", "VARIANCE", "VARIANCE_POPULATION",
    "VARIANCE_SAMPLE", "STDDEV", "STDDEV_POPULATION", "STDDEV_SAMPLE", "UNIQUE", "SORTED_UNIQUE",
    "COUNT_DISTINCT", "COUNT_UNIQUE", "BIT_AND", "BIT_OR", "BIT_XOR",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregation: what to collect of each row, and what to make of it."""

    variable: str
    argument: Evaluate
    reduce: Callable[[list[Any]], Any]
    empty: Any


def _reducer(run: Run, name: str) -> Callable[[list[Any]], Any]:
    if name in _COUNTING:
        return len
    definition = find_function(name)
    return lambda values: call_function(run, name, definition, [values])


def _compile(unit: Compilation, item: nodes.Let) -> Aggregate:
    call = item.expression
    if not isinstance(call, nodes.Function) or call.name not in ALLOWED:
        raise problem(1574, "invalid aggregate expression", 400)
    counting = call.name in _COUNTING
    if len(call.arguments) != 1 and not (counting and not call.arguments):
        raise problem(1574, "invalid aggregate expression: one argument is needed", 400)
    argument = call.arguments[0] if call.arguments else nodes.Constant(None)
    evaluate = compile_expression(unit, argument)
    return Aggregate(
        item.variable, evaluate, _reducer(unit.run, call.name), 0 if counting else None
    )


def compile_aggregates(unit: Compilation, items: tuple[nodes.Let, ...]) -> list[Aggregate]:
    """Return the compiled aggregations."""
    return [_compile(unit, item) for item in items]
