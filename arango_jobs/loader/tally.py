"""The counts of one load."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from arango_jobs.clock import Clock
from arango_jobs.loader.rows import Outcome, Row

__all__ = ["Tally"]


# Failures that are told by word.
_SHOWN = 5


class Tally:
    """Counts what is read, confirmed and failed, and the time since it was made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begin = clock.monotonic()
        self.documents = 0
        self.updated = 0
        self.ignored = 0
        self.failed = 0
        self.resumed = 0
        self.rows = 0
        self.taken = 0
        self.in_flight = 0
        self.requests = 0
        self.first_failures: list[str] = []

    def resume(self, documents: int, updated: int, ignored: int, failed: int) -> None:
        """Begin with what an earlier run has counted."""
        self.documents = self.resumed = documents
        self.updated, self.ignored = updated, ignored
        self.failed = failed

    def ended(self, stored: Sequence[Row], failed: Sequence[Row]) -> None:
        """Count rows that have ended."""
        self.documents += len(stored)
        outcomes = Counter([row.outcome for row in stored])
        self.updated += outcomes[Outcome.UPDATED]
        self.ignored += outcomes[Outcome.IGNORED]
        self.failed += len(failed)
        for row in failed[: _SHOWN - len(self.first_failures)]:
            self.first_failures.append(f"{row.place}: {row.problem and row.problem.message}")

    def now(self) -> float:
        """Return the time in seconds."""
        return self._clock.monotonic()

    def seconds(self) -> float:
        """Return seconds since the load began."""
        return self._clock.monotonic() - self._begin

    def pause(self, seconds: float) -> None:
        """Do nothing for so long."""
        self._clock.wait(threading.Event(), seconds)
