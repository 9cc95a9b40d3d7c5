"""The order of commits: which state a reader sees, and how long what was before is kept.

Every change has a number. A snapshot is the number of the last change that it sees; what later
changes replaced is kept by the collections until no snapshot needs it.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

__all__ = ["Keeper", "Versions"]


class Keeper(Protocol):
    """A collection that keeps what was replaced."""

    def forget(self, key: str, number: int) -> None:
        """Drop what change `number` replaced under `key`."""
        ...

    def forget_all(self) -> None:
        """Drop everything that was kept."""
        ...


class Versions:
    """Counts changes and snapshots; `lock` guards all data of one store."""

    __slots__ = ("_kept", "_open", "is_watched", "last", "lock")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.last = 0
        # Whether somebody reads an earlier state, so that it must be kept.
        self.is_watched = False
        # Snapshots in use and by how many, the oldest first: numbers only grow.
        self._open: dict[int, int] = {}
        self._kept: deque[tuple[int, Keeper, str]] = deque()

    def next(self) -> int:
        """Return the number of a new change (under `lock`)."""
        self.last += 1
        return self.last

    def open(self) -> int:
        """Return a snapshot of what is committed now; it lasts until `close`."""
        with self.lock:
            number = self.last
            self._open[number] = self._open.get(number, 0) + 1
            self.is_watched = True
            return number

    def close(self, snapshot: int) -> None:
        """End one use of a snapshot, and drop what nobody can see any more."""
        with self.lock:
            users = self._open[snapshot] - 1
            if users:
                self._open[snapshot] = users
                return
            del self._open[snapshot]
            self.is_watched = bool(self._open)
            if self._kept:
                self._drop()

    def note(self, number: int, keeper: Keeper, key: str) -> None:
        """Remember that `keeper` keeps what change `number` replaced under `key`."""
        self._kept.append((number, keeper, key))

    def _drop(self) -> None:
        oldest = next(iter(self._open), None)
        if oldest is None:
            for keeper in {keeper for _, keeper, _ in self._kept}:
                keeper.forget_all()
            self._kept.clear()
            return
        while self._kept and self._kept[0][0] <= oldest:
            number, keeper, key = self._kept.popleft()
            keeper.forget(key, number)
