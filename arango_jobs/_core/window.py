"""How many jobs one Coordinator is given at a time.

Doubling a round until the first sign of trouble, then additive growth and
multiplicative retreat, like a TCP sender (RFC 5681); growth only while the
window is used (RFC 7661). Signs of trouble: refusals (503/21003, 412/21004) and
a queue time above the limit (server-protocol.md §1.6, H-28: it lags, so it only
ever slows down, and never twice for jobs that were sent before the last retreat).
"""

from __future__ import annotations

__all__ = ["Window"]

_START = 64.0
_RETREAT = 0.7
_SLOWER = 0.9


class Window:
    """The number of jobs that may be on one Coordinator."""

    __slots__ = ("_epoch_at", "_maximum", "_queue_limit", "_threshold", "limit", "reason")

    def __init__(self, maximum: int, queue_limit: float) -> None:
        self._maximum = float(maximum)
        self._queue_limit = queue_limit
        self._threshold = float(maximum)
        self._epoch_at = float("-inf")
        self.limit = min(_START, self._maximum)
        self.reason = "start"

    def accepted(self, in_flight: int) -> bool:
        """Grow if `in_flight` jobs use the window; return whether it changed by a whole job."""
        if in_flight < 0.8 * self.limit or self.limit >= self._maximum:
            return False
        before = int(self.limit)
        step = 1.0 if self.limit < self._threshold else 1.0 / self.limit
        self.limit = min(self._maximum, self.limit + step)
        self.reason = "growing"
        return int(self.limit) != before

    def refused(self, sent_at: float, in_flight: int, now: float) -> bool:
        """Retreat because the server refused a job; return whether it changed."""
        if sent_at <= self._epoch_at:
            return False
        # What it held when it refused is the best guess at what it can hold.
        held = min(self.limit, max(1.0, float(in_flight)))
        self.limit = max(1.0, held * _RETREAT)
        self._threshold = self.limit
        self._epoch_at = now
        self.reason = "refused"
        return True

    def queue_time(self, seconds: float, sent_at: float, now: float) -> bool:
        """Slow down if jobs wait too long in the server's queue; return whether it changed."""
        if seconds <= self._queue_limit or sent_at <= self._epoch_at:
            return False
        self.limit = max(1.0, self.limit * _SLOWER)
        self._threshold = self.limit
        self._epoch_at = now
        self.reason = "queue time"
        return True
