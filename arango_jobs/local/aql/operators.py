"""Compiles the operators with two operands into closures.

A comparison with a literal, the usual case, gets a closure of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arango_jobs.local.aql import arithmetic, patterns
from arango_jobs.local.aql.compilation import MISSING, Evaluate, Frame
from arango_jobs.local.aql.run import Run
from arango_jobs.local.aql.values import equal, less, less_equal, sort_key

__all__ = ["COMPARISONS", "binary"]

Compare = Callable[[Any, Any], bool]


def _member(value: Any, items: Any) -> bool:
    if type(items) is not list:
        return False
    return any(equal(value, item) for item in items)


COMPARISONS: dict[str, Compare] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    "<=": less_equal,
    ">": lambda left, right: less(right, left),
    ">=": lambda left, right: less_equal(right, left),
    "IN": _member,
    "NOT IN": lambda value, items: not _member(value, items),
}


def _equal_to(left: Evaluate, value: Any, negated: bool) -> Evaluate | None:
    kind = type(value)
    if value is None or kind is bool:
        if negated:
            return lambda frame: left(frame) is not value
        return lambda frame: left(frame) is value
    if kind is str:
        if negated:
            return lambda frame: left(frame) != value
        return lambda frame: left(frame) == value
    if kind is int or kind is float:

        def is_equal(frame: Frame) -> bool:
            found = left(frame)
            return found == value and found is not True and found is not False

        if negated:
            return lambda frame: not is_equal(frame)
        return is_equal
    return None


def _in_constant(left: Evaluate, items: Any, negated: bool) -> Evaluate:
    keys = {sort_key(item) for item in items} if type(items) is list else set()
    if negated:
        return lambda frame: sort_key(left(frame)) not in keys
    return lambda frame: sort_key(left(frame)) in keys


def _with_constant(operator: str, left: Evaluate, value: Any) -> Evaluate | None:
    if operator in ("==", "!="):
        return _equal_to(left, value, operator == "!=")
    if operator in ("IN", "NOT IN"):
        return _in_constant(left, value, operator == "NOT IN")
    return None


def _like(run: Run, left: Evaluate, right: Evaluate, negated: bool) -> Evaluate:
    def matches(frame: Frame) -> bool:
        text, pattern = left(frame), right(frame)
        if type(text) is not str or type(pattern) is not str:
            return negated
        return patterns.is_like(run, text, pattern, False) is not negated

    return matches


def _regex(run: Run, left: Evaluate, right: Evaluate, negated: bool) -> Evaluate:
    def matches(frame: Frame) -> bool:
        text, pattern = left(frame), right(frame)
        if type(text) is not str or type(pattern) is not str:
            return negated
        expression = patterns.compiled(pattern, False)
        if expression is None:
            run.warn(1543, "invalid regex value")
            return negated
        return patterns.is_found(run, expression, text) is not negated

    return matches


_MATCHERS = {
    "LIKE": (_like, False),
    "NOT LIKE": (_like, True),
    "=~": (_regex, False),
    "!~": (_regex, True),
}


def _arithmetic(run: Run, operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    operation = arithmetic.OPERATIONS[operator]
    return lambda frame: operation(run, left(frame), right(frame))


def binary(
    run: Run, operator: str, left: Evaluate, right: Evaluate, right_value: Any = MISSING
) -> Evaluate:
    """Return the closure for ``left operator right``; `right_value` if it is a literal."""
    if right_value is not MISSING:
        special = _with_constant(operator, left, right_value)
        if special is not None:
            return special
    if operator in COMPARISONS:
        compare = COMPARISONS[operator]
        return lambda frame: compare(left(frame), right(frame))
    if operator in _MATCHERS:
        make, negated = _MATCHERS[operator]
        return make(run, left, right, negated)
    return _arithmetic(run, operator, left, right)
