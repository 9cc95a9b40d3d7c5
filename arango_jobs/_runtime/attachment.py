"""What hangs on a future that somebody waits for or wants to be called back by.

Most futures never get one. `wait` and `as_completed` of the standard library
hold the conditions of all their futures while they look at the states and
enlist their waiters. Such a hold keeps nobody out: it is a note of what its
thread saw. An end that comes in between is told to a waiter as it enlists.
So the thread that ends futures never waits for a thread of the user's, not
even where an interrupt took that out of the middle of holding many.
Knows nothing of jobs.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED
from typing import Any

from arango_jobs._runtime.bell import Bell, Sleepers, lock

__all__ = ["CLOSED", "Attachment", "Callback", "Callbacks", "tell"]

Callback = Callable[[Any], Any]
Callbacks = tuple[Callback, ...]

CLOSED = (FINISHED, CANCELLED_AND_NOTIFIED)
"""The states that the standard library's waiters are told of."""


class Attachment(Sleepers, list[Any]):
    """As much of a `threading.Condition` and of the list of waiters as the standard library uses.

    One object for both, as the garbage collector looks at every one of every future: a list of
    waiters and of threads that hold it.
    """

    __slots__ = ("callbacks", "is_over", "late", "sleepers")

    _note = list.append
    _strike = list.remove

    def __init__(self) -> None:
        self.sleepers = ()
        self.callbacks: Callbacks = ()
        self.is_over = False
        """Whether the future ends or has ended: set before its state, in one with it."""
        self.late: Future[Any] | None = None
        """The future, if it ended while somebody held this."""

    @property
    def waiters(self) -> list[Any]:
        """The waiters of `concurrent.futures.wait` and `as_completed`."""
        # A copy, made at once: a thread that strikes its note meanwhile would have one skipped.
        return _waiters(self[:])

    # One call of a list's method is all that these do to it: no interrupt comes between.
    # A thread is there by its number, once for each time; negative where the end was to be seen.

    def acquire(self) -> bool:
        """Have this thread see the future as it is now, until `release`."""
        with lock:
            self._note(-_thread.get_ident() if self.is_over else _thread.get_ident())
        return True

    __enter__ = acquire

    def release(self, *_: object) -> None:
        """End the last `acquire` of this thread."""
        thread = _thread.get_ident()
        self._strike(-thread if -thread in self else thread)

    __exit__ = release

    def notify_all(self) -> None:
        """Wake whoever waits for the result."""
        with lock:
            self.wake()

    def is_unseen(self) -> bool:
        """Say whether the future is over and this thread holds it as it was before."""
        thread = _thread.get_ident()
        return self.is_over and thread in self and -thread not in self

    def append(self, waiter: Any) -> None:
        """Enlist `waiter`; tell it of an end that this thread does not see."""
        if type(waiter.event) is threading.Event:
            # Nobody waits for it yet, or rings it: its thread holds all futures concerned.
            waiter.event = Bell()
        with lock:
            self._note(waiter)
            late = self.late
        if late is not None and self.is_unseen():
            tell((waiter,), late)

    def end(self, future: Future[Any]) -> list[Any]:
        """Note that `future` has ended; return whom to `tell`. Call it with the lock held."""
        notes = self[:]
        waiters = _waiters(notes)
        if len(waiters) < len(notes):
            self.late = future
        return waiters

    def renew(self) -> None:
        """Make it fit for a forked child: no callback, no lock that a parent's thread may hold."""
        self.callbacks = ()
        for waiter in self.waiters:
            if hasattr(waiter, "lock"):
                waiter.lock = _thread.allocate_lock()


def _waiters(notes: list[Any]) -> list[Any]:
    return [one for one in notes if type(one) is not int]


def tell(waiters: Iterable[Any], future: Future[Any]) -> None:
    """Tell `waiters` that `future` has ended; call it without the lock."""
    if future.cancelled():
        name = "add_cancelled"
    else:
        # One of the two is called, as waiters for FIRST_EXCEPTION tell them apart.
        name = "add_result" if future._exception is None else "add_exception"
    for waiter in waiters:
        getattr(waiter, name)(future)
