"""The names of the columns of a table in text: read, given, and checked."""

from __future__ import annotations

from collections.abc import Sequence

from arango_jobs.loader.dialect import Dialect
from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.texts import is_text

__all__ = ["distinct", "named", "repeats", "usable"]

_USUAL = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def usable(cells: Sequence[str], name: str, dialect: Dialect, *, line: int) -> tuple[str, ...]:
    """Return the columns that a header names; raise `SourceError` where it cannot be one."""
    if len(cells) == 1:
        _refuse_other_delimiter(cells[0], name, dialect)
    columns = _with_index(cells)
    for place, column in enumerate(columns, 1):
        if not column.strip() or not is_text(column):
            raise SourceError(
                f"{name}: column {place} has no readable name; name all of them with columns, "
                f"and leave this line out with skip_lines {line}"
            )
    return distinct(columns, name)


def named(columns: Sequence[str], name: str) -> tuple[str, ...]:
    """Return columns that the user names."""
    return distinct(columns, name)


def distinct(columns: Sequence[str], name: str) -> tuple[str, ...]:
    """Return `columns`; raise `SourceError` where two have one name."""
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            raise SourceError(f"{name}: two columns are called {column!r}")
        seen.add(column)
    return tuple(columns)


def repeats(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether a line says again what `columns` says, or nothing in place of a name."""
    return (
        len(cells) == len(columns)
        and any(cells)
        and all(cell in ("", column) for cell, column in zip(cells, columns, strict=True))
    )


def _with_index(cells: Sequence[str]) -> list[str]:
    """Return the names, with pandas' own for the index that it writes without one.

    `DataFrame.to_csv()` leaves the first cells empty; `reset_index` names them so.
    """
    columns = list(cells)
    count = next((place for place, cell in enumerate(columns) if cell.strip()), 0)
    names = [f"level_{level}" for level in range(count)]
    if count == 1 and "index" not in columns:
        names = ["index"]
    return names + columns[count:]


def _refuse_other_delimiter(column: str, name: str, dialect: Dialect) -> None:
    for sign, word in _USUAL.items():
        if sign in column and sign != dialect.delimiter:
            raise SourceError(
                f"{name} has one column, {column!r}; if {word} is between its columns, say so "
                f"with delimiter {sign!r}, and if this is one name, give it with columns"
            )
