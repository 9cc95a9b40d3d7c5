"""JSON as it goes over the wire: fast, exact, or an error.

orjson does the work. What it would change without a word, or refuse although
JSON can carry it, is looked at here:

* NaN and the infinities: orjson writes `null`; here they are a `JSONEncodeError`.
* integers beyond 64 bits: a `JSONEncodeError` (ArangoDB would round them).
* texts with an unpaired surrogate, such as an emoji that was cut in two: a `JSONEncodeError`
  (UTF-8 has no bytes for them, and ArangoDB refuses them as escapes, with all of an array).
* keys that are no strings, and tuples with names: written as the standard library writes them.
* members of an `Enum` as their values, UUIDs as text, wherever they stand.
"""

from __future__ import annotations

import contextlib
import json as _standard
import math
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from arango_jobs.errors import JSONEncodeError

__all__ = ["check_text", "dumps", "dumps_by", "encode_text", "loads"]

loads = orjson.loads

# The line end is cut off again: a slice is as large as what it holds, while orjson's own
# result keeps some kilobytes of room, which a hundred thousand waiting bodies would add up to.
_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_APPEND_NEWLINE
)
_MAX = 2**64 - 1
_MIN = -(2**63)
# Some texts that this finds have only a backslash before `ud8`; all with half a pair are found.
_HALF_A_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)


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


def dumps_by(serializer: Callable[[Any], bytes | str], value: Any) -> bytes:
    """Encode `value` by a serializer that is not ours, which may do more or less than `dumps`.

    Raises `JSONEncodeError` for texts with an unpaired surrogate, whatever it does about them.
    """
    try:
        encoded = serializer(value)
    except (TypeError, ValueError):
        # A value that holds itself has no end, and is what the serializer tells of.
        with contextlib.suppress(RecursionError):
            _refuse_unpaired(value, "$")
        raise
    if isinstance(encoded, str):
        try:
            encoded = encoded.encode()
        except UnicodeEncodeError as error:
            _refuse_in_text(encoded)
            raise _unpaired(error, "the text") from None
    if b"\\u" in encoded and _HALF_A_PAIR.search(encoded):
        _refuse_in_text(encoded)
    return encoded


def _refuse_in_text(encoded: bytes | str) -> None:
    # What is no JSON is for the server to refuse.
    with contextlib.suppress(_standard.JSONDecodeError, UnicodeDecodeError):
        _refuse_unpaired(_standard.loads(encoded), "$")


def encode_text(text: str, what: str) -> bytes:
    """Return `text` in UTF-8; raise `JSONEncodeError`, which names `what` it is, if it has none."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _unpaired(error, what) from None


def check_text(text: str, what: str) -> None:
    """Raise `JSONEncodeError`, which names `what` it is, if `text` has an unpaired surrogate."""
    if not text.isascii():
        encode_text(text, what)


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
    if isinstance(value, Mapping):
        return dict(value)
    return value.value if isinstance(value, Enum) else str(value)


def _refuse_unfaithful(value: Any, path: str) -> None:
    if isinstance(value, str):
        check_text(value, f"the text at {path}")
    elif isinstance(value, Enum):
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
            below = _below(path, key)
            _refuse_unfaithful(item, below)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _refuse_unfaithful(item, f"{path}[{index}]")
    elif value is not None and not isinstance(value, UUID):
        raise JSONEncodeError(f"JSON cannot carry a {type(value).__name__} (at {path})")


def _refuse_unpaired(value: Any, path: str) -> None:
    """Raise `JSONEncodeError` for the first unpaired surrogate; anything else may be there."""
    if isinstance(value, str):
        check_text(value, f"the text at {path}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_unpaired(item, _below(path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _refuse_unpaired(item, f"{path}[{index}]")


def _below(path: str, key: Any) -> str:
    """Return the path to the attribute `key`; raise `JSONEncodeError` if there can be none."""
    if isinstance(key, str):
        check_text(key, f"the attribute name {_escaped(key)} at {path}")
    return f"{path}.{key}"


def _escaped(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _unpaired(error: UnicodeEncodeError, what: str) -> JSONEncodeError:
    half = _escaped(error.object[error.start : error.start + 1])
    return JSONEncodeError(
        f"{what} has an unpaired surrogate ({half}, character {error.start}): it is half of a "
        "character, which UTF-8 cannot carry and ArangoDB refuses"
    )
