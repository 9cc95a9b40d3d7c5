"""Ending a load early and in good order, from a signal handler or another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["StopSwitch"]

T = TypeVar("T")


class StopSwitch:
    """Says whether a load is to stop.

    `is_reading` is true while it waits for its input. A signal handler on the same thread
    may then raise `KeyboardInterrupt`, since nothing else would end the waiting (a pipe
    that nobody writes to); it counts as a request to stop.
    """

    def __init__(self) -> None:
        self._requested = threading.Event()
        self.is_reading = False

    @property
    def is_requested(self) -> bool:
        """Whether the load is to stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Ask the load to stop: nothing more is sent, what is on its way is waited for."""
        self._requested.set()

    def interruptible(self, items: Iterable[T]) -> Iterator[T]:
        """Give `items` until a stop is asked for."""
        iterator = iter(items)
        while not self._requested.is_set():
            try:
                self.is_reading = True
                try:
                    item = next(iterator)
                finally:
                    self.is_reading = False
            except StopIteration:
                return
            except KeyboardInterrupt:
                if not self._requested.is_set():
                    raise
                return
            yield item
