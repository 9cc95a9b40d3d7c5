"""Rows put together into chunks, by count and by bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from arango_jobs import json
from arango_jobs.errors import JSONEncodeError
from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.plain import Plain, Unreadable
from arango_jobs.loader.rows import Row

__all__ = ["Chunk", "chunks"]


@dataclass(slots=True, eq=False)
class Chunk:
    """Rows `start` up to, not including, `end`, less those confirmed before."""

    start: int
    end: int = 0
    rows: list[Row] = field(default_factory=list)
    """Those that can be sent."""
    failed: list[Row] = field(default_factory=list)
    open_parts: int = 0
    """Requests that have not ended."""
    is_given_up: bool = False
    """Whether some of its rows will not be sent, or not again."""

    @property
    def count(self) -> int:
        """How many rows it has in all."""
        return len(self.rows) + len(self.failed)


def chunks(
    rows: Iterable[Row], *, max_rows: int, max_bytes: int, plain: Plain | None = None
) -> Iterator[Chunk]:
    """Put rows together; one that is too large alone is a chunk of its own.

    Where the input breaks, the rows before that still come.
    """
    failure: SourceError | None = None
    chunk: Chunk | None = None
    size = 0
    plain = plain or Plain()
    for row in _until_it_breaks(rows):
        if isinstance(row, SourceError):
            failure = row
            break
        _measure(row, plain)
        is_full = chunk is not None and (
            chunk.count >= max_rows or (chunk.rows and size + row.size > max_bytes)
        )
        if chunk is None or is_full:
            if chunk is not None:
                yield chunk
            chunk, size = Chunk(row.number), 0
        chunk.end = row.number + 1
        (chunk.rows if row.problem is None else chunk.failed).append(row)
        size += row.size
    if chunk is not None:
        yield chunk
    if failure is not None:
        raise failure


def _until_it_breaks(rows: Iterable[Row]) -> Iterator[Row | SourceError]:
    try:
        yield from rows
    except SourceError as error:
        yield error


def _measure(row: Row, plain: Plain) -> None:
    """Set the row's size, or what JSON cannot carry."""
    if row.problem is not None or row.document is None:
        return
    try:
        # One more for the comma.
        row.size = len(json.dumps(row.document)) + 1
    except JSONEncodeError:
        _measure_plain(row, plain)


def _measure_plain(row: Row, plain: Plain) -> None:
    document = plain.of_dict(row.document or {})
    try:
        row.size = len(json.dumps(document)) + 1
    except JSONEncodeError as error:
        unreadable = [
            f"{value.reason} (at $.{name})"
            for name, value in document.items()
            if isinstance(value, Unreadable)
        ]
        row.fail(unreadable[0] if unreadable else str(error))
    else:
        row.document = document
