"""Rows of Parquet and Arrow files, read by pyarrow batch by batch."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # it has no types
import pyarrow.ipc  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]

from arango_jobs.loader.arrow_cells import batch_rows
from arango_jobs.loader.errors import SourceError

__all__ = ["open_arrow", "open_parquet"]

_BATCH = 4096

Rows = tuple[tuple[str, ...], Iterator[dict[str, Any]]]


def open_parquet(file: str | io.BufferedIOBase, name: str) -> Rows:
    """Return the columns of a Parquet file, and its rows."""
    try:
        parquet = pyarrow.parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"{name} is no Parquet file: {error}") from None
    batches = _checked(parquet.iter_batches(batch_size=_BATCH), name)
    return tuple(parquet.schema_arrow.names), batch_rows(batches)


def open_arrow(file: str | io.BufferedIOBase, name: str) -> Rows:
    """Return the columns of a file in one of Arrow's IPC formats, and its rows."""
    source = pyarrow.OSFile(file) if isinstance(file, str) else pyarrow.PythonFile(file, mode="r")
    try:
        try:
            arrow = pyarrow.ipc.open_file(source)
        except pyarrow.ArrowInvalid:
            source.seek(0)
            stream = pyarrow.ipc.open_stream(source)
            return tuple(stream.schema.names), batch_rows(_checked(stream, name))
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"{name} is no Arrow file: {error}") from None
    batches = (arrow.get_batch(index) for index in range(arrow.num_record_batches))
    return tuple(arrow.schema.names), batch_rows(_checked(batches, name))


def _checked(batches: Iterable[Any], name: str) -> Iterator[Any]:
    try:
        yield from batches
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"{name} is damaged: {error}") from None
