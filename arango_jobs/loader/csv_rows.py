"""Rows of a CSV or TSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.rows import Row

__all__ = ["CsvRows"]

# One cell, in characters. The library's own limit (131,072) is too small for texts and
# geometries; without any, one quote that is not closed reads the rest of the file into memory.
_MAX_CELL = 16 * 1024 * 1024
_SHOWN = 2000


class CsvRows:
    """Rows of `stream`, whose first line names the columns unless `columns` does."""

    def __init__(
        self,
        stream: io.BufferedReader,
        name: str,
        *,
        encoding: str,
        delimiter: str,
        columns: Sequence[str] | None,
    ) -> None:
        is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        text = io.TextIOWrapper(
            stream,
            encoding="utf-8-sig" if is_utf8 else encoding,
            # So that a byte that is no UTF-8 spoils one row and not the whole file.
            errors="surrogateescape" if is_utf8 else "strict",
            newline="",
        )
        csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self._name = name
        self.columns = self._header() if columns is None else tuple(columns)
        self._check()

    def _header(self) -> tuple[str, ...]:
        try:
            return tuple(next(self._reader, ()))
        except csv.Error as error:
            raise SourceError(
                f"{self._name}, line 1: {error}; it should name the columns"
            ) from None

    def _check(self) -> None:
        seen: set[str] = set()
        for place, column in enumerate(self.columns, 1):
            if not column.strip() or not _is_utf8(column):
                raise SourceError(
                    f"{self._name}: column {place} has no readable name; name all with columns"
                )
            if column in seen:
                raise SourceError(f"{self._name}: two columns are called {column!r}")
            seen.add(column)

    def __iter__(self) -> Iterator[Row]:
        reader, columns, width = self._reader, self.columns, len(self.columns)
        number = 0
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                row = Row(number, line)
                row.fail(f"malformed CSV: {error}")
                yield row
                continue
            if not cells:
                continue
            number += 1
            if len(cells) != width or not _is_utf8("".join(cells)):
                yield self._malformed(number, line, cells)
                continue
            values: dict[str, Any] = dict(zip(columns, cells, strict=True))
            yield Row(number, line, values, values)

    def _malformed(self, number: int, line: int, cells: list[str]) -> Row:
        text = ",".join(cells)[:_SHOWN].encode("utf-8", "surrogateescape")
        row = Row(number, line, text=text.decode("utf-8", "replace"))
        if len(cells) != len(self.columns):
            row.fail(f"malformed CSV: cells: {len(cells)}, columns: {len(self.columns)}")
        else:
            row.fail("some bytes are no UTF-8; what encoding has the file?")
        return row


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
