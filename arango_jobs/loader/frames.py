"""Rows of data frames and tables that a caller holds: pandas, polars, pyarrow.

They are told by the name of their module, so that none of them needs to be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["frame_rows"]

_STEP = 4096


def frame_rows(frame: Any) -> tuple[tuple[str, ...] | None, Iterable[dict[str, Any]]] | None:
    """Return the columns and rows of a frame; `None` where it is none that we know."""
    for cls in type(frame).__mro__:
        reader = _READERS.get((cls.__module__.partition(".")[0], cls.__name__))
        if reader is not None:
            found: tuple[tuple[str, ...], Iterable[dict[str, Any]]] = reader(frame)
            return found
    return None


def _pandas(frame: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    def rows() -> Iterator[dict[str, Any]]:
        for start in range(0, len(frame), _STEP):
            yield from frame.iloc[start : start + _STEP].to_dict("records")

    return tuple(str(column) for column in frame.columns), rows()


def _polars(frame: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    return tuple(frame.columns), frame.iter_rows(named=True)


def _lazy(frame: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    return _polars(frame.collect())


def _table(table: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    return tuple(table.schema.names), _batched(table.to_batches(max_chunksize=_STEP))


def _batch(batch: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    return tuple(batch.schema.names), _batched([batch])


def _stream(stream: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    return tuple(stream.schema.names), _batched(stream)


def _batched(batches: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        for start in range(0, batch.num_rows, _STEP):
            yield from batch.slice(start, _STEP).to_pylist()


_READERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("pandas", "DataFrame"): _pandas,
    ("polars", "DataFrame"): _polars,
    ("polars", "LazyFrame"): _lazy,
    ("pyarrow", "Table"): _table,
    ("pyarrow", "RecordBatch"): _batch,
    ("pyarrow", "RecordBatchReader"): _stream,
}
