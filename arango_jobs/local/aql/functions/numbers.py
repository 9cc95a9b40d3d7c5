"""Functions for numbers, and for the bits of whole ones."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from arango_jobs.local.aql.functions.arguments import array, number
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.run import failure
from arango_jobs.local.aql.values import is_number, is_true, less, less_equal, normal, to_number

__all__: list[str] = []

_MOST = 10_000_000
_BITS = 2**32 - 1


def _guarded(calculate: Callable[..., float]) -> Callable[..., Any]:
    """Cast the arguments to numbers; a result that is none becomes null."""

    def implementation(*values: Any) -> Any:
        try:
            return normal(calculate(*map(to_number, values)))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return implementation


def _logarithm(calculate: Callable[[float], float]) -> Callable[[float], float]:
    # The logarithm of zero is minus infinity, which becomes null like the others.
    return lambda value: calculate(value) if value else -math.inf


def _power(base: float, exponent: float) -> float:
    return math.pow(base, exponent)


_FUNCTIONS: dict[str, tuple[Callable[..., float], int]] = {
    "ABS": (abs, 1), "CEIL": (math.ceil, 1), "FLOOR": (math.floor, 1),
    "ROUND": (lambda value: value if type(value) is int else math.floor(value + 0.5), 1),
    "SQRT": (math.sqrt, 1), "POW": (_power, 2), "EXP": (math.exp, 1),
    "EXP2": (lambda value: math.pow(2, value), 1), "LOG": (_logarithm(math.log), 1),
    "LOG2": (_logarithm(math.log2), 1), "LOG10": (_logarithm(math.log10), 1), "SIN": (math.sin, 1),
    "COS": (math.cos, 1), "TAN": (math.tan, 1), "ASIN": (math.asin, 1), "ACOS": (math.acos, 1),
    "ATAN": (math.atan, 1), "ATAN2": (math.atan2, 2), "RADIANS": (math.radians, 1),
    "DEGREES": (math.degrees, 1),
}  # fmt: skip

for _name, (_calculate, _count) in _FUNCTIONS.items():
    function(_name, _count)(_guarded(_calculate))


@function("PI", 0)
def pi() -> float:
    """Return pi."""
    return math.pi


@function("RAND", 0)
def rand() -> float:
    """Return a random number from 0 to below 1."""
    return random.random()


@function("RANGE", 2, 3)
def range_(start: Any, stop: Any, step: Any = None) -> list[Any]:
    """Return the numbers from start to stop, both included."""
    first, last = to_number(start), to_number(stop)
    if step is None:
        first, last = math.trunc(first), math.trunc(last)
        pace: float = 1 if first <= last else -1
    else:
        pace = to_number(step)
    if pace == 0 or (first < last and pace < 0) or (first > last and pace > 0):
        raise ArgumentError
    count = math.floor((last - first) / pace + 1e-9) + 1
    if count > _MOST:
        raise failure(1504, "number out of range: too many values in a range", 400)
    return [normal(first + pace * index) for index in range(count)]


@function("IN_RANGE", 5)
def in_range(value: Any, low: Any, high: Any, with_low: Any, with_high: Any) -> bool:
    """Tell whether a value lies between two others."""
    above = less_equal(low, value) if is_true(with_low) else less(low, value)
    return above and (less_equal(value, high) if is_true(with_high) else less(value, high))


def _bits(value: Any) -> int:
    if not is_number(value) or value != int(value) or not 0 <= value <= _BITS:
        raise ArgumentError
    return int(value)


def _folding(combine: Callable[[int, int], int]) -> Callable[..., Any]:
    def implementation(first: Any, *second: Any) -> Any:
        values = (first, *second) if second else array(first)
        found = [_bits(value) for value in values if value is not None]
        if not found or (second and len(found) < 2):
            return None
        result = found[0]
        for value in found[1:]:
            result = combine(result, value)
        return result

    return implementation


function("BIT_AND", 1, 2)(_folding(lambda left, right: left & right))
function("BIT_OR", 1, 2)(_folding(lambda left, right: left | right))
function("BIT_XOR", 1, 2)(_folding(lambda left, right: left ^ right))


def _mask(bits: Any) -> int:
    width = number(bits)
    if width != int(width) or not 0 <= width <= 32:
        raise ArgumentError
    return int((1 << int(width)) - 1)


@function("BIT_NEGATE", 2)
def bit_negate(value: Any, bits: Any) -> int:
    """Return the bits turned over."""
    return ~_bits(value) & _mask(bits)


@function("BIT_TEST", 2)
def bit_test(value: Any, index: Any) -> bool:
    """Tell whether a bit is set."""
    position = _bits(index)
    if position > 31:
        raise ArgumentError
    return bool(_bits(value) >> position & 1)


@function("BIT_POPCOUNT")
def bit_popcount(value: Any) -> int:
    """Return how many bits are set."""
    return _bits(value).bit_count()


@function("BIT_SHIFT_LEFT", 3)
def bit_shift_left(value: Any, shift: Any, bits: Any) -> int:
    """Return the bits moved to the left."""
    return _bits(value) << min(_bits(shift), 64) & _mask(bits)


@function("BIT_SHIFT_RIGHT", 3)
def bit_shift_right(value: Any, shift: Any, bits: Any) -> int:
    """Return the bits moved to the right."""
    return _bits(value) >> min(_bits(shift), 64) & _mask(bits)


@function("BIT_CONSTRUCT")
def bit_construct(positions: Any) -> int:
    """Return the number with these bits set."""
    result = 0
    for position in array(positions):
        if _bits(position) > 31:
            raise ArgumentError
        result |= 1 << int(position)
    return result


@function("BIT_DECONSTRUCT")
def bit_deconstruct(value: Any) -> list[int]:
    """Return the positions of the bits that are set."""
    bits = _bits(value)
    return [position for position in range(32) if bits >> position & 1]


@function("BIT_TO_STRING", 2)
def bit_to_string(value: Any, bits: Any) -> str:
    """Return the bits as zeros and ones."""
    width = _mask(bits).bit_length()
    return f"{_bits(value) & _mask(bits):0{width}b}"


@function("BIT_FROM_STRING")
def bit_from_string(value: Any) -> int:
    """Return the number that zeros and ones stand for."""
    if type(value) is not str or not value or set(value) - {"0", "1"} or len(value) > 32:
        raise ArgumentError
    return int(value, 2)
