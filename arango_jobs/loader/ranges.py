"""Sets of row numbers that are nearly contiguous."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

__all__ = ["RowRanges"]


class RowRanges:
    """Half-open ranges of row numbers, apart from one another and in order."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Take in the rows from `start` up to, not including, `end`."""
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._starts, number) - 1
        return place >= 0 and number < self._ends[place]

    def as_list(self) -> list[tuple[int, int]]:
        """Return the ranges, in order."""
        return list(zip(self._starts, self._ends, strict=True))

    def __repr__(self) -> str:
        return f"RowRanges({self.as_list()})"
