"""JSON of what a ledger keeps, whatever strings are in it."""

from __future__ import annotations

from typing import Any

import orjson

__all__ = ["dumps"]


def dumps(value: Any) -> bytes:
    """Return `value` as JSON; characters that UTF-8 cannot carry become question marks."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # A key or message with lone surrogates, which UTF-8 cannot carry.
        return orjson.dumps(_mended(value))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, (list, tuple)):
        return [_mended(each) for each in value]
    return value
