"""Checks that functions make of their arguments; what does not fit is a warning and null."""

from __future__ import annotations

import math
from typing import Any

from arango_jobs.local.aql.functions.registry import ArgumentError
from arango_jobs.local.aql.run import failure
from arango_jobs.local.aql.values import is_number, to_number

__all__ = [
    "array",
    "bounded",
    "number",
    "numbers",
    "object_",
    "text",
    "whole",
    "within",
]

_LIMIT = 10_000_000


def array(value: Any) -> list[Any]:
    """Return an array."""
    if type(value) is not list:
        raise ArgumentError(1563, "array expected")
    return value


def object_(value: Any) -> dict[str, Any]:
    """Return an object."""
    if type(value) is not dict:
        raise ArgumentError
    return value


def text(value: Any) -> str:
    """Return a string."""
    if type(value) is not str:
        raise ArgumentError
    return value


def number(value: Any) -> float:
    """Return a number."""
    if not is_number(value):
        raise ArgumentError
    checked: float = value
    return checked


def whole(value: Any) -> int:
    """Return a whole number, cast from whatever it is and cut towards zero."""
    cast = to_number(value)
    if not math.isfinite(cast):
        raise ArgumentError
    return int(cast)


def bounded(value: Any) -> int:
    """Return a whole number from 0 to ten million, for what takes memory."""
    size = whole(value)
    if not 0 <= size <= _LIMIT:
        raise ArgumentError
    return size


def within(size: int) -> None:
    """Raise 32 for a string or an array that would be too large to make."""
    if size > _LIMIT:
        raise failure(32, f"resource limit exceeded: a value of {size} parts", 500)


def numbers(values: Any) -> list[Any]:
    """Return the numbers of an array; nulls in it are left out, other values do not fit."""
    found = [value for value in array(values) if value is not None]
    if not all(is_number(value) for value in found):
        raise ArgumentError
    return found
