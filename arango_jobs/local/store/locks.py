"""Locks of whole collections: many may write, or one alone.

Nobody waits here: who comes too late gets `BusyError`, and is told when it is worth another try.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from arango_jobs.local.errors import ArangoError

__all__ = ["BusyError", "CollectionLock", "Waiter"]

# Called when the lock may be free; returns whether the waiter will try again.
Waiter = Callable[[], bool]


class BusyError(ArangoError):
    """The lock is taken: try again when `lock` says so, within `seconds` if that is given."""

    def __init__(self, lock: CollectionLock, message: str, *, exclusive: bool = False) -> None:
        super().__init__(18, message)
        self.lock = lock
        self.exclusive = exclusive
        self.seconds: float | None = None

    def wait(self, waiter: Waiter, *, first: bool) -> None:
        """Call `waiter` when the lock may be free, which it may be by now."""
        self.lock.wait(waiter, first=first)
        if self.lock.owner is None and not (self.exclusive and self.lock.writers):
            self.lock.wake()


class CollectionLock:
    """Who may write to a collection; every method is called under the store's lock."""

    __slots__ = ("_waiting", "owner", "writers")

    def __init__(self) -> None:
        self.owner: object | None = None
        self.writers: set[object] = set()
        self._waiting: deque[Waiter] = deque()

    def take(self, who: object, *, exclusive: bool) -> bool:
        """Let `who` write, alone if `exclusive`; return False where others stand in the way."""
        if self.owner is who:
            return True
        if self.owner is not None or (exclusive and self.writers - {who}):
            return False
        if exclusive:
            self.owner = who
        else:
            self.writers.add(who)
            # The next in line may be content to share.
            self.wake()
        return True

    def give_back(self, who: object) -> None:
        """End the right of `who` to write."""
        self.writers.discard(who)
        if self.owner is who:
            self.owner = None
        self.wake()

    def wait(self, waiter: Waiter, *, first: bool) -> None:
        """Call `waiter` when the lock may be free."""
        if first:
            self._waiting.appendleft(waiter)
        else:
            self._waiting.append(waiter)

    def wake(self) -> None:
        """Let the next one in line try."""
        while self._waiting:
            if self._waiting.popleft()():
                return
