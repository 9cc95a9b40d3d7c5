"""From the values of tables (Arrow, numpy, pandas, the standard library) to what JSON has."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from typing import Any

__all__ = ["plain_row"]

_AS_THEY_ARE = (str, int, bool, type(None))


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return `row` with JSON's types; raise ValueError for a value that JSON cannot carry.

    A missing number (NaN) and a missing time become null, times become ISO 8601 text,
    decimals text with all their digits.
    """
    return {str(name): _plain(value, name) for name, value in row.items()}


def _plain(value: Any, name: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return plain_row(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item, name) for item in value]
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        # NaT of pandas is a datetime that is not equal to itself.
        return value.isoformat() if value == value else None
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), name)
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    raise ValueError(f"JSON cannot carry the {type(value).__name__} in {name!r}")
