"""Rows of a frame of polars, whose times have more years and digits than Python's.

polars drops nanoseconds when it makes Python's times, and ends with a panic for a year
beyond 9999, so columns with either are given as text.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from arango_jobs.loader.plain import OUT_OF_RANGE, Unreadable, shortened

__all__ = ["polars_rows"]

_ISO = {
    "Date": "%Y-%m-%d",
    "Datetime": "%Y-%m-%dT%H:%M:%S%.9f",
    "Time": "%H:%M:%S%.9f",
}


def polars_rows(frame: Any) -> tuple[tuple[str, ...], Iterator[dict[str, Any]]]:
    """Return the columns and rows of `frame`."""
    texts = {
        name: str(dtype.base_type())
        for name, dtype in frame.schema.items()
        if _needs_text(frame[name], dtype)
    }
    return tuple(frame.columns), _rows(frame, texts) if texts else frame.iter_rows(named=True)


def _needs_text(column: Any, dtype: Any) -> bool:
    kind = str(dtype.base_type())
    if kind not in _ISO:
        return False
    if kind == "Time" or (kind == "Datetime" and dtype.time_unit == "ns"):
        return bool((column.dt.nanosecond() % 1000 != 0).any())
    return not bool(_is_known(column).all())


def _is_known(column: Any) -> Any:
    """Return where a column, or the expression for one, has no time or one that Python has."""
    return column.is_null() | column.dt.year().is_between(1, 9999).fill_null(False)


def _rows(frame: Any, texts: dict[str, str]) -> Iterator[dict[str, Any]]:
    col = importlib.import_module("polars").col
    dated = [name for name, kind in texts.items() if kind != "Time"]
    unknown = {name: (~_is_known(frame[name])).to_list() for name in dated}
    shown = frame.with_columns(
        _nulled(col(name), name in dated).dt.to_string(_ISO[kind] + _zone(frame.schema[name]))
        for name, kind in texts.items()
    )
    for number, row in enumerate(shown.iter_rows(named=True)):
        for name in texts:
            if row[name] is not None:
                row[name] = _as_python_writes(row[name])
            elif name in unknown and unknown[name][number]:
                row[name] = Unreadable(OUT_OF_RANGE)
        yield row


def _nulled(column: Any, is_dated: bool) -> Any:
    """Return a column without what is not known, which polars cannot write."""
    when = importlib.import_module("polars").when
    return when(_is_known(column)).then(column) if is_dated else column


def _zone(dtype: Any) -> str:
    return "%:z" if getattr(dtype, "time_zone", None) else ""


def _as_python_writes(text: str) -> str:
    point = text.find(".")
    if point < 0:
        return text
    end = point + 10
    return shortened(text[:end]) + text[end:]
