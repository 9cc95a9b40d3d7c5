"""When one job that is watched alone is looked at: a fixed number of looks, spread over its age.

The gaps grow with the age, so that what a look adds to a job is a small share of its
duration. To durations below 50 ms that have never been seen before it adds two or three
milliseconds, to longer ones 5 % on average; known ones are looked at closely when they
end. Where durations are round numbers, as those of pauses and limits are, the look after
them comes soon. Knows no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from math import log

__all__ = ["SCHEDULE", "Schedule"]

_MILLISECONDS = (
    0, 1.1, 2.6, 5.5, 10.5, 15.5, 20.6, 25.6, 30.7, 37, 43.5,
    50.8, 55.5, 60.8, 66.5, 72.5, 79, 86, 93.5, 101.3, 111, 122, 135, 151.3, 166, 183, 202,
    221, 242, 265, 290, 318, 348, 381, 418, 458, 502, 547, 597, 651, 710, 774, 844, 920,
)  # fmt: skip
_STRETCH = 1.107
"""By how much the age grows between two looks after these."""
_CREDIT = 6
"""Looks that were not needed, and may be made at once when the job is expected to end."""
_CREDIT_LATE = 2
_LATE = 0.4
"""Seconds from which on there are fewer of these."""


class Schedule:
    """The ages, in seconds, at which a job may have been looked at once, twice and so on."""

    def __init__(self, ages: tuple[float, ...], stretch: float) -> None:
        self._ages = ages
        self._last = ages[-1]
        self._stretch = stretch

    def age_of(self, looks: int) -> float:
        """Return the age at which the look comes that `looks` others have gone before."""
        beyond = looks - len(self._ages) + 1
        if beyond <= 0:
            return self._ages[looks]
        return float(self._last * self._stretch ** min(beyond, 200))

    def looks_by(self, age: float) -> int:
        """Return how many looks there are up to `age`."""
        if age <= self._last:
            return bisect_right(self._ages, age)
        return len(self._ages) + int(log(age / self._last) / log(self._stretch))

    def spent(self, looks: int, age: float) -> int:
        """Return how many looks a job counts as having had, which had `looks` by `age`.

        Of those that it did not need only a few are left to it. Those that it had beyond the
        schedule, as one of several, are forgiven.
        """
        credit = _CREDIT if age < _LATE else _CREDIT_LATE
        most = self.looks_by(age)
        return max(min(looks, most), most - credit)


SCHEDULE = Schedule(tuple(each / 1e3 for each in _MILLISECONDS), _STRETCH)
