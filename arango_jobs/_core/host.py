"""What is known of one Coordinator: its window, its jobs, whether it answers, who it is."""

from __future__ import annotations

from arango_jobs._core.expectation import Expectations
from arango_jobs._core.watch import Watch
from arango_jobs._core.window import Window

__all__ = ["Host", "Identity"]

_TOLERANCE = 0.25
"""Seconds by which two statements of one server's age may differ."""


class Identity:
    """A server process, told from its successor by how long it has been up."""

    __slots__ = ("at", "uptime")

    def __init__(self, uptime: float, at: float) -> None:
        self.uptime = uptime
        self.at = at

    def is_succeeded_by(self, uptime: float, at: float) -> bool:
        """Return whether a server up for `uptime` seconds at the time `at` is another process."""
        return uptime < self.uptime + (at - self.at) - _TOLERANCE


class Host:
    """One Coordinator."""

    __slots__ = (
        "bytes",
        "closed_until",
        "connections",
        "down_since",
        "highest_id",
        "identity",
        "in_flight",
        "index",
        "is_identifying",
        "is_suspect",
        "name",
        "queue_time",
        "refusals",
        "troubles",
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
        self.bytes = 0
        self.closed_until = 0.0
        """No submission before this time."""
        self.down_since: float | None = None
        self.was_reached = False
        self.troubles = 0
        self.refusals = 0
        self.connections = 0
        self.identity: Identity | None = None
        self.is_suspect = False
        """Whether it may be another process than the one that took our jobs."""
        self.is_identifying = False
        self.highest_id = 0
        self.queue_time: float | None = None

    def room(self, now: float) -> float:
        """Return how many jobs it may be given now."""
        if now < self.closed_until or self.is_suspect:
            return 0.0
        return int(self.window.limit) - self.in_flight

    def answered(self) -> None:
        """Note that it answers."""
        self.was_reached = True
        self.troubles = 0
        self.down_since = None

    def failed(self, now: float, delay: float) -> None:
        """Note that it cannot be reached; leave it alone for `delay` seconds."""
        self.troubles += 1
        self.closed_until = max(self.closed_until, now + delay)
        if self.down_since is None:
            self.down_since = now

    def gives_id(self, job_id: str, floor: int) -> bool:
        """Note an id that it gave; return whether it must have restarted.

        Ids of one process only grow (server-protocol.md §2.1), so an id that is not
        above `floor`, the highest one seen before the job was sent, is a new process's.
        """
        number = int(job_id)
        restarted = number <= floor and number >> 40 == floor >> 40
        if restarted or number > self.highest_id or number >> 40 != self.highest_id >> 40:
            self.highest_id = number
        return restarted
