"""Rows for people and for programs: a table on a terminal, JSON lines everywhere else."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

__all__ = ["is_terminal", "print_json", "print_rows", "print_table"]

# Rows that decide which columns a table has.
_LOOK_AHEAD = 200


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def print_json(value: Any) -> None:
    """Print `value` as one line of JSON."""
    sys.stdout.write(_dumps(value) + "\n")


def print_rows(rows: Iterable[Any], *, as_json: bool) -> None:
    """Print the rows of a query."""
    if as_json or not is_terminal():
        for row in rows:
            print_json(row)
        sys.stdout.flush()
        return
    rows = iter(rows)
    first = list(itertools.islice(rows, _LOOK_AHEAD))
    if not first:
        Console().print("no rows", style="dim")
        return
    if not all(isinstance(row, dict) for row in first):
        for row in itertools.chain(first, rows):
            print_json(row)
        return
    columns = list(dict.fromkeys(name for row in first for name in row))
    table = Table()
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in itertools.chain(first, rows):
        values = row if isinstance(row, Mapping) else {columns[0]: row}
        table.add_row(*(_cell(values.get(name, "")) for name in columns))
    Console().print(table)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Print a small table; without a terminal, columns between tabs."""
    if not is_terminal():
        for row in rows:
            sys.stdout.write("\t".join(_cell(value) for value in row) + "\n")
        return
    table = Table(*columns, title=title or None)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    Console().print(table)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else _dumps(value)


def _dumps(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()
