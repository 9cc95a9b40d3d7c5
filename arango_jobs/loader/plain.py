"""From Python's values to what JSON has: one rule for frames, files of tables and dicts.

| the value | becomes |
| --- | --- |
| a date, time or timestamp | ISO 8601 text |
| a duration | seconds |
| a decimal number | text with all its digits |
| a UUID | text |
| a member of an `Enum` | its value |
| a number or array of numpy's | a number, a list |
| a mapping, a tuple | an object, an array |
| a missing time, or pandas' `NA` | null |
| NaN in a frame or table, where it is how a missing number is written | null |
| anything else: bytes, sets, NaN elsewhere, the infinities | stays, and its row fails |

The serializer that the client was given, if any, goes before these rules.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import orjson

__all__ = ["OUT_OF_RANGE", "Plain", "Unreadable", "shortened"]

OUT_OF_RANGE = "a time is outside of the years 1 to 9999"

Serializer = Callable[[Any], "bytes | str"]

_JSON = frozenset({str, int, bool, type(None)})
_COMMON = _JSON | {float, list, dict}
_SCALARS = (str, int, float)
_TIMES = (datetime.datetime, datetime.date, datetime.time)


class Unreadable:
    """Stands for a value that its library cannot turn into one of Python's."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"<unreadable: {self.reason}>"


class Plain:
    """Makes plain values, with the client's own serializer if it has one."""

    def __init__(self, serializer: Serializer | None = None) -> None:
        self._serializer = serializer

    def of_table(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        """Return a row of a frame or table."""
        return {
            str(name): (
                value
                if type(value) in _JSON or (type(value) is float and value == value)
                else self._plain(value, True)
            )
            for name, value in row.items()
        }

    def of_dict(self, row: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return a dict whose values are plain at all depths."""
        return {name: self._plain(value, False) for name, value in row.items()}

    def outermost(self, row: dict[Any, Any]) -> dict[Any, Any]:
        """Return a dict whose values are plain unless they are lists and dicts."""
        if not _COMMON.issuperset(map(type, row.values())):
            return {
                name: item if isinstance(item, (list, dict)) else self._plain(item, False)
                for name, item in row.items()
            }
        return row

    def _plain(self, value: Any, is_table: bool) -> Any:
        kind = type(value)
        if kind is float:
            return None if is_table and value != value else value
        if kind in _JSON:
            return value
        # The commonest ones, without a look at all the others first.
        if kind in _TIMES and self._serializer is None:
            return value.isoformat()
        if isinstance(value, enum.Enum):
            return self._plain(value.value, is_table)
        if isinstance(value, float):
            return None if is_table and value != value else float(value)
        if isinstance(value, _SCALARS):
            return value
        if isinstance(value, Mapping):
            return {
                (str(name) if is_table else name): self._plain(item, is_table)
                for name, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._plain(item, is_table) for item in value]
        return self._other(value, is_table)

    def _other(self, value: Any, is_table: bool) -> Any:
        # NaT of pandas is a datetime that is not equal to itself.
        if type(value).__name__ in ("NAType", "NaTType"):
            return None
        if self._serializer is not None:
            try:
                return orjson.loads(self._serializer(value))
            except Exception:  # noqa: BLE001, S110  the user's code; what it refuses is for us
                pass
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        if isinstance(value, _TIMES):
            # A timestamp of pandas can have a year that ISO 8601 and the others have not.
            is_known = isinstance(value, datetime.time) or 1 <= value.year <= 9999
            return value.isoformat() if is_known else Unreadable(OUT_OF_RANGE)
        if isinstance(value, (decimal.Decimal, uuid.UUID)):
            return str(value)
        return self._of_numpy(value, is_table)

    def _of_numpy(self, value: Any, is_table: bool) -> Any:
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if not isinstance(kind, str) or not kind or not hasattr(value, "tolist"):
            return value
        if getattr(value, "ndim", 0):
            items = value.tolist() if kind in "biuf" else list(value)
            return [self._plain(item, is_table) for item in items]
        if kind == "M":
            text = str(value)
            return None if text == "NaT" else shortened(text)
        if kind == "m":
            return _seconds(value)
        plain = value.tolist()
        return value if plain is value else self._plain(plain, is_table)


def _seconds(value: Any) -> Any:
    """Return the seconds of numpy's `timedelta64`, which gives some units as bare numbers."""
    if str(value) == "NaT":
        return None
    try:
        return float(value / type(value)(1, "s"))
    except TypeError:
        # A month has no number of seconds.
        return value


def shortened(time: str) -> str:
    """Return ISO 8601 text with as many digits of a second as Python and pandas write."""
    whole, point, digits = time.partition(".")
    digits = digits.rstrip("0")
    if not point or not digits:
        return whole
    return f"{whole}.{digits.ljust(6 if len(digits) <= 6 else 9, '0')}"
