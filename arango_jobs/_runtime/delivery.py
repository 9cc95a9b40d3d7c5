"""The thread that runs users' callbacks and receivers, so that they cannot hurt a poller.

    poller ── put() ──▶ [calls waiting] ── all of them at once ──▶ delivery thread: call, log, go on

It knows nothing of futures or jobs. The thread is a daemon, starts when there
is something to do and ends when there has been nothing for a while.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from arango_jobs._runtime.bell import Bell
from arango_jobs.logs import logger, user_code_logger
from arango_jobs.signals import name_of

__all__ = ["Call", "DeliveryThread"]

Call = tuple[Callable[..., Any], tuple[Any, ...]]
"""A callable and its arguments."""


class DeliveryThread:
    """Run what is put in, in order, on a thread of its own; whatever a call raises is logged.

    It holds nothing but the calls that wait, so it does not keep its owner alive.
    """

    def __init__(self, name: str, *, idle: float = 5.0) -> None:
        self._name = name
        self._idle = idle
        self._calls: list[Call] = []
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        # Reentrant: a finalizer that puts may run while it is held. Taken by itself, as an
        # interrupt while the condition takes it would leave it taken.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)

    def put(self, function: Callable[..., Any], *arguments: Any) -> bool:
        """Have `function(*arguments)` run; say whether it was taken."""
        return self.put_all([(function, arguments)])

    def put_all(self, calls: Iterable[Call]) -> bool:
        """Have all of `calls` run, nothing in between; say whether they were taken.

        They are not after `stop`.
        """
        with self._lock:
            if self._is_stopped:
                return False
            self._calls.extend(calls)
            self._rouse()
            return True

    def is_current(self) -> bool:
        """Say whether the calling thread is the delivery thread."""
        return threading.current_thread() is self._thread

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything put so far has run; say whether it has.

        Called from a callback it says False at once: that callback has not run yet.
        """
        if self.is_current():
            return False
        has_run = Bell()
        with self._lock:
            if self._thread is None and not self._calls:
                return True
            # Put past `is_stopped`, as a thread that was stopped still runs what it has.
            self._calls.append((has_run.set, ()))
            self._rouse()
        return has_run.wait(timeout)

    def stop(self, timeout: float | None = None) -> bool:
        """Take nothing more, run what waits, and end; say whether the thread has ended.

        A callback may call it: the thread then ends after the callbacks that wait.
        """
        with self._lock:
            self._is_stopped = True
            self._changed.notify()
            thread = self._thread
        if thread is None:
            return True
        if thread is threading.current_thread():
            return False
        thread.join(timeout)
        return not thread.is_alive()

    def run_rest(self) -> None:
        """Run here what no thread could be started for: Python 3.12 starts none at its end."""
        with self._lock:
            if self._thread is not None:
                return
            calls, self._calls = self._calls, []
        for call in calls:
            _run_one(call)

    def _rouse(self) -> None:
        if self._thread is None:
            self._start()
        else:
            self._changed.notify()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread = thread
        try:
            thread.start()
        except RuntimeError:
            # The interpreter is ending or the system has no thread left to give.
            self._thread = None
            logger.warning("%s: %d callbacks wait for a thread", self._name, len(self._calls))
        except BaseException:
            # Interrupted: it may run or not. If it does, it finds that it is not the one.
            self._thread = None
            raise

    def _run(self) -> None:
        while calls := self._take():
            # Each is let go of before the next, so that nothing is kept alive while idle.
            calls.reverse()
            while calls:
                _run_one(calls.pop())

    def _take(self) -> list[Call]:
        """Wait for calls and take them all; none once it is time to end."""
        with self._lock:
            if not self.is_current():
                return []
            if not self._calls and not self._is_stopped:
                self._changed.wait(self._idle)
            calls, self._calls = self._calls, []
            if not calls:
                # Under the lock: whoever puts next sees that a thread has to be started.
                self._thread = None
            return calls


def _run_one(call: Call) -> None:
    function, arguments = call
    # SystemExit, KeyboardInterrupt and GeneratorExit included: no user code ends this thread.
    try:
        function(*arguments)
    except BaseException:  # noqa: BLE001  see above
        _log(function)


def _log(function: Callable[..., Any]) -> None:
    # A handler of the application's, or the callable's own attributes, may raise as well.
    with contextlib.suppress(BaseException):
        user_code_logger.exception("callback %s raised", name_of(function))
