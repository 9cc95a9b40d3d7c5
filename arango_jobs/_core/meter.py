"""What one round of jobs tells: how many of ours wait on the server.

By Little's law a rate times a time is a number: our rate times the queue time that the
server tells is how many jobs of ours wait. Knows no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p

__all__ = ["AGE", "Load", "Meter"]

AGE = 8
"""Ended jobs by which the queue time lags, as a server renews it once in so many (§1.6)."""
_FEWEST = 16
"""Ended jobs that make a round, at least."""
_SPAN = 0.03
"""Seconds that a round takes, at least: fewer jobs give no rate, and queue times of one moment."""
_RESOLUTION = 0.001
"""Seconds to which a server cuts the queue time (server-protocol.md §1.6)."""
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Load:
    """What a round has told."""

    rate: float
    """Jobs of ours that ended in a second."""
    waited: float
    """Seconds that jobs waited."""
    batch: float
    """How many others we heard of at the same moment as of a job that had ended."""


class Meter:
    """Counts the ended jobs of one round, and adds up the queue times told meanwhile."""

    __slots__ = (
        "_batch",
        "_began_at",
        "_count",
        "_heard_at",
        "_is_cut",
        "_pairs",
        "_size",
        "_told",
        "_waits",
    )

    def __init__(self) -> None:
        self._told: float | None = None
        self._is_cut = True
        self.begin(_NEVER, 0.0)

    def begin(self, now: float, size: float) -> None:
        """Begin a round of `size` jobs."""
        self._began_at = self._heard_at = now
        self._size = max(_FEWEST, int(size))
        self._count = self._batch = self._pairs = 0
        self._waits = 0.0

    def waited(self, seconds: float) -> None:
        """Take the queue time that the server tells from now on."""
        self._told = seconds
        if self._is_cut:
            cuts = seconds / _RESOLUTION
            self._is_cut = abs(cuts - round(cuts)) < 1e-6

    def is_quiet(self, grace: float) -> bool:
        """Return whether the server tells that jobs wait for no more than `grace` seconds."""
        return self._told is not None and self._told <= grace

    def finished(self, now: float) -> bool:
        """Take that a job has ended; return whether the round has."""
        self._count += 1
        if self._told:
            self._waits += self._told
        if now == self._heard_at:
            self._batch += 1
            self._pairs += self._batch
            return False
        self._batch = 0
        self._heard_at = now
        return self._count >= self._size and now - self._began_at >= _SPAN

    def also_finished(self, count: int) -> None:
        """Take that `count` more have ended at the moment of the last one."""
        self._count += count
        self._waits += count * (self._told or 0.0)
        # Each makes a pair with every one that was heard of before it.
        self._pairs += count * self._batch + count * (count + 1) // 2
        self._batch += count

    def load(self, now: float) -> Load | None:
        """Return the load of the round that ends `now`, `None` where no queue time was told."""
        if self._told is None:
            return None
        waited = self._waits / self._count
        if self._is_cut and waited:
            # The mean before it was cut, if times are spread as those in a queue are.
            waited = _RESOLUTION / log1p(_RESOLUTION / waited)
        return Load(self._count / (now - self._began_at), waited, 2.0 * self._pairs / self._count)
