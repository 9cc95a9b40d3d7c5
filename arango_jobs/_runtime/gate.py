"""`Gate`: how many may be in flight, first come, first served.

    [at hand] ── del ─▶ taken
    acquire() ── enough free, nobody waits ──▶ True, and some more put at hand
        └─ else ─▶ [queue] ── release(), resize() hand permits to its head ──▶ True

A permit is handed to a waiter, not put up for whoever comes first, so nobody is
overtaken. Threads and asyncio tasks wait in the same queue. What a permit
stands for is the caller's affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import threading
from collections import OrderedDict

from arango_jobs._runtime.bell import Bell
from arango_jobs.errors import ManagerClosedError

__all__ = ["Gate"]


class _Waiter:
    """A place in the queue; `has_permit` changes under the gate's lock only."""

    __slots__ = ("has_permit", "permits")

    def __init__(self, permits: int) -> None:
        self.permits = permits
        self.has_permit = False

    def wake(self) -> None:
        """Let the one who waits look at what happened; a second time does no harm."""
        raise NotImplementedError


class _ThreadWaiter(_Waiter):
    __slots__ = ("_bell",)

    def __init__(self, permits: int) -> None:
        super().__init__(permits)
        self._bell = Bell()

    def wake(self) -> None:
        self._bell.set()

    def wait(self, timeout: float | None) -> None:
        self._bell.wait(timeout)


class _TaskWaiter(_Waiter):
    __slots__ = ("_bell", "_loop")

    def __init__(self, permits: int) -> None:
        super().__init__(permits)
        self._loop = asyncio.get_running_loop()
        self._bell = self._loop.create_future()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self._ring)

    async def wait(self, timeout: float | None) -> None:
        await asyncio.wait([self._bell], timeout=timeout)

    def _ring(self) -> None:
        if not self._bell.done():
            self._bell.set_result(None)


# Permits that are put at hand at once: so few that taking them back is quick.
_HANDFUL = 256
_PERMITS = [None] * _HANDFUL


