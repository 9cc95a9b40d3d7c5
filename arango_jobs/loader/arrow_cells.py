"""From Arrow's batches to rows of Python's values, cell by cell where a whole column cannot.

Python's times end at microseconds and know the years 1 to 9999 only; Arrow's do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # it has no types

from arango_jobs.loader.plain import OUT_OF_RANGE, Unreadable, shortened

__all__ = ["batch_rows"]

_STEP = 4096


def batch_rows(batches: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Give the rows of record batches."""
    for batch in batches:
        names = batch.schema.names
        for start in range(0, batch.num_rows, _STEP):
            piece = batch.slice(start, _STEP)
            columns = [_values(column) for column in piece.columns]
            if not columns:
                yield from ({} for _ in range(piece.num_rows))
            for values in zip(*columns, strict=True):
                yield dict(zip(names, values, strict=True))


def _values(column: Any) -> list[Any]:
    coarser = _in_microseconds(column.type)
    if coarser is not None:
        try:
            column = column.cast(coarser)
        except pyarrow.ArrowInvalid:
            return [_with_nanoseconds(cell, coarser) for cell in column]
    try:
        values: list[Any] = column.to_pylist()
    except Exception:  # noqa: BLE001  each type fails with an error of its own
        return [_value(cell) for cell in column]
    return values


def _in_microseconds(kind: Any) -> Any:
    if pyarrow.types.is_timestamp(kind) and kind.unit == "ns":
        return pyarrow.timestamp("us", kind.tz)
    if pyarrow.types.is_time64(kind) and kind.unit == "ns":
        return pyarrow.time64("us")
    return None


def _with_nanoseconds(cell: Any, coarser: Any) -> Any:
    if not cell.is_valid:
        return None
    microseconds, nanoseconds = divmod(cell.value, 1000)
    time = _value(pyarrow.scalar(microseconds, pyarrow.int64()).cast(coarser))
    if isinstance(time, Unreadable) or not nanoseconds:
        return time
    whole = time.replace(microsecond=0, tzinfo=None).isoformat()
    zone = time.isoformat()[len(time.replace(tzinfo=None).isoformat()) :]
    return shortened(f"{whole}.{time.microsecond:06}{nanoseconds:03}") + zone


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (OverflowError, ValueError) as error:
        if pyarrow.types.is_temporal(cell.type) and not isinstance(error, pyarrow.ArrowException):
            return Unreadable(OUT_OF_RANGE)
        return Unreadable(f"its {cell.type} cannot be read: {error}")
    except Exception as error:  # noqa: BLE001  each type fails with an error of its own
        return Unreadable(f"its {cell.type} cannot be read: {error}")
