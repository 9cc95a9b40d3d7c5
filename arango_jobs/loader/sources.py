"""What a load reads: a file, standard input, a frame, or any iterable of dicts, as rows."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from arango_jobs.errors import OptionError
from arango_jobs.loader.csv_rows import CsvRows
from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.files import binary_input, guess_format, identity_of, reading_errors
from arango_jobs.loader.frames import frame_rows
from arango_jobs.loader.json_rows import array_rows, line_rows
from arango_jobs.loader.options import LoadOptions
from arango_jobs.loader.plain import plain_row
from arango_jobs.loader.rows import Row

__all__ = ["Source", "open_source"]

_DELIMITERS = {"csv": ",", "tsv": "\t"}


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


def open_source(source: Any, options: LoadOptions) -> Source:
    """Open `source`: a path, "-", a frame, or an iterable of dicts.

    Raises `SourceError` where it cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        return _file(os.fspath(source), options)
    name = options.source_name or type(source).__name__
    identity = None if options.source_name is None else {"name": name}
    frame = frame_rows(source)
    if frame is not None:
        columns, rows = frame
        return Source(name, _tabular(rows), columns=columns, identity=identity)
    if isinstance(source, Mapping) or not isinstance(source, Iterable):
        raise OptionError(
            f"a load takes a path, a frame or an iterable of dicts, not {type(source).__name__}"
        )
    return Source(name, _dicts(source), identity=identity)


def _file(path: str, options: LoadOptions) -> Source:
    stream = binary_input(path)
    try:
        return _stream(path, stream, options)
    except BaseException:
        stream.close()
        raise


def _stream(path: str, stream: io.BufferedReader, options: LoadOptions) -> Source:
    name = options.source_name or ("standard input" if path == "-" else path)
    with reading_errors(name):
        kind = options.format
        if kind == "auto":
            kind = guess_format(path, stream, options.encoding)
    identity = None if path == "-" else identity_of(path)
    if kind in ("parquet", "arrow"):
        stream.close()
        columns, rows = _arrow(kind, path)
        return Source(name, _tabular(rows), columns=columns, identity=identity)
    if kind in _DELIMITERS:
        with reading_errors(name):
            table = CsvRows(
                stream,
                name,
                encoding=options.encoding,
                delimiter=options.delimiter or _DELIMITERS[kind],
                columns=options.columns,
            )
        return Source(name, table, columns=table.columns, identity=identity, close=stream.close)
    rows_of = array_rows(stream, name) if kind == "json" else line_rows(stream)
    return Source(name, rows_of, identity=identity, close=stream.close)


def _arrow(kind: str, path: str) -> Any:
    if path == "-":
        raise SourceError(f"{kind} cannot be read from standard input; name a file")
    try:
        reader = importlib.import_module("arango_jobs.loader.arrow_rows")
    except ImportError:
        raise SourceError(
            f"{path} is read by pyarrow, which is not installed: pip install arango-jobs[parquet]"
        ) from None
    return reader.open_parquet(path) if kind == "parquet" else reader.open_arrow(path)


def _tabular(rows: Iterable[dict[str, Any]]) -> Iterator[Row]:
    for number, values in enumerate(rows, 1):
        row = Row(number)
        try:
            row.original = row.document = plain_row(values)
        except ValueError as error:
            row.text = repr(values)[:2000]
            row.fail(str(error))
        yield row


def _dicts(items: Iterable[Any]) -> Iterator[Row]:
    for number, item in enumerate(items, 1):
        row = Row(number)
        if isinstance(item, Mapping):
            row.original = row.document = item if isinstance(item, dict) else dict(item)
        else:
            row.text = repr(item)[:2000]
            row.fail(f"a dict is needed, not {type(item).__name__}")
        yield row