class Gate:
    """Permits for `capacity` things at once.

    A request for more than the whole capacity is granted when nothing else is out.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self.at_hand: list[None] = []
        """Permits that anybody may take without asking: `del gate.at_hand[-1]`, one at a time.

        None while somebody waits, or once it is closed: `IndexError` says that `acquire` is due.
        """
        self._counted = 0
        """How many are out or at hand."""
        self._error: Exception | None = None
        self._empty: Bell | None = None
        self._queue: OrderedDict[_Waiter, None] = OrderedDict()
        # Reentrant, as a signal handler may release in the middle of an acquire.
        self._lock = threading.RLock()

    @property
    def capacity(self) -> int:
        """How many permits there are."""
        return self._capacity

    @property
    def in_use(self) -> int:
        """How many permits are out; more than `capacity` for a while after `resize`."""
        with self._lock:
            return self._counted - len(self.at_hand)

    @property
    def waiting(self) -> int:
        """How many threads and tasks wait."""
        return len(self._queue)

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._error is not None

    def acquire(self, n: int = 1, timeout: float | None = None, block: bool = True) -> bool:
        """Take `n` permits, waiting at most `timeout` seconds in line; say whether it has them.

        Raises what `close` was given once the gate is closed.
        """
        taken = False
        try:
            with self._lock:
                if not self._queue and self._error is None:
                    if not self._has_room(n):
                        self._recall()
                    if self._has_room(n):
                        # Nothing is called between these two, so no interrupt comes there.
                        self._counted += n
                        taken = True
                    self._offer()
            if taken or not block:
                return taken or self._refuse()
        except BaseException:
            # An interrupt on the way out of the lock must not lose the permits.
            if taken:
                self.release(n)
            raise
        waiter = _ThreadWaiter(n)
        try:
            if self._enter(waiter):
                waiter.wait(timeout)
            return self._leave(waiter)
        except BaseException:
            self._give_up(waiter)
            raise

    async def acquire_async(self, n: int = 1, timeout: float | None = None) -> bool:
        """Do as `acquire` in an asyncio task, in the same line as threads."""
        if self.acquire(n, block=False):
            return True
        waiter = _TaskWaiter(n)
        try:
            if self._enter(waiter):
                await waiter.wait(timeout)
            return self._leave(waiter)
        except BaseException:
            self._give_up(waiter)
            raise

    def release(self, n: int = 1) -> None:
        """Give `n` permits back and hand them to those who have waited longest."""
        with self._lock:
            if n > self.in_use:
                raise ValueError(f"{n} permits given back, {self.in_use} are out")
            self._counted -= n
            if self._queue or self._empty is not None:
                self._grant()

    def wait_empty(self, timeout: float | None) -> bool:
        """Wait until no permit is out, at most `timeout` seconds; say whether that is so."""
        with self._lock:
            if not self.in_use:
                return True
            if self._empty is None or self._empty.is_set():
                self._empty = Bell()
            empty = self._empty
        return empty.wait(timeout)

    def resize(self, capacity: int) -> None:
        """Change how many permits there are; those that are out stay out."""
        with self._lock:
            self._capacity = capacity
            self._recall()
            self._grant()

    def close(self, error: Exception | None = None) -> None:
        """Have everybody who waits, and whoever comes later, raise a copy of `error`."""
        with self._lock:
            if self._error is None:
                self._error = error or ManagerClosedError("the manager has been shut down")
            self._recall()
            while self._queue:
                waiter, _ = self._queue.popitem(last=False)
                # A closed loop has nobody left to wake.
                with contextlib.suppress(RuntimeError):
                    waiter.wake()

    def _has_room(self, n: int) -> bool:
        return self._counted + n <= self._capacity or not self._counted

    def _offer(self) -> None:
        """Put some of what is free at hand, for the next ones to take without the lock."""
        count = min(_HANDFUL, self._capacity - self._counted)
        if count > 0 and not self.at_hand:
            self._counted += count
            self.at_hand += _PERMITS[:count]

    def _recall(self) -> None:
        """Take back what is at hand and has not been taken by others meanwhile."""
        with contextlib.suppress(IndexError):
            while True:
                del self.at_hand[-1]
                self._counted -= 1

    def _refuse(self) -> bool:
        if self._error is not None:
            # A copy, as several threads that raise one error would mix their tracebacks.
            error = copy.copy(self._error)
            error.__cause__ = self._error.__cause__
            raise error
        return False

    def _enter(self, waiter: _Waiter) -> bool:
        """Queue up; say whether there is anything to wait for."""
        with self._lock:
            if self._error is None:
                self._recall()
                self._queue[waiter] = None
                self._grant()
            return waiter in self._queue

    def _leave(self, waiter: _Waiter) -> bool:
        """Say whether it got its permits; leave the queue if not."""
        with self._lock:
            if waiter.has_permit:
                return True
            self._withdraw(waiter)
        return self._refuse()

    def _give_up(self, waiter: _Waiter) -> None:
        """Leave, and give back what was handed over at the same moment."""
        with self._lock:
            if waiter.has_permit:
                waiter.has_permit = False
                self._counted -= waiter.permits
            self._withdraw(waiter)

    def _withdraw(self, waiter: _Waiter) -> None:
        self._queue.pop(waiter, None)
        # It may have been the head, too large for what is free; the next may fit.
        self._grant()

    def _grant(self) -> None:
        try:
            self._grant_all()
        except BaseException:
            # Interrupted half-way: whoever was handed a permit must hear of it all the same.
            self._grant_all()
            raise

    def _grant_all(self) -> None:
        """Hand permits to the head of the queue as long as they last.

        A waiter stays in the queue until it has been woken, so that this can be done again
        after an interrupt at any point. Waking only rings a bell: it is done under the lock.
        """
        while self._queue:
            waiter = next(iter(self._queue))
            if not waiter.has_permit:
                if not self._has_room(waiter.permits):
                    return
                self._counted += waiter.permits
                waiter.has_permit = True
            try:
                waiter.wake()
            except RuntimeError:
                # The loop of the task is closed: nobody will use what it was handed.
                waiter.has_permit = False
                self._counted -= waiter.permits
            del self._queue[waiter]
        # Whatever brought it about: a release, a waiter who gave up, a loop that is closed.
        if self._empty is not None and not self.in_use:
            self._empty.set()
