"""The server's clock: the real or a test's one, with the error that a fault puts on it."""

from __future__ import annotations

import threading

from arango_jobs.clock import Clock
from arango_jobs.local.faults import Faults

__all__ = ["SkewedClock"]


class SkewedClock:
    """A clock whose wall time is wrong by what the faults say."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults

    def monotonic(self) -> float:
        """Return the true clock's monotonic time."""
        return self._clock.monotonic()

    def time(self) -> float:
        """Return the wall time, skewed."""
        return self._clock.time() + self._faults.skew

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait as the true clock does."""
        return self._clock.wait(event, timeout)
