"""Threads for slow work: made when needed; daemons, so that no query keeps a program alive."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable

__all__ = ["Workers"]


class Workers:
    """Runs steps on threads; the scheduler bounds how many there are at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = itertools.count(1)
        self._steps: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self._lock = threading.Lock()

    def submit(self, step: Callable[[], None]) -> None:
        """Run `step` soon, unless closed."""
        with self._lock:
            if self._closed:
                return
            if self._idle > 0:
                self._idle -= 1
            else:
                thread = threading.Thread(
                    target=self._work, name=f"{self._name}-{next(self._numbers)}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
            self._steps.put(step)

    def close(self, timeout: float) -> None:
        """Let the threads end after what they do; wait at most `timeout` seconds for each."""
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._steps.put(None)
        for thread in self._threads:
            thread.join(timeout)

    def _work(self) -> None:
        while (step := self._steps.get()) is not None:
            step()
            with self._lock:
                self._idle += 1
