"""What is known of one Coordinator: its window, its jobs, whether it answers, who it is."""

from __future__ import annotations

from collections.abc import Iterable

from arango_jobs._core.expectation import Expectations
from arango_jobs._core.watch import Watch
from arango_jobs._core.window import Window

__all__ = ["Host", "Identity"]

_GRAIN = 0.05
"""Seconds by which two statements of one server's start may differ."""
_PRECISE = 0.05
"""Seconds that the answer may take without a second question: a restart takes longer."""
_DRIFT = 0.0005
"""Share by which two clocks run apart at the worst (NTP slews by so much)."""


_BACKLOG = 2048
"""Jobs on their way to it: more would only wait in memory, in several forms."""


_CONNECTIONS_KEPT = 64


class Identity:
    """A server process, told from its successor by when it was started.

    A process that says at some time between being asked and having answered how long it
    has been up was started between two moments on our clock.
    """

    __slots__ = ("answered_at", "asked_at", "connection", "uptime")

    def __init__(
        self, uptime: float, asked_at: float, answered_at: float, connection: int = 0
    ) -> None:
        self.uptime = uptime
        self.asked_at = asked_at
        self.answered_at = answered_at
        self.connection = connection
        """The number of the oldest connection that is known to lead to it."""

    @property
    def started_after(self) -> float:
        """The earliest time at which it can have been started."""
        return self.asked_at - self.uptime

    @property
    def started_before(self) -> float:
        """The latest time at which it can have been started."""
        return self.answered_at - self.uptime

    @property
    def is_precise(self) -> bool:
        """Whether it is known well enough when it was started."""
        return self.answered_at - self.asked_at <= _PRECISE

    @property
    def is_distinct(self) -> bool:
        """Whether no successor can be taken for it: one that answers as precisely as can be asked.

        A successor is started after this answer was given, so it has been up for too long
        already for the two starts to be one within what is known of them.
        """
        return self.uptime > self.answered_at - self.asked_at + _PRECISE + _GRAIN

    def is_younger_than(self, moment: float) -> bool:
        """Return whether it was started after `moment` for sure."""
        return moment < self.started_after - _DRIFT * self.uptime

    def is_older_than(self, moment: float) -> bool:
        """Return whether it was started before `moment` for sure."""
        return moment > self.started_before + _DRIFT * self.uptime

    def is_same_as(self, other: Identity | None) -> bool:
        """Return whether it is, as far as can be told, the process that answered before."""
        if other is None:
            return False
        tolerance = _GRAIN + _DRIFT * (self.answered_at - other.asked_at)
        return self.started_after <= other.started_before + tolerance

    def narrowed_by(self, other: Identity | None) -> Identity:
        """Return which of two statements of the same process is the more precise one."""
        if other is None or not self.is_same_as(other):
            return self
        mine = self.answered_at - self.asked_at
        return self if mine <= other.answered_at - other.asked_at else other


