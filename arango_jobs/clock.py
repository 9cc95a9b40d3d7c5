"""The one place that reads a clock.

Everything that compares times gets `now` as an argument; whoever needs to read
the time gets a `Clock`, so that a test can hand in one that it moves itself.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Something that tells the time and can wait."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never go back."""
        ...

    def time(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait for `event`, at most `timeout` seconds; return whether it is set."""
        ...


class SystemClock:
    """The machine's own clock."""

    monotonic = staticmethod(time.monotonic)
    """Return seconds from an arbitrary start that never go back."""

    def time(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time()

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait for `event`, at most `timeout` seconds; return whether it is set."""
        return event.wait(timeout)
