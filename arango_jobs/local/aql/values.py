"""AQL's values: their order, their equality, their truth, and casts between their types.

Strings are ordered by code point; ArangoDB's order depends on the server's language.
Values are what JSON has: None, bool, int, float, str, list, dict. Knows nothing of queries.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import orjson

__all__ = [
    "equal", "is_number", "is_true", "less", "less_equal", "normal",
    "sort_key", "to_array", "to_json", "to_number", "to_string", "type_name",
]  # fmt: skip

_INT64_MIN = -(2**63)
_UINT64_MAX = 2**64 - 1
_EXACT = 2**53
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_NAMES = {
    type(None): "null", bool: "bool", int: "number", float: "number", str: "string", list: "array",
    dict: "object",
}  # fmt: skip


class _Name(str):
    """A name in a sort key: of two objects, the one that has the earlier name is greater."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


_NULL: tuple[Any, ...] = (0,)


def _array_key(value: list[Any]) -> tuple[Any, ...]:
    keys = [sort_key(item) for item in value]
    # A shorter array is continued with nulls, so nulls at the end do not count.
    while keys and keys[-1] == _NULL:
        keys.pop()
    return (4, tuple(keys))


def _object_key(value: dict[str, Any]) -> tuple[Any, ...]:
    pairs = ((_Name(name), sort_key(value[name])) for name in sorted(value))
    return (5, tuple(pair for pair in pairs if pair[1] != _NULL))


_KEYS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    type(None): lambda value: _NULL,
    bool: lambda value: (1, value),
    int: lambda value: (2, value),
    float: lambda value: (2, value),
    str: lambda value: (3, value),
    list: _array_key,
    dict: _object_key,
}


def sort_key(value: Any) -> tuple[Any, ...]:
    """Return a hashable key: keys compare and are equal exactly as the values are in AQL."""
    return _KEYS[type(value)](value)


def is_number(value: Any) -> bool:
    """Tell whether `value` is a number; true and false are none."""
    return type(value) is int or type(value) is float


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal; values of different types never are."""
    kind = type(left)
    if kind is type(right):
        if kind is list or kind is dict:
            return sort_key(left) == sort_key(right)
        return bool(left == right)
    return is_number(left) and is_number(right) and left == right


def less(left: Any, right: Any) -> bool:
    """Tell whether `left` comes before `right` in AQL's order."""
    kind = type(left)
    if (kind is int or kind is float or kind is str) and kind is type(right):
        return bool(left < right)
    return sort_key(left) < sort_key(right)


def less_equal(left: Any, right: Any) -> bool:
    """Tell whether `left` does not come after `right` in AQL's order."""
    return not less(right, left)


def is_true(value: Any) -> bool:
    """Tell whether `value` counts as true: null, false, 0 and "" do not, arrays and objects do."""
    return bool(value) or type(value) is list or type(value) is dict


def normal(number: float) -> Any:
    """Return a number as ArangoDB shows it: whole without a fraction; None if not finite."""
    if type(number) is int:
        return number if _INT64_MIN <= number <= _UINT64_MAX else float(number)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and -_EXACT < number < _EXACT else number


def _number_of_string(text: str) -> Any:
    text = text.strip()
    if not _NUMBER.match(text):
        return 0
    if len(text) < 20 and text.lstrip("+-").isdigit():
        return int(text)
    return normal(float(text)) or 0


def to_number(value: Any) -> Any:
    """Cast to a number; what is no number becomes 0."""
    kind = type(value)
    if kind is int or kind is float:
        return value
    if kind is bool:
        return int(value)
    if kind is str:
        return _number_of_string(value)
    if kind is list and len(value) == 1:
        return to_number(value[0])
    return 0


def to_json(value: Any) -> str:
    """Return compact JSON."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        # What orjson refuses: more than 64 bits, deep nesting.
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_string(value: Any) -> str:
    """Cast to a string; null becomes an empty one, arrays and objects become JSON."""
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return str(normal(value))
    return str(value) if kind is int else to_json(value)


def to_array(value: Any) -> list[Any]:
    """Cast to an array: null is empty, an object gives its values, the rest is wrapped."""
    kind = type(value)
    if kind is list:
        return list(value)
    if value is None:
        return []
    return list(value.values()) if kind is dict else [value]


def type_name(value: Any) -> str:
    """Return the name of the value's type."""
    return _NAMES[type(value)]
