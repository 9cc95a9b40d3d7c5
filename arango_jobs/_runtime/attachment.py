"""What hangs on a future that somebody waits for or wants to be called back by.

Most futures never get one. It is a lock in its own right: once a future has an
attachment, that lock guards its state (future.py says how the change is made
without a race). Knows nothing of jobs.
"""

from __future__ import annotations

import threading
from _thread import RLock, allocate_lock
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures._base import CANCELLED_AND_NOTIFIED, FINISHED
from typing import Any

__all__ = ["Attachment", "Callback", "Callbacks"]

Callback = Callable[[Any], Any]
Callbacks = tuple[Callback, ...]


class Attachment(RLock):  # type: ignore[misc]  # final in its stub only
    """As much of a `threading.Condition` as `wait()` and `as_completed()` use, at a tenth of it.

    Reentrant as theirs is: a signal handler or a finalizer may run while it is held.
    """

    __slots__ = ("callbacks", "sleepers", "waiters")

    def __init__(self) -> None:
        self.sleepers: tuple[Any, ...] = ()
        self.callbacks: Callbacks = ()
        self.waiters: list[Any] = []
        """The waiters of `concurrent.futures.wait` and `as_completed`."""

    def notify_all(self) -> None:
        """Wake every thread in `sleep`; call it with the lock held."""
        sleepers, self.sleepers = self.sleepers, ()
        for sleeper in sleepers:
            sleeper.release()

    def sleep(self, has_ended: Callable[[], bool], timeout: float | None) -> None:
        """Wait for `notify_all`, at most `timeout` seconds; not at all if `has_ended`."""
        sleeper = allocate_lock()
        sleeper.acquire()
        with self:
            if has_ended():
                return
            self.sleepers += (sleeper,)
        # The lock is not held here, so an interrupt has nothing to restore: at the worst it
        # leaves a sleeper behind that is woken in vain.
        try:
            sleeper.acquire(True, -1 if timeout is None else min(timeout, threading.TIMEOUT_MAX))
        finally:
            with self:
                self.sleepers = tuple(one for one in self.sleepers if one is not sleeper)

    def announce(self, future: Future[Any], state: str) -> Callbacks:
        """Tell everybody who waits that `future` is in `state`; return what is to be called."""
        if state is FINISHED:
            # One of the two is called, as waiters for FIRST_EXCEPTION tell them apart.
            name = "add_result" if future._exception is None else "add_exception"
        else:
            name = "add_cancelled"
        if state is FINISHED or state is CANCELLED_AND_NOTIFIED:
            for waiter in self.waiters:
                getattr(waiter, name)(future)
        self.notify_all()
        callbacks, self.callbacks = self.callbacks, ()
        return callbacks

    def succeed(self) -> Attachment:
        """Return one for a forked child, free of locks that threads of the parent may hold."""
        heir = Attachment()
        heir.waiters = self.waiters
        for waiter in heir.waiters:
            was_set = waiter.event.is_set()
            waiter.event = threading.Event()
            if was_set:
                waiter.event.set()
            if hasattr(waiter, "lock"):
                waiter.lock = allocate_lock()
        return heir
