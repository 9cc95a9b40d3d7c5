"""Rows of Parquet and Arrow files, read by pyarrow batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # it has no types
import pyarrow.ipc  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]

from arango_jobs.loader.errors import SourceError

__all__ = ["open_arrow", "open_parquet"]

_BATCH = 4096


def open_parquet(path: str) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    """Return the columns of a Parquet file, and its rows."""
    try:
        file = pyarrow.parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise SourceError(f"{path} is no Parquet file: {error}") from None
    batches = _checked(file.iter_batches(batch_size=_BATCH), path)
    return tuple(file.schema_arrow.names), _rows(batches)


def open_arrow(path: str) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    """Return the columns of a file in one of Arrow's IPC formats, and its rows."""
    source = pyarrow.OSFile(path)
    try:
        try:
            file = pyarrow.ipc.open_file(source)
        except pyarrow.ArrowInvalid:
            source.seek(0)
            stream = pyarrow.ipc.open_stream(source)
            return tuple(stream.schema.names), _rows(_checked(stream, path))
    except pyarrow.ArrowException as error:
        raise SourceError(f"{path} is no Arrow file: {error}") from None
    batches = (file.get_batch(index) for index in range(file.num_record_batches))
    return tuple(file.schema.names), _rows(_checked(batches, path))


def _checked(batches: Iterable[Any], path: str) -> Iterator[Any]:
    try:
        yield from batches
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"{path} is damaged: {error}") from None


def _rows(batches: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH):
            yield from batch.slice(start, _BATCH).to_pylist()
