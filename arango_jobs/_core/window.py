"""How many jobs one Coordinator is given at a time.

The window doubles a round until something speaks against it. Then two things hold it:

The *queue*: a job that waits there is no use to anybody, but for a few that keep the
workers busy. How many of ours wait is known (`meter.py`), and is brought to those few,
as FAST TCP does it, which also makes managers share fairly. A server that tells its
queue time is hardly ever brought to refuse anything, however short its queue is.

The *ceiling* is what the server had of ours when it last refused. The window stays just
below it, as a TCP sender with a memory does (RFC 9438), and goes beyond only when as
many jobs have ended as pay for the refusal that may follow; then faster and faster.

All growth only while the window is used (RFC 7661). A round is as many ended jobs as
the window is wide. Knows no clock: callers say what time it is.
"""

from __future__ import annotations

from math import sqrt

from arango_jobs._core.meter import AGE, Meter

__all__ = ["Window"]

_FIRST = 6.0
"""Jobs sent before the server has said anything: the shortest queues hold no more."""
_SECOND = 32.0
"""Jobs sent before one of them has ended, if all are accepted."""
_USED = 0.8
"""Share of the window in flight from which on it counts as used."""
_RETREAT = 0.85
_PRICE = 150.0
"""Ended jobs that pay for one refusal: fewer than one in a hundred may be refused."""
_LONGEST = 16.0
"""Rounds that paying takes at most, so that a small window recovers, too."""
_PACE = 6.0
"""Rounds to the ceiling, times the ceiling's root, for each job of the way."""
_LEAST = 1.0
"""Jobs of ours that shall wait, however few are worked on."""
_SPARE = 0.3
"""And so many more, times the root of those that do not wait."""
_BATCH = 0.7
"""And times the root of those that we hear of at once: workers go on while we are silent."""
_GRACE = 0.001
"""Seconds of queue time that say nothing: the header's resolution."""
_GAIN = 0.35
"""Share of the way to the right window that is gone in a round: what is known is noisy."""
_WEIGHT = 0.3
"""Of the last round in the average of the rates."""
_MUCH = 2.5
"""Times the jobs that shall wait, from which on too many wait for it to be noise."""
_FAST = 0.7
"""Share of the way that is gone then."""
_FLOOR = 3.0
"""Jobs that a queue of other people's making leaves us."""
_SLOWER = 0.9
_STILL = 1.0
"""Seconds in which no job has ended, after which one more is tried: a round may take hours."""
_STILL_BELOW = 16.0
"""The same, where one more has been refused before."""
_STILL_QUIET = 0.2
"""The same, where all are accepted and none has been seen to wait: then as many more are tried.

Four times as many in half a second: rounds of long jobs would take minutes to get there."""
_BRIEF = 0.05
"""Seconds of queue time that a server's own work takes: who waits for a worker waits for longer."""
_UNKNOWN = float("inf")


