"""Rows of JSON lines, of one JSON array, and of the files of failed rows that `load` writes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.json_array import ArrayBrokenError, elements
from arango_jobs.loader.json_lines import JsonLines
from arango_jobs.loader.json_text import read_json
from arango_jobs.loader.rows import Row

__all__ = ["json_rows", "line_rows"]

_SHOWN = 2000
_NEEDED = frozenset({"row", "line", "error"})
_ALLOWED = _NEEDED | {"number", "text", "key"}
_NAMES = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean"}


def json_rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """Read one JSON array, or objects one after the other where there is no array."""
    is_array = _first_sign(stream) == b"["
    return _array_rows(stream, name) if is_array else line_rows(stream, name)


def _first_sign(stream: io.BufferedReader) -> bytes:
    """Return the first byte that is no white space; blank ones before it are taken away."""
    while data := stream.peek(1):
        rest = data.lstrip()
        if rest:
            return rest[:1]
        stream.read(len(data))
    return b""


def _array_rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    number = 0
    try:
        for number, (text, value) in enumerate(elements(stream), 1):
            row = Row(number, None, value, value)
            if value is None:
                _fill(row, text.strip())
            yield row
    except ArrayBrokenError as error:
        raise SourceError(f"{name} is malformed JSON after row {number}: {error}") from None


def line_rows(stream: io.BufferedReader, name: str) -> Iterator[Row]:
    """Read one JSON object a line, or over several lines; unpack a file of failed rows."""
    is_failed: bool | None = None
    lines = JsonLines(stream)
    for number, (line, text) in enumerate(lines, 1):
        row = Row(number, line)
        _fill(row, text)
        if row.problem is not None and text[:1] in b"[{":
            _fill_again(row, lines.with_what_follows(text), text, name)
        if is_failed is None and row.original is not None:
            is_failed = _is_failed_row(row.original)
        if is_failed and row.original is not None and _is_failed_row(row.original):
            _unpack(row, row.original)
        yield row


def _fill_again(row: Row, text: bytes, first: bytes, name: str) -> None:
    if text is first:
        return
    row.problem = row.text = None
    _fill(row, text)
    if row.line == 1 and text[:1] == b"[" and text[-1:] == b"]":
        raise SourceError(f"{name} is one JSON array; say so with format json")


def _fill(row: Row, text: bytes) -> None:
    try:
        value = read_json(text)
    except ValueError as error:
        row.text = text[:_SHOWN].decode("utf-8", "replace")
        row.fail(f"malformed JSON: {error}")
        return
    if isinstance(value, dict):
        row.original = row.document = value
    else:
        row.text = text[:_SHOWN].decode("utf-8", "replace")
        row.fail(f"a JSON object is needed, not {_NAMES.get(type(value), 'null')}")


def _is_failed_row(value: dict[str, Any]) -> bool:
    return value.keys() >= _NEEDED and value.keys() <= _ALLOWED


def _unpack(row: Row, record: dict[str, Any]) -> None:
    key = record.get("key")
    row.made_key = key if isinstance(key, str) else None
    if isinstance(record["row"], dict):
        row.original = row.document = record["row"]
    else:
        row.original = row.document = None
        row.text = str(record.get("text") or "")
        row.fail("it could not be read the first time either; mend the file it comes from")