class Host:
    """One Coordinator."""

    __slots__ = (
        "asks_metrics",
        "can_tell",
        "closed_until",
        "connections",
        "down_since",
        "filled",
        "highest_id",
        "identify_tries",
        "identify_waits",
        "identity",
        "in_flight",
        "index",
        "is_identifying",
        "is_suspect",
        "left_behind",
        "made_at",
        "name",
        "queue_time",
        "refusals",
        "refused_at",
        "refused_since",
        "restarted_at",
        "successor",
        "told",
        "trouble",
        "troubles",
        "trusted",
        "unclear_id",
        "unfetched_since",
        "unit",
        "was_reached",
        "watch",
        "window",
    )

    def __init__(self, index: int, name: str, window: Window, expectations: Expectations) -> None:
        self.index = index
        self.name = name
        self.window = window
        self.watch = Watch(expectations)
        self.in_flight = 0
        """Jobs that are on their way to it, on it, or whose result is on its way back."""
        self.filled = 0
        """How many those were when the last jobs had been sent: what has ended since makes room
        that could not be used yet."""
        self.closed_until = 0.0
        """No submission before this time."""
        self.down_since: float | None = None
        self.was_reached = False
        self.trouble: BaseException | None = None
        """Why it could not be reached the last time."""
        self.troubles = 0
        self.refusals = 0
        self.refused_since: float | None = None
        """Since when it has taken no job, though not for want of room."""
        self.refused_at = float("-inf")
        self.unfetched_since: float | None = None
        """Since when no fetch was answered, as none may be sent or none got on a connection."""
        self.connections = 0
        self.made_at: dict[int, float] = {}
        """Times before anything was sent on the last connections, by their number."""
        self.identity: Identity | None = None
        self.is_suspect = False
        """Whether it may be another process than the one that took our jobs."""
        self.is_identifying = False
        self.identify_tries = 0
        self.identify_waits = 0
        """How often it was put off to ask again who it is."""
        self.asks_metrics = False
        """Whether it is asked for metrics because it has no statistics (ArangoDB 4.0)."""
        self.can_tell = True
        """Whether it tells how long it has been up."""
        self.trusted = 0
        """How many of its connections are known to lead to the process of `identity`."""
        self.successor: Identity | None = None
        """Another process that answered, while it is found out whether it is a successor."""
        self.restarted_at = float("-inf")
        self.highest_id = 0
        self.unit: int | None = None
        """The part of its ids that names the Coordinator (server-protocol.md §2.1)."""
        self.queue_time: float | None = None
        self.unclear_id = 0
        """The highest id up to which it may have jobs of ours under ids that nobody here knows."""
        self.left_behind = 0
        """The highest id of a job that is looked at no more, and may be on the server still."""
        self.told: set[int] | None = None
        """Where the ids that it gives are noted, while somebody wants to know."""

    def room(self, now: float) -> float:
        """Return how many jobs it may be given now."""
        if now < self.closed_until or self.is_suspect:
            return 0.0
        return self.places()

    @property
    def on_the_way(self) -> int:
        """Jobs that it has been given and that it has not said to have accepted."""
        return self.in_flight - len(self.watch.jobs)

    def places(self) -> float:
        """Return how many jobs it may be given, if it takes any."""
        on_the_way = self.on_the_way
        # By halves, as many at once cost less than a few at a time.
        if 2 * on_the_way > _BACKLOG:
            return 0.0
        return min(int(self.window.limit) - self.in_flight, _BACKLOG - on_the_way)

    def connect(self, made_at: float) -> None:
        """Count a connection in, on which nothing was sent by `made_at`."""
        self.connections += 1
        self.made_at[self.connections] = made_at
        # Jobs that came on older ones are judged by when they were sent.
        self.made_at.pop(self.connections - _CONNECTIONS_KEPT, None)

    def answered(self) -> None:
        """Note that it answers."""
        self.was_reached = True
        self.troubles = 0
        self.down_since = None

    def epoch(self) -> int:
        """Return the newest connection on which what is decided now may be sent, 0: on any."""
        return 0 if self.watch.by_id_only else self.connections

    def failed(self, now: float, delay: float) -> None:
        """Note that it cannot be reached; leave it alone for `delay` seconds."""
        self.troubles += 1
        self.closed_until = max(self.closed_until, now + delay)
        if self.down_since is None:
            self.down_since = now

    def wants_fetch(self, now: float) -> float:
        """Note that a fetch has to wait; return since when none has been answered."""
        if self.unfetched_since is None:
            self.unfetched_since = now
        return self.unfetched_since

    def leaves_behind(self, job_id: str | None) -> None:
        """Note that a job is looked at no more, whether the server has it still or not."""
        if job_id is not None:
            self.left_behind = max(self.left_behind, int(job_id))

    def gives_ids(self, job_ids: Iterable[str], floor: int) -> bool:
        """Note ids that it gave; return whether it must have restarted.

        Ids of one process only grow (server-protocol.md §2.1), so an id that is not
        above `floor`, the highest one seen before the jobs were sent, is a new process's.
        """
        numbers = list(map(int, job_ids))
        if self.unit is None:
            self.unit = numbers[0] >> 40
        if not min(numbers) >> 40 == max(numbers) >> 40 == self.unit:
            # The address leads to several Coordinators: lists and uptimes say nothing there.
            self.watch.by_id_only = True
            numbers = [number for number in numbers if number >> 40 == self.unit]
            if not numbers:
                return False
        self.highest_id = max(self.highest_id, *numbers)
        if self.told is not None:
            self.told.update(numbers)
        return min(numbers) <= floor