class Window:
    """The number of jobs that may be on one Coordinator."""

    __slots__ = (
        "_base",
        "_ceiling",
        "_ended_at",
        "_epoch_at",
        "_has_begun",
        "_is_draining",
        "_is_measured",
        "_is_used",
        "_maximum",
        "_meter",
        "_most",
        "_paid",
        "_queue_limit",
        "_quiet",
        "_rate",
        "_refusals",
        "_slope",
        "_told",
        "_untrusted",
        "is_sharing",
        "limit",
        "reason",
    )

    def __init__(self, maximum: int, queue_limit: float) -> None:
        self._maximum = float(maximum)
        self._queue_limit = queue_limit
        self._epoch_at = float("-inf")
        self._ended_at = _UNKNOWN
        self._meter = Meter()
        self._has_begun = self._is_used = self._is_measured = False
        self._ceiling = _UNKNOWN
        self._base = self._most = self._paid = 0.0
        self._is_draining = False
        self._rate = 0.0
        self._refusals = 0
        self._slope = 1.0
        self._quiet = 0
        self.is_sharing = False
        """Whether the queue is kept short."""
        self.limit = min(_FIRST, self._maximum)
        self._told = int(self.limit)
        self._untrusted: float | None = None
        """What the limit was before it grew though no job had ended."""
        self.reason = "start"

    def accepted(self, in_flight: int, count: int = 1) -> None:
        """Take that `count` jobs were accepted, and that `in_flight` are on the host."""
        self._has_begun = True
        is_opening = self._ceiling == _UNKNOWN and not self.is_sharing
        for _ in range(count if is_opening and self.limit < _SECOND else 1):
            self._is_used = in_flight >= _USED * int(self.limit)
            if self._is_used and is_opening and self.limit < _SECOND:
                self._grow(1.0)

    def finished(self, now: float, count: int = 1) -> bool:
        """Take that `count` jobs have ended; return whether there is a change to tell.

        Changes are told once a round.
        """
        self._ended_at = now
        if not self._is_used:
            self._is_measured = False
            return False
        limit = self.limit
        self._raise(1)
        is_news = False
        if not self._is_measured:
            self._is_measured = True
            self._meter.begin(now, limit / 2.0)
        elif self._meter.finished(now):
            self._end_round(now)
            self._meter.begin(now, self._round(limit))
            is_news = self._is_news()
        if count > 1:
            # A round ends with the first job that is heard of at its moment.
            self._raise(count - 1)
            self._meter.also_finished(count - 1)
        return is_news

    def _raise(self, count: int) -> None:
        """Grow by what `count` ended jobs are worth."""
        if self._ceiling == _UNKNOWN:
            self._paid += count
            self._grow(count * self._slope)
            return
        for _ in range(count):
            self._paid += 1.0
            self._grow(min(self._slope, self._climb()))

    def refused(self, sent_at: float, held: int, now: float) -> bool:
        """Retreat because the server, which held `held` jobs of ours, refused another one.

        Refusals of what was sent before the last retreat only delay growth.
        """
        if sent_at <= self._epoch_at:
            self._refusals += 1
            return False
        ceiling = max(1.0, min(self.limit, float(held)))
        if self._ceiling < _UNKNOWN:
            # Alone, it refuses where it did before, but for what was done and not fetched.
            noise = 2.0 + 0.03 * ceiling
            self.is_sharing = self.is_sharing or abs(ceiling - self._most) > noise
        self._most = max(self._most, ceiling)
        self._ceiling, self._refusals = ceiling, 1
        self._base = max(1.0, ceiling * _RETREAT)
        self._slope, self._paid = 1.0, 0.0
        self._is_measured = True
        self._meter.begin(now, self._base)
        return self._retreat(self._base, "refused", now)

    def queue_time(self, seconds: float, sent_at: float, now: float) -> bool:
        """Take what the server tells; retreat if it is above the limit."""
        self._meter.waited(seconds)
        if not self._has_begun and seconds > _GRACE:
            self.is_sharing = True
        if self._untrusted is not None and seconds > _STILL_QUIET:
            # Jobs did wait while it grew.
            limit, self._untrusted = self._untrusted, None
            self.is_sharing = True
            return self._retreat(min(self.limit, limit), "queue time", now)
        if seconds <= self._queue_limit or sent_at <= self._epoch_at:
            return False
        self.is_sharing = True
        self._slope = 0.0
        return self._retreat(self.limit * _SLOWER, "queue time", now)

    def awaited(self, now: float) -> None:
        """Take that jobs wait to be sent: more are tried where none has ended for long."""
        self._ended_at = min(self._ended_at, now)
        if now < self.due:
            return
        self._ended_at = now
        # Used or not is seen when another job is accepted.
        self._is_used = False
        if not self._is_quiet:
            self._grow(1.0)
            return
        if self._untrusted is None:
            self._untrusted = self.limit
        self._grow(self.limit)

    @property
    def due(self) -> float:
        """When `awaited` is next worth a call, infinity if that takes news."""
        if not self._is_used or self.limit >= self._maximum:
            return _UNKNOWN
        if self._is_quiet:
            return self._ended_at + _STILL_QUIET
        is_below = self.limit <= self._ceiling < self.limit + 1.0
        return self._ended_at + (_STILL_BELOW if is_below else _STILL)

    @property
    def _is_quiet(self) -> bool:
        """Whether nothing has spoken against more jobs so far."""
        is_open = self._ceiling == _UNKNOWN and not self.is_sharing and self.limit >= _SECOND
        return is_open and self._meter.is_quiet(_BRIEF)

    def _retreat(self, limit: float, reason: str, now: float) -> bool:
        self.limit = max(1.0, limit)
        self.reason = reason
        self._epoch_at = self._ended_at = now
        self._is_used = True
        self._quiet = 0
        return self._is_news()

    def _is_news(self) -> bool:
        before, self._told = self._told, int(self.limit)
        return before != self._told

    def _grow(self, step: float) -> None:
        self.limit = max(self.limit, min(self._maximum, self.limit + step))

    def _climb(self) -> float:
        """Return the largest step: slow below the ceiling, above it doubling what is above."""
        above = self.limit - self._ceiling
        if above >= 0.0:
            return min(1.0, (above + 1.0) / self.limit)
        price = self._price()
        if self.is_sharing and self._paid >= price:
            return 1.0
        way = max(1.0, self._ceiling - self._base)
        return way / max(price, way * _PACE * sqrt(self._ceiling))

    def _price(self) -> float:
        """Return the ended jobs that pay for the last refusals."""
        longest = _LONGEST / 4.0 if self.is_sharing and self.limit < _FLOOR else _LONGEST
        return self._refusals * min(_PRICE, longest * self._ceiling)

    def _round(self, before: float) -> float:
        """Return how many ended jobs make the next round, with the window `before` it shrank."""
        if self._is_draining:
            return before + AGE
        return self.limit if self.is_sharing else self.limit / 2.0

    def _end_round(self, now: float) -> None:
        load = self._meter.load(now)
        if load is None:
            return
        weight = _WEIGHT if self.is_sharing else 1.0
        self._rate += weight * (load.rate - self._rate)
        if self._is_draining:
            # Jobs that ended in it had been sent before the window shrank.
            self._is_draining = False
            return
        queued = min(self.limit, self._rate * load.waited)
        # Roots, as managers get equal shares only if what waits grows less than the share.
        spare = _LEAST + _SPARE * sqrt(self.limit - queued) + _BATCH * sqrt(load.batch)
        if not self.is_sharing:
            self.is_sharing = queued > spare
        if self.is_sharing:
            self._settle(queued, spare)

    def _settle(self, queued: float, spare: float) -> None:
        is_much = queued > _MUCH * spare
        step = max(_FLOOR - self.limit, spare - queued) * (_FAST if is_much else _GAIN)
        is_quiet = queued < spare / 4.0
        if is_quiet and self._quiet:
            step = min(self.limit, spare * 2.0 ** (self._quiet - 2))
        self._quiet = min(self._quiet + 1, 30) if is_quiet else 0
        self._slope = max(0.0, min(1.0, step / self.limit))
        self._is_draining = is_much and step < 0.0
        self.reason = "growing" if step > 0.0 else "queue time"
        if step < 0.0:
            self.limit += step
