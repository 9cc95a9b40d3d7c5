"""Rows of data frames and tables that a caller holds: pandas, polars, pyarrow.

They are told by the name of their module, so that none of them needs to be installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arango_jobs.loader.polars_rows import polars_rows

__all__ = ["frame_rows"]

_STEP = 4096

Rows = tuple[tuple[str, ...], Iterable[dict[str, Any]]]


def frame_rows(frame: Any) -> Rows | None:
    """Return the columns and rows of a frame; `None` where it is none that we know."""
    for cls in type(frame).__mro__:
        reader = _READERS.get((cls.__module__.partition(".")[0], cls.__name__))
        if reader is not None:
            return reader(frame)
    return None


def _pandas(frame: Any) -> Rows:
    def rows() -> Iterator[dict[str, Any]]:
        for start in range(0, len(frame), _STEP):
            yield from frame.iloc[start : start + _STEP].to_dict("records")

    return tuple(str(column) for column in frame.columns), rows()


def _lazy(frame: Any) -> Rows:
    return polars_rows(frame.collect())


def _table(table: Any) -> Rows:
    return tuple(table.schema.names), _batched(table.to_batches(max_chunksize=_STEP))


def _batch(batch: Any) -> Rows:
    return tuple(batch.schema.names), _batched([batch])


def _stream(stream: Any) -> Rows:
    return tuple(stream.schema.names), _batched(stream)


def _batched(batches: Iterable[Any]) -> Iterator[dict[str, Any]]:
    # Who has a batch has pyarrow.
    cells = importlib.import_module("arango_jobs.loader.arrow_cells")
    rows: Iterator[dict[str, Any]] = cells.batch_rows(batches)
    return rows


_READERS: dict[tuple[str, str], Callable[[Any], Rows]] = {
    ("pandas", "DataFrame"): _pandas,
    ("polars", "DataFrame"): polars_rows,
    ("polars", "LazyFrame"): _lazy,
    ("pyarrow", "Table"): _table,
    ("pyarrow", "RecordBatch"): _batch,
    ("pyarrow", "RecordBatchReader"): _stream,
}
