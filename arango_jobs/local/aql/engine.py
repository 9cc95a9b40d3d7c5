"""Runs, explains and parses queries: the package's three entry points.

Knows nothing of HTTP. What goes wrong in whatever way leaves as an ArangoError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from arango_jobs.local.aql import (
    arrays,
    calls,
    collecting,
    loops,
    modifying,
    operations,
    paths,
    traversing,
    windows,
)  # fmt: skip
from arango_jobs.local.aql.compilation import Compilation, problem
from arango_jobs.local.aql.context import QueryContext, QueryOptions, QueryResult, StatementLike
from arango_jobs.local.aql.describe import describe
from arango_jobs.local.aql.parser import parse
from arango_jobs.local.aql.pipeline import Rows, compile_query
from arango_jobs.local.aql.run import Run, failure

__all__ = ["COMPILING", "explain_query", "parse_query", "run_query"]

# Each of these modules registers what it compiles when it is imported.
COMPILING = (arrays, calls, collecting, loops, modifying, operations, paths, traversing, windows)


@contextmanager
def _one_kind_of_error() -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise failure(32, "resource limit exceeded: nested too deeply", 400) from None
    except (MemoryError, OverflowError) as error:
        raise failure(32, f"resource limit exceeded: {error}") from error
    except UnicodeError as error:
        raise failure(10, f"bad parameter: {error}", 400) from error


def _compile(query: str, bind_vars: Mapping[str, Any], run: Run) -> tuple[Compilation, Rows]:
    tree = parse(query)
    unit = Compilation(run, _checked_binds(bind_vars))
    for reference in tree.collections:
        unit.reading(unit.collection_name(reference))
    rows = compile_query(unit, tree, is_main=True)
    unit.check_binds()
    return unit, rows


def _checked_binds(bind_vars: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if bind_vars is None:
        return {}
    if not isinstance(bind_vars, Mapping):
        raise problem(1550, "invalid structure of bind parameters", 400)
    return bind_vars


def run_query(
    query: str,
    bind_vars: Mapping[str, Any] | None,
    options: QueryOptions,
    context: QueryContext,
) -> QueryResult:
    """Run a query; raise ArangoError, after taking back its writes, if it fails.

    With ``stream`` the rows of a query that only reads are made while they are read.
    """
    clock = context.clock
    started = clock.monotonic()
    statement = context.database.begin()
    try:
        with _one_kind_of_error():
            run = Run(context, options, statement.database)
            unit, rows = _compile(query, bind_vars or {}, run)
        # In order of their names, so that two queries cannot wait for each other.
        if unit.locks:
            for name, exclusive in sorted(unit.locks.items()):
                statement.lock(name, exclusive=exclusive)
        modifies = bool(unit.modified)
        compiled = clock.monotonic()
        result = QueryResult((), {}, run.warnings, modifies)
        if options.stream and not modifies:
            statement.end_writing()
            made = _streamed(unit, rows, lambda: _finish(result, unit, started, compiled))
            result.rows = _Stream(made, statement)
            return result
        result.rows = _collected(unit, rows)
    except BaseException:
        statement.end(keep=False)
        raise
    statement.end(keep=True)
    _finish(result, unit, started, compiled)
    return result


def _collected(unit: Compilation, rows: Rows) -> list[Any]:
    found, run = [], unit.run
    with _one_kind_of_error():
        run.check()
        for row in rows([None] * unit.slots):
            found.append(row)
            run.hold(row)
        run.check()
    return found


def _streamed(unit: Compilation, rows: Rows, finish: Callable[[], None]) -> Iterator[Any]:
    with _one_kind_of_error():
        unit.run.check()
        yield from rows([None] * unit.slots)
    finish()


class _Stream:
    """Rows that are made while they are read; the statement ends with the last, or with `close`."""

    def __init__(self, rows: Iterator[Any], statement: StatementLike) -> None:
        self._rows = rows
        self._statement: StatementLike | None = statement

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._rows)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give back what reading needs."""
        statement, self._statement = self._statement, None
        if statement is not None:
            self._rows = iter(())
            statement.end(keep=False)


def _finish(result: QueryResult, unit: Compilation, started: float, compiled: float) -> None:
    run, now = unit.run, unit.run.context.clock.monotonic()
    result.stats.update(run.stats(now - started))
    profile = run.options.profile
    if not profile:
        return
    result.profile = {
        "initializing": 0.0,
        "parsing": compiled - started,
        "optimizing ast": 0.0,
        "loading collections": 0.0,
        "instantiating plan": 0.0,
        "optimizing plan": 0.0,
        "instantiating executors": 0.0,
        "executing": now - compiled,
        "finalizing": 0.0,
    }
    if profile > 1:
        result.stats["nodes"] = run.nodes
        result.plan = unit.plan.finish(unit.access, bool(unit.modified))


def explain_query(
    query: str,
    bind_vars: Mapping[str, Any] | None,
    options: QueryOptions,
    context: QueryContext,
) -> dict[str, Any]:
    """Return what ``POST /_api/explain`` answers, less the error and code attributes."""
    with _one_kind_of_error():
        unit, _ = _compile(query, bind_vars or {}, Run(context, options))
    plan = unit.plan.finish(unit.access, bool(unit.modified))
    answer: dict[str, Any] = {"plans": [plan]} if options.all_plans else {"plan": plan}
    answer["warnings"] = unit.run.warnings
    answer["stats"] = {
        "rulesExecuted": len(plan["rules"]),
        "rulesSkipped": 0,
        "plansCreated": 1,
        "peakMemoryUsage": 0,
        "executionTime": 0.0,
    }
    if not options.all_plans:
        answer["cacheable"] = not unit.modified
    return answer


def parse_query(query: str) -> dict[str, Any]:
    """Return what ``POST /_api/query`` answers, less the error and code attributes."""
    with _one_kind_of_error():
        return describe(parse(query))
