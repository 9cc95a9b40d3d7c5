"""The arithmetic operators: casts, 64-bit overflow into floating point, and their warnings.

Knows nothing of syntax.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from arango_jobs.local.aql.run import Run
from arango_jobs.local.aql.values import is_number, normal, to_number

__all__ = ["OPERATIONS", "negate", "positive"]

# Sums and products of smaller whole numbers need no look at the limits of 64 bits.
_SMALL = 2**62

Operation = Callable[[Run, Any, Any], Any]


def _checked(run: Run, result: Any) -> Any:
    value = normal(result)
    if value is None:
        run.warn(1504, "number out of range")
    return value


def _exact(calculate: Callable[[Any, Any], Any]) -> Operation:
    def apply(run: Run, left: Any, right: Any) -> Any:
        if type(left) is int and type(right) is int:
            result = calculate(left, right)
            if -_SMALL < result < _SMALL:
                return result
        try:
            return _checked(run, calculate(to_number(left), to_number(right)))
        except OverflowError:
            run.warn(1504, "number out of range")
            return None

    return apply


def _divide(run: Run, left: Any, right: Any) -> Any:
    divisor = to_number(right)
    if divisor == 0:
        run.warn(1562, "division by zero")
        return None
    try:
        return _checked(run, to_number(left) / divisor)
    except OverflowError:
        run.warn(1504, "number out of range")
        return None


def _remainder(run: Run, left: Any, right: Any) -> Any:
    dividend, divisor = to_number(left), to_number(right)
    if divisor == 0:
        run.warn(1562, "division by zero")
        return None
    if type(dividend) is int and type(divisor) is int:
        # The sign is the dividend's, as in C.
        rest = abs(dividend) % abs(divisor)
        return -rest if dividend < 0 else rest
    return _checked(run, math.fmod(dividend, divisor))


def negate(value: Any) -> Any:
    """Return minus `value`, cast to a number."""
    number = to_number(value)
    return normal(-number)


def positive(value: Any) -> Any:
    """Return `value` cast to a number."""
    return value if is_number(value) else to_number(value)


OPERATIONS: dict[str, Operation] = {
    "+": _exact(operator.add),
    "-": _exact(operator.sub),
    "*": _exact(operator.mul),
    "/": _divide,
    "%": _remainder,
}
