"""One JSON text, read the same way wherever it stands: on a line, in an array, in a cell."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

__all__ = ["MAX_INTEGER", "MAX_TEXT", "MIN_INTEGER", "read_json"]

MAX_TEXT = 64 * 1024 * 1024
"""Bytes of one row's text, at most."""

MAX_INTEGER, MIN_INTEGER = 2**64 - 1, -(2**63)

# orjson reads a number with more digits than 64 bits hold as a float, and loses some.
_MANY_DIGITS = re.compile(rb"[:\[,]\s*-?[0-9]{19,}\s*[,\]}]")
_IS_LONG_NUMBER = re.compile(rb"\s*-?[0-9]{19,}\s*")


def read_json(text: bytes) -> Any:
    """Return the value of `text`; raise `ValueError` that says what is wrong with it."""
    try:
        value = orjson.loads(text)
        if _MANY_DIGITS.search(text) or (
            not isinstance(value, dict) and _IS_LONG_NUMBER.fullmatch(text)
        ):
            json.loads(text, parse_int=_exact)
    except json.JSONDecodeError as error:
        where = f"column {error.colno}"
        if error.lineno > 1:
            where = f"line {error.lineno} of it, {where}"
        raise ValueError(f"{error.msg} ({where})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _exact(digits: str) -> int:
    # Longer ones cannot fit, and Python refuses to read some of them.
    if len(digits) <= 20 and MIN_INTEGER <= (value := int(digits)) <= MAX_INTEGER:
        return value
    raise ValueError(f"the integer {digits[:30]} does not fit in 64 bits; write it as a string")
