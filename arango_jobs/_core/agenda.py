"""Things to come, in the order of their times. Knows neither what they are nor a clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Agenda"]

T = TypeVar("T")


class Agenda(Generic[T]):
    """Things and when they are due; of those due at one time, the oldest comes first."""

    __slots__ = ("_heap", "_number", "due")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._number = 0
        self.due = float("inf")
        """When the first one is due."""

    def __len__(self) -> int:
        """How many things are to come."""
        return len(self._heap)

    def push(self, due: float, what: T) -> None:
        """Put `what` down for the time `due`."""
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, what))
        self.due = self._heap[0][0]

    def pop(self) -> T:
        """Take what is due first."""
        what = heapq.heappop(self._heap)[2]
        self._note_due()
        return what

    def all(self) -> list[T]:
        """Return everything, in no particular order."""
        return [what for _due, _number, what in self._heap]

    def drain(self) -> list[T]:
        """Take everything, in no particular order."""
        drained = self.all()
        self._heap.clear()
        self._note_due()
        return drained

    def keep(self, is_wanted: Callable[[T], bool]) -> None:
        """Let go of everything that is not wanted any more."""
        self._heap = [entry for entry in self._heap if is_wanted(entry[2])]
        heapq.heapify(self._heap)
        self._note_due()

    def _note_due(self) -> None:
        self.due = self._heap[0][0] if self._heap else float("inf")
