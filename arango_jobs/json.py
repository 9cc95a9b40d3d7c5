"""JSON as it goes over the wire: fast, exact, or an error.

orjson does the work. What it would change without a word, or refuse although
JSON can carry it, is looked at here:

* NaN and the infinities: orjson writes `null`; here they are a `JSONEncodeError`.
* integers beyond 64 bits: a `JSONEncodeError` (ArangoDB would round them).
* keys that are no strings, and tuples with names: written as the standard library writes them.
* members of an `Enum` as their values, UUIDs as text, wherever they stand.
"""

from __future__ import annotations

import json as _standard
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from arango_jobs.errors import JSONEncodeError

__all__ = ["dumps", "loads"]

loads = orjson.loads

# The line end is cut off again: a slice is as large as what it holds, while orjson's own
# result keeps some kilobytes of room, which a hundred thousand waiting bodies would add up to.
_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_APPEND_NEWLINE
)
_MAX = 2**64 - 1
_MIN = -(2**63)


def dumps(value: Any) -> bytes:
    """Encode `value` as JSON, in UTF-8.

    Raises `JSONEncodeError`, which names the path to the offending part.
    """
    try:
        encoded = orjson.dumps(value, None, _OPTIONS)[:-1]
    except TypeError as error:
        return _dumps_slowly(value, error)
    # `in` would take twice as long as all of the encoding.
    if encoded.find(b"null") >= 0:
        _refuse_unfaithful(value, "$")
    return encoded


def _dumps_slowly(value: Any, cause: TypeError) -> bytes:
    try:
        _refuse_unfaithful(value, "$")
        text = _standard.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
        return text.encode()
    except JSONEncodeError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise JSONEncodeError(f"JSON cannot carry this value: {error or cause}") from error


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else str(value)


def _refuse_unfaithful(value: Any, path: str) -> None:
    if isinstance(value, Enum):
        _refuse_unfaithful(value.value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise JSONEncodeError(f"JSON cannot carry {value!r} (at {path}); use null or a string")
    elif isinstance(value, int):
        if not _MIN <= value <= _MAX:
            raise JSONEncodeError(
                f"the integer at {path} does not fit in 64 bits and would lose digits; "
                "send it as a string"
            )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_unfaithful(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _refuse_unfaithful(item, f"{path}[{index}]")
    elif value is not None and not isinstance(value, (str, UUID)):
        raise JSONEncodeError(f"JSON cannot carry a {type(value).__name__} (at {path})")
