"""What one round of jobs tells: how many are worked on and how many wait.

By Little's law, a rate times a time is a number: our rate times the queue time that
the server tells is how many jobs of ours wait, our rate times the rest of the time
that they take how many do not. Both times are of jobs that ended in the round, so
that a window that has changed meanwhile does not matter. Knows no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Load", "Meter"]

_FEWEST = 32
"""Ended jobs that make a round, at least: fewer give no rate."""

_NEVER = float("inf")
_WEIGHT = 0.2
"""Of the last round in the average over rounds."""


@dataclass(frozen=True, slots=True)
class Load:
    """Jobs of ours: `busy` are worked on or under way, `queued` wait, `rate` end in a second."""

    busy: float
    queued: float
    rate: float
    silence: float
    """Seconds for which nothing was heard, the longest time in a round: ours or the network's."""


class Meter:
    """Counts the ended jobs of one round, and adds up their times."""

    __slots__ = (
        "_began_at",
        "_count",
        "_heard_at",
        "_samples",
        "_seconds",
        "_silence",
        "_silences",
        "_size",
        "_waits",
    )

    def __init__(self) -> None:
        self._silences = 0.0
        self.begin(_NEVER, 0.0)

    def begin(self, now: float, size: float) -> None:
        """Begin a round of `size` jobs."""
        self._began_at = self._heard_at = now
        self._size = max(_FEWEST, int(size))
        self._count = self._samples = 0
        self._seconds = self._waits = self._silence = 0.0

    def waited(self, seconds: float, now: float) -> None:
        """Take a queue time that the server has told."""
        self._silence = max(self._silence, now - self._heard_at)
        self._heard_at = now
        self._samples += 1
        self._waits += seconds

    def finished(self, seconds: float, now: float) -> bool:
        """Take that a job has ended, `seconds` after it was sent; return whether the round has."""
        self._count += 1
        if self._began_at == _NEVER:
            self._began_at = now - seconds
        self._seconds += seconds
        return self._count >= self._size and now > self._began_at

    def load(self, now: float) -> Load | None:
        """Return the load of the round that ends `now`, `None` where no queue time was told."""
        if not self._samples:
            return None
        rate = self._count / (now - self._began_at)
        seconds = self._seconds / self._count
        waited = min(seconds, self._waits / self._samples)
        self._silences += _WEIGHT * (self._silence - self._silences)
        return Load(rate * (seconds - waited), rate * waited, rate, self._silences)
