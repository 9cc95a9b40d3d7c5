"""Functions that act on the query itself: waiting, failing, warning, passing values through."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.aql.functions.registry import ArgumentError, alias, function
from arango_jobs.local.aql.run import Run, failure
from arango_jobs.local.aql.values import is_number, is_true, to_string

__all__: list[str] = []


@function("SLEEP", 1, with_run=True)
def sleep(run: Run, seconds: Any) -> None:
    """Wait for some seconds."""
    if not is_number(seconds) or seconds < 0:
        raise ArgumentError
    run.sleep(float(seconds))


@function("PASSTHRU")
def passthru(value: Any) -> Any:
    """Return the argument."""
    return value


alias("NOOPT", "PASSTHRU")
alias("NOEVAL", "PASSTHRU")
alias("V8", "PASSTHRU")


@function("FAIL", 0, 1)
def fail(reason: Any = "") -> None:
    """End the query with an error."""
    text = reason if isinstance(reason, str) else ""
    raise failure(1569, f"FAIL({text}) called", 400)


@function("ASSERT", 2)
def assert_(condition: Any, message: Any) -> bool:
    """End the query with an error unless the condition holds."""
    if not isinstance(message, str):
        raise ArgumentError
    if not is_true(condition):
        raise failure(1593, message, 400)
    return True


@function("WARN", 2, with_run=True)
def warn(run: Run, condition: Any, message: Any) -> bool:
    """Note a warning unless the condition holds."""
    if not isinstance(message, str):
        raise ArgumentError
    if is_true(condition):
        return True
    run.warn(1594, to_string(message))
    return False


@function("NOT_NULL", 1, None)
def not_null(*values: Any) -> Any:
    """Return the first argument that is not null."""
    return next((value for value in values if value is not None), None)


@function("FIRST_LIST", 1, None)
def first_list(*values: Any) -> Any:
    """Return the first argument that is an array."""
    return next((value for value in values if type(value) is list), None)


@function("FIRST_DOCUMENT", 1, None)
def first_document(*values: Any) -> Any:
    """Return the first argument that is an object."""
    return next((value for value in values if type(value) is dict), None)
