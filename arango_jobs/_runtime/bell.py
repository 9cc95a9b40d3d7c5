"""Waiting that an interrupt cannot spoil for others.

`threading.Event` and `threading.Condition` take their lock in Python: Ctrl-C in
the middle of that leaves it taken, and whoever rings next waits for ever.
Here a lock is taken by a `with` statement on it only, which no interrupt
divides. Knows nothing of futures.
"""

from __future__ import annotations

import _thread
import math
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["Bell", "Sleepers", "lock"]

# Of all futures, attachments and bells: what is done under it takes less than to find one's own.
# Reentrant, as a signal handler or a finalizer may touch a future in the middle of a change.
lock = _thread.RLock()

if hasattr(os, "register_at_fork"):
    # A thread of the parent may have held it; that thread does not exist in the child.
    renew = lock._at_fork_reinit  # type: ignore[attr-defined]  # not in its stub
    os.register_at_fork(after_in_child=renew)


# Seconds. A signal that comes between the interpreter's last look for one and the system call
# that waits is seen after that: there is no other way to have Ctrl-C heard at all. Other threads
# than the main one hear none.
_NAP = 0.5


def wait_for_release(taken: Any, timeout: float | None) -> None:
    """Wait until another thread releases the lock `taken`, at most `timeout` seconds."""
    left = math.inf if timeout is None else timeout
    is_main = _thread.get_ident() == threading.main_thread().ident
    nap = _NAP if is_main else threading.TIMEOUT_MAX
    while left > 0 and not taken.acquire(True, min(left, nap)):
        left -= nap


class Sleepers:
    """Threads that wait until they are woken. Whoever inherits it has the slot for them."""

    if not TYPE_CHECKING:  # mypy wants what is assigned here to be named here
        __slots__ = ()

    sleepers: tuple[Any, ...]

    def sleep(self, is_over: Callable[[], bool], timeout: float | None) -> None:
        """Wait for `wake`, at most `timeout` seconds; not at all if `is_over`."""
        sleeper = _thread.allocate_lock()
        sleeper.acquire()
        with lock:
            if is_over():
                return
            self.sleepers += (sleeper,)
        # The lock is not held here, so an interrupt has nothing to restore: at the worst it
        # leaves a sleeper behind that is woken in vain.
        try:
            wait_for_release(sleeper, timeout)
        finally:
            with lock:
                self.sleepers = tuple(one for one in self.sleepers if one is not sleeper)

    def wake(self) -> None:
        """Wake every thread in `sleep`; call it with the lock held."""
        sleepers, self.sleepers = self.sleepers, ()
        for sleeper in sleepers:
            sleeper.release()


class Bell(Sleepers):
    """As much of a `threading.Event` as the standard library's waiters use."""

    __slots__ = ("_is_set", "sleepers")

    def __init__(self) -> None:
        self.sleepers = ()
        self._is_set = False

    def is_set(self) -> bool:
        """Return True if it was rung and not cleared since."""
        return self._is_set

    def set(self) -> None:
        """Ring: wake all who wait, and let pass whoever comes later."""
        with lock:
            self._is_set = True
            self.wake()

    def clear(self) -> None:
        """Make whoever comes later wait for the next ring."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has rung, at most `timeout` seconds; say whether it has."""
        if not self._is_set:
            self.sleep(self.is_set, timeout)
        return self._is_set
