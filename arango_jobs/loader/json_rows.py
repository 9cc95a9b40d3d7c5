"""Rows of JSON lines, of one JSON array, and of the files of failed rows that `load` writes."""

from __future__ import annotations

import importlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.rows import Row

__all__ = ["array_rows", "line_rows"]

_SHOWN = 2000
_MAX_LINE = 64 * 1024 * 1024
_NEEDED = frozenset({"row", "line", "error"})
_ALLOWED = _NEEDED | {"number", "text", "key"}

# orjson reads a number with more digits than 64 bits hold as a float, and loses some.
_MANY_DIGITS = re.compile(rb"[:\[,]\s*-?[0-9]{19,}\s*[,\]}]")


def line_rows(stream: io.BufferedReader) -> Iterator[Row]:
    """Read one JSON object a line; unpacks a file of failed rows."""
    is_failed: bool | None = None
    number = 0
    for line, data in enumerate(_lines(stream), 1):
        text = data.strip()
        if not text:
            continue
        number += 1
        row = Row(number, line)
        _fill(row, text)
        if is_failed is None and row.original is not None:
            is_failed = _is_failed_row(row.original)
        if is_failed and row.original is not None and _is_failed_row(row.original):
            row = _unpacked(row, row.original)
        yield row


def _lines(stream: io.BufferedReader) -> Iterator[bytes]:
    first = stream.readline(_MAX_LINE)
    yield first.removeprefix(b"\xef\xbb\xbf")
    while data := stream.readline(_MAX_LINE):
        yield data


def _fill(row: Row, text: bytes) -> None:
    try:
        value = orjson.loads(text)
        if _MANY_DIGITS.search(text):
            json.loads(text, parse_int=_exact)
    except ValueError as error:
        row.text = text[:_SHOWN].decode("utf-8", "replace")
        row.fail(f"malformed JSON: {_reason(error)}")
        return
    _set(row, value)


def _reason(error: ValueError) -> str:
    """Return what is wrong and in which column; the error's own line is always 1."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.colno})"
    return str(error)


def _exact(digits: str) -> int:
    value = int(digits)
    if not -(2**63) <= value < 2**64:
        raise ValueError(f"the integer {digits[:30]} does not fit in 64 bits; write it as a string")
    return value


def _set(row: Row, value: Any) -> None:
    if isinstance(value, dict):
        row.original = row.document = value
    else:
        row.text = repr(value)[:_SHOWN]
        row.fail(f"a JSON object is needed, not {_NAMES.get(type(value), 'null')}")


_NAMES = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean"}


def _is_failed_row(value: dict[str, Any]) -> bool:
    return value.keys() >= _NEEDED and value.keys() <= _ALLOWED


def _unpacked(row: Row, record: dict[str, Any]) -> Row:
    key = record.get("key")
    row.made_key = key if isinstance(key, str) else None
    if isinstance(record["row"], dict):
        row.original = row.document = record["row"]
    else:
        row.original = row.document = None
        row.text = str(record.get("text") or "")
        row.fail("it could not be read the first time either; mend the file it comes from")
    return row


def array_rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """Read the objects of one JSON array, without holding it in memory."""
    try:
        ijson = importlib.import_module("ijson")
    except ImportError:
        raise SourceError(
            "a JSON array is read by ijson, which is not installed: pip install arango-jobs[cli]"
        ) from None
    items: Iterable[Any] = ijson.items(stream, "item", use_float=True)
    number = 0
    try:
        for number, value in enumerate(items, 1):
            row = Row(number)
            _set(row, value)
            yield row
    except ijson.JSONError as error:
        reason = str(error).splitlines()[0].removeprefix("b'")
        raise SourceError(f"{name} is malformed JSON after row {number}: {reason}") from None
