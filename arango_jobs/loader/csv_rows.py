"""Rows of a CSV or TSV file, read by the standard library's `csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import Any

from arango_jobs.loader.dialect import Dialect
from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.header import named, repeats, usable
from arango_jobs.loader.rows import Row
from arango_jobs.loader.texts import is_text

__all__ = ["CsvRows", "read_header"]

# One cell, in characters. The library's own limit (131,072) is too small for texts and
# geometries; without any, one quote that is not closed reads the rest of the file into memory.
_MAX_CELL = 16 * 1024 * 1024
_SHOWN = 2000
_LINES = 1 << 18
_COUNT = "malformed CSV: cells: {}, columns: {}"
_BYTES = "some bytes are no {}; what encoding has the file?"


class CsvRows:
    """Rows of `stream`, whose first line names the columns unless `columns` does.

    A first line that repeats `columns` is no row.
    """

    def __init__(
        self,
        stream: io.BufferedReader,
        name: str,
        dialect: Dialect,
        *,
        columns: tuple[str, ...] | None = None,
        skip_lines: int = 0,
        ignore_missing: bool = False,
    ) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))
        self._lines = _Lines(stream, skip_lines)
        self._reader = dialect.reader(chain.from_iterable(self._lines.batches()))
        self._dialect = dialect
        self._ignores_missing = ignore_missing
        self._first: list[Row] = []
        if columns is None:
            self.columns = self._header(name)
        else:
            self.columns = named(columns, name)
            self._first.extend(self._first_row())

    @property
    def _line(self) -> int:
        return self._lines.skipped + int(self._reader.line_num)

    def _header(self, name: str) -> tuple[str, ...]:
        """Return what the first line says that is not blank."""
        while True:
            line = self._line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return ()
            except csv.Error as error:
                raise SourceError(
                    f"{name}, line {line}: {error}; it should name the columns"
                ) from None
            if len(cells) > 1 or (cells and cells[0].strip()):
                return usable(cells, name, self._dialect, line=self._line)

    def _first_row(self) -> Iterator[Row]:
        """Give the first row, unless it says again what the columns are called."""
        line = self._line + 1
        try:
            cells: list[str] = next(filter(None, self._reader), [])
        except csv.Error as error:
            yield self._broken(1, line, error)
            return
        if cells and not repeats(cells, self.columns):
            # Lines that are blank are none of it; those within a cell are.
            first = self._line - sum(cell.count("\n") for cell in cells)
            yield self._row(1, first, cells)

    def __iter__(self) -> Iterator[Row]:
        reader, lines, skipped = self._reader, self._lines, self._lines.skipped
        columns, width = self.columns, len(self.columns)
        yield from self._first
        number = len(self._first)
        while True:
            line = reader.line_num + 1 + skipped
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                yield self._broken(number, line, error)
                continue
            if not cells:
                continue
            number += 1
            if len(cells) != width or lines.have_strange_bytes:
                yield self._row(number, line, cells)
            else:
                values: dict[str, Any] = dict(zip(columns, cells, strict=True))
                yield Row(number, line, values, values)

    def _row(self, number: int, line: int, cells: list[str]) -> Row:
        """Return a row that has to be looked at."""
        columns = self.columns
        is_off = len(cells) != len(columns)
        if is_off and not (self._ignores_missing and len(cells) < len(columns)):
            return self._malformed(number, line, cells, _COUNT.format(len(cells), len(columns)))
        if not is_text("".join(cells)):
            encoding = self._dialect.encoding.upper()
            return self._malformed(number, line, cells, _BYTES.format(encoding))
        values: dict[str, Any] = dict(zip(columns, cells, strict=False))
        return Row(number, line, values, values)

    def _broken(self, number: int, line: int, error: csv.Error) -> Row:
        last = self._line
        row = Row(number, line, text=self._lines.text(line, last)[:_SHOWN])
        reach = f"; the row reaches to line {last}: is a quote not closed?" if last > line else ""
        row.fail(f"malformed CSV: {error}{reach}")
        return row

    def _malformed(self, number: int, line: int, cells: list[str], message: str) -> Row:
        row = Row(number, line, text=_readable(self._dialect.delimiter.join(cells)[:_SHOWN]))
        row.fail(message)
        return row


def read_header(stream: io.BufferedReader, name: str, dialect: Dialect) -> tuple[str, ...]:
    """Return the columns that the first line of a file names, and close it."""
    rows = CsvRows(stream, name, dialect)
    stream.close()
    return rows.columns


class _Lines:
    """The lines of a stream in batches, those of the last two kept to be shown."""

    def __init__(self, stream: io.BufferedReader, skip: int) -> None:
        # So that a byte that is no UTF-8 spoils one row and not the whole file.
        text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
        self._text = text
        self.skipped = sum(1 for _ in range(skip) if text.readline())
        self.have_strange_bytes = False
        """Whether the last lines hold bytes that are no UTF-8."""
        self._begin = self.skipped + 1
        self._kept: list[list[str]] = [[], []]
        self._are_strange = False

    def batches(self) -> Iterator[list[str]]:
        while batch := self._text.readlines(_LINES):
            self._begin += len(self._kept[0])
            self._kept = [self._kept[1], batch]
            is_strange = not is_text("".join(batch))
            # A row may begin in the batch before.
            self.have_strange_bytes = is_strange or self._are_strange
            self._are_strange = is_strange
            yield batch

    def text(self, first: int, last: int) -> str:
        """Return lines `first` to `last`, as far as they are kept."""
        kept = [*self._kept[0], *self._kept[1]]
        begin = max(first - self._begin, 0)
        return _readable("".join(kept[begin : max(last - self._begin + 1, 0)]).rstrip("\r\n"))


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
