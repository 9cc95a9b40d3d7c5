"""Checksums of a ledger's rows: CRC-32, chained from each record to the next.

A record is a row of the table `round`. Its checksum covers its own columns and the
checksum of the record before it, so a record that is changed, missing, or out of
order does not fit. The other tables have few rows, each with a checksum of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from zlib import crc32

__all__ = ["Chain", "Mark", "Statement", "checksum", "row"]

Statement = tuple[str, tuple[Any, ...]]

_APPEND = (
    "INSERT INTO round (run, at, taken, bodies, jobs, ended, servers, id, sum) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT = {
    "run": "INSERT INTO run (id, at, pid, hosts, sum) VALUES (?, ?, ?, ?, ?)",
    "kind": "INSERT INTO kind (id, facts, sum) VALUES (?, ?, ?)",
}


class Mark(NamedTuple):
    """How far a ledger goes: the number and the checksum of its last record."""

    generation: int = 0
    """How often the ledger has been rewritten; records are numbered from 1 in each."""
    last: int = 0
    sum: int = 0


def checksum(before: int, *values: Any) -> int:
    """Return the CRC-32 of a row's `values`, continued from `before`."""
    blobs = [value for value in values if type(value) is bytes]
    # Lengths and the places of blobs are covered, so that no two rows have the same bytes.
    head = repr([len(value) if type(value) is bytes else (value,) for value in values])
    total = crc32(head.encode(), before)
    for blob in blobs:
        total = crc32(blob, total)
    return total


def row(table: str, number: int, *values: Any) -> Statement:
    """Return the statement that inserts a row of `run` or `kind`."""
    return _INSERT[table], (number, *values, checksum(0, number, *values))


class Chain:
    """Makes the statements that append records, one after the other."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark

    def append(self, run: int, at: float, *columns: bytes | None) -> Statement:
        """Return the statement for the next record.

        `columns`: taken, bodies, jobs, ended, servers.
        """
        values = (run, float(at), *columns)
        generation, last, before = self.mark
        number = last + 1
        total = checksum(before, *values, number)
        self.mark = Mark(generation, number, total)
        return _APPEND, (*values, number, total)
