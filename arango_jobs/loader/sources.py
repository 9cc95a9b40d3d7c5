"""What a load reads: a file, standard input, a frame, or any iterable of dicts, as rows."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from arango_jobs.errors import OptionError
from arango_jobs.loader.csv_rows import CsvRows, read_header
from arango_jobs.loader.dialect import dialect_of
from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.files import binary_input, identity_of, reading_errors, seekable
from arango_jobs.loader.formats import refuse_foreign, table_format, text_format
from arango_jobs.loader.frames import frame_rows
from arango_jobs.loader.header import distinct
from arango_jobs.loader.json_rows import json_rows, line_rows
from arango_jobs.loader.options import LoadOptions
from arango_jobs.loader.plain import Plain
from arango_jobs.loader.rows import Row
from arango_jobs.loader.texts import as_utf8

__all__ = ["Source", "open_source"]


class Source:
    """An input: its name, its columns where they are known beforehand, and its rows, once.

    `identity` tells it from others in a checkpoint; `None` where it cannot be read twice.
    """

    def __init__(
        self,
        name: str,
        rows: Iterable[Row],
        *,
        columns: tuple[str, ...] | None = None,
        identity: dict[str, Any] | None = None,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.columns = columns
        self.identity = identity
        self._rows = rows
        self._close = close

    def __iter__(self) -> Iterator[Row]:
        with reading_errors(self.name):
            yield from self._rows

    def close(self) -> None:
        """Close what was opened for it."""
        if self._close is not None:
            self._close()


def open_source(source: Any, options: LoadOptions, plain: Plain | None = None) -> Source:
    """Open `source`: a path, "-", a frame, or an iterable of dicts.

    Raises `SourceError` where it cannot be read.
    """
    plain = plain or Plain()
    if isinstance(source, (str, os.PathLike)):
        return _file(os.fspath(source), options, plain)
    name = options.source_name or type(source).__name__
    identity = None if options.source_name is None else {"name": name}
    frame = frame_rows(source)
    if frame is not None:
        columns, rows = frame
        distinct(columns, name)
        return Source(name, _tabular(rows, plain), columns=columns, identity=identity)
    if isinstance(source, (Mapping, bytes, bytearray)) or not isinstance(source, Iterable):
        raise OptionError(
            f"a load takes a path, a frame or an iterable of dicts, not {type(source).__name__}"
        )
    return Source(name, _dicts(source), identity=identity)


def _file(path: Any, options: LoadOptions, plain: Plain) -> Source:
    if not isinstance(path, str):
        raise OptionError(f"a path must be a string, not {type(path).__name__}")
    stream = binary_input(path)
    try:
        return _stream(path, stream, options, plain)
    except BaseException:
        stream.close()
        raise


def _stream(path: str, stream: io.BufferedReader, options: LoadOptions, plain: Plain) -> Source:
    name = options.source_name or ("standard input" if path == "-" else path)
    identity = None if path == "-" else identity_of(path)
    with reading_errors(name):
        kind = table_format(path, stream, options.format)
        if kind is not None:
            file = seekable(stream, path)
            columns, values = _arrow(kind, file, name)
            distinct(columns, name)
            close = None if isinstance(file, str) else file.close
            return Source(
                name, _tabular(values, plain), columns=columns, identity=identity, close=close
            )
        refuse_foreign(path, stream, options.encoding)
        stream = as_utf8(stream, options.encoding)
        kind = text_format(path, stream) if options.format == "auto" else options.format
        if kind in ("csv", "tsv"):
            table = _table(stream, name, kind, options)
            return Source(name, table, columns=table.columns, identity=identity, close=stream.close)
        for _ in range(options.skip_lines):
            stream.readline()
        rows = json_rows(stream, name) if kind == "json" else line_rows(stream, name)
    return Source(name, rows, identity=identity, close=stream.close)


def _table(stream: io.BufferedReader, name: str, kind: str, options: LoadOptions) -> CsvRows:
    dialect = dialect_of(kind, options)
    columns = None if options.columns is None else tuple(options.columns)
    if options.headers_file is not None:
        path = os.fspath(options.headers_file)
        with binary_input(path) as file:
            columns = read_header(as_utf8(file, options.encoding), path, dialect)
        if not columns:
            raise SourceError(f"{path} names no columns")
    return CsvRows(
        stream,
        name,
        dialect,
        columns=columns,
        skip_lines=options.skip_lines,
        ignore_missing=options.ignore_missing,
    )


def _arrow(kind: str, file: str | io.BufferedIOBase, name: str) -> Any:
    try:
        reader = importlib.import_module("arango_jobs.loader.arrow_rows")
    except ImportError:
        raise SourceError(
            f"{name} is read by pyarrow, which is not installed: pip install arango-jobs[parquet]"
        ) from None
    return reader.open_parquet(file, name) if kind == "parquet" else reader.open_arrow(file, name)


def _tabular(rows: Iterable[Mapping[Any, Any]], plain: Plain) -> Iterator[Row]:
    of_table = plain.of_table
    for number, values in enumerate(rows, 1):
        row = of_table(values)
        yield Row(number, None, row, row)


def _dicts(items: Iterable[Any]) -> Iterator[Row]:
    for number, item in enumerate(items, 1):
        row = Row(number)
        if isinstance(item, Mapping):
            row.original = row.document = item if isinstance(item, dict) else dict(item)
        else:
            row.text = repr(item)[:2000]
            row.fail(f"a dict is needed, not {type(item).__name__}")
        yield row
