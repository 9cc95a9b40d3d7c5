"""A clock that a test moves itself, so that an hour passes in no time."""

from __future__ import annotations

import math
import threading

from arango_jobs.checking import checked

__all__ = ["FakeClock"]

# How long a waiting thread lets the others work, in real seconds, before it looks again.
_GRACE = 0.002


class FakeClock:
    """A clock that stands still until it is moved.

    `wait` returns when the event is set or when `advance` has moved the clock far enough. With
    `auto_advance` the clock jumps by itself to the earliest moment that somebody waits for, once
    nobody has read it, or begun to wait, for a short real while.
    """

    @checked
    def __init__(self, start: float = 1_700_000_000.0, *, auto_advance: bool = False) -> None:
        self._start = start
        self._now = 0.0
        self._auto = auto_advance
        self._uses = 0
        self._deadlines: dict[int, float] = {}
        self._tickets = 0
        self._changed = threading.Condition()

    def __repr__(self) -> str:
        return f"<FakeClock at {self._now:g} s, {len(self._deadlines)} waiting>"

    def monotonic(self) -> float:
        """Return the seconds by which the clock was moved."""
        with self._changed:
            self._uses += 1
            return self._now

    def time(self) -> float:
        """Return the start plus the seconds by which the clock was moved."""
        return self._start + self.monotonic()

    @property
    def waiting(self) -> int:
        """Return how many threads wait."""
        return len(self._deadlines)

    def advance(self, seconds: float) -> None:
        """Move the clock; whoever waited for that moment goes on."""
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds!r}")
        with self._changed:
            self._move_to(self._now + seconds)

    def wait_for_waiters(self, count: int = 1, timeout: float = 5.0) -> None:
        """Block until `count` threads wait; TimeoutError after `timeout` real seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._deadlines) >= count, timeout):
                raise TimeoutError(f"{len(self._deadlines)} of {count} threads wait")

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait for `event`, at most `timeout` fake seconds; return whether it is set."""
        with self._changed:
            self._uses += 1
            self._tickets += 1
            ticket = self._tickets
            deadline = math.inf if timeout is None else self._now + timeout
            self._deadlines[ticket] = deadline
            self._changed.notify_all()
        try:
            return self._wait(event, deadline)
        finally:
            with self._changed:
                self._deadlines.pop(ticket, None)
                self._uses += 1

    def _wait(self, event: threading.Event, deadline: float) -> bool:
        seen = -1
        while not event.is_set():
            with self._changed:
                if self._now >= deadline:
                    return False
                if self._auto and self._uses == seen and self._is_next(deadline):
                    self._move_to(deadline)
                    return False
                seen = self._uses
            event.wait(_GRACE)
        return True

    def _move_to(self, now: float) -> None:
        self._now = now
        # Whoever is due counts as waiting no more, even if its thread has not noticed yet.
        for ticket in [t for t, deadline in self._deadlines.items() if deadline <= now]:
            del self._deadlines[ticket]
        self._changed.notify_all()

    def _is_next(self, deadline: float) -> bool:
        return deadline < math.inf and deadline <= min(self._deadlines.values())
