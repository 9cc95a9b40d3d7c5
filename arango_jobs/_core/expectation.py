"""What is learned of each kind of operation: how long it takes and how large its answer is."""

from __future__ import annotations

__all__ = ["Expectation", "Expectations"]

_WEIGHT = 0.1
_HURRY = 0.0005
"""Seconds below which an operation counts as done at once."""


class Expectation:
    """Running averages for one kind of operation."""

    __slots__ = ("deviation", "duration", "first_look", "hit_rate", "result_size")

    def __init__(self) -> None:
        self.duration: float | None = None
        self.deviation = 0.0
        self.first_look = 0.0
        """Seconds from being accepted to the first look that is worth its request."""
        self.hit_rate = 0.5
        self.result_size = 512.0

    def learn(self, count: int, size: int, hits: int) -> None:
        """Learn from `count` jobs whose results have come: `size` bytes for one of each's parts.

        `hits` came with the first look.
        """
        old = (1.0 - _WEIGHT) ** count
        self.result_size = old * self.result_size + (1.0 - old) * size / count
        self.hit_rate = 1.0 - (1.0 - self.hit_rate) * (1.0 - _WEIGHT) ** hits

    def learn_duration(self, seen: float, missed: float | None, count: int = 1) -> None:
        """Learn from `count` jobs that looks found done.

        `seen` is the age at which that look was sent, `missed` the age at which the last
        one was that found it not done: it took a time between the two. Where the first
        look found it done, only the upper bound is known: the next one comes earlier, until
        looks miss now and then. (Taking what was seen for what was would let late looks
        teach long durations, and those make looks late.)
        """
        if missed is not None:
            for _ in range(count):
                self._approach((seen + missed) / 2.0)
        elif self.duration is None or seen < self.duration:
            self.duration = seen * (1.0 - _WEIGHT) ** (count - 1)
        else:
            self.duration *= (1.0 - _WEIGHT) ** count
        if self.duration is None or self.duration < _HURRY:
            self.first_look = 0.0
        else:
            # Looking a little early costs one request; late costs the caller time.
            self.first_look = max(0.0, 0.95 * self.duration - 2.0 * self.deviation)

    def _approach(self, seconds: float) -> None:
        if self.duration is None:
            self.duration = seconds
            return
        error = seconds - self.duration
        self.duration += _WEIGHT * error
        self.deviation += _WEIGHT * (abs(error) - self.deviation)

    def learn_miss(self) -> None:
        """Learn that a first look found the job not done."""
        self.hit_rate -= _WEIGHT * self.hit_rate


class Expectations(dict[str, Expectation]):
    """What is known of each kind of operation, by its name; of a new one little."""

    def __missing__(self, name: str) -> Expectation:
        """Begin to learn of operations called `name`."""
        found = self[name] = Expectation()
        return found
