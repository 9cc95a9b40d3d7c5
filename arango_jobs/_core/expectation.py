"""What is learned of each kind of operation: how long it takes and how large its answer is."""

from __future__ import annotations

__all__ = ["Expectation", "Expectations"]

_WEIGHT = 0.1
_HURRY = 0.0005
"""Seconds below which an operation counts as done at once."""


class Expectation:
    """Running averages for one kind of operation."""

    __slots__ = ("deviation", "duration", "hit_rate", "result_size")

    def __init__(self) -> None:
        self.duration: float | None = None
        self.deviation = 0.0
        self.hit_rate = 0.5
        self.result_size = 512.0

    def learn_duration(self, seconds: float) -> None:
        """Learn from one job that was seen done `seconds` after it had been accepted."""
        if self.duration is None:
            self.duration = seconds
            return
        error = seconds - self.duration
        self.duration += _WEIGHT * error
        self.deviation += _WEIGHT * (abs(error) - self.deviation)

    def learn_first_look(self, was_done: bool) -> None:
        """Learn whether the first look found the job done."""
        self.hit_rate += _WEIGHT * (was_done - self.hit_rate)

    def learn_size(self, size: int) -> None:
        """Learn from one result of `size` bytes."""
        self.result_size += _WEIGHT * (size - self.result_size)

    @property
    def first_look(self) -> float:
        """Seconds from being accepted to the first look that is worth its request."""
        if self.duration is None or self.duration < _HURRY:
            return 0.0
        # Looking a little early costs one request; late costs the caller time. What was
        # seen is later than what was, so the estimate leans to the early side.
        return max(0.0, 0.9 * self.duration - self.deviation)


class Expectations(dict[str, Expectation]):
    """What is known of each kind of operation, by its name; of a new one little."""

    def __missing__(self, name: str) -> Expectation:
        """Begin to learn of operations called `name`."""
        found = self[name] = Expectation()
        return found
