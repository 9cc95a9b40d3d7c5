"""What a poller tells a journal, so that a crash leaves a true account behind.

    taken ─▶ sending ─▶ accepted ─▶ ended        commit: before anything is written to a socket

All of it is called on the poller's thread, and `commit` once a round.
"""

from __future__ import annotations

from typing import Protocol

from arango_jobs._core.job import Job
from arango_jobs._runtime.endings import Ended
from arango_jobs._runtime.future import JobFuture

__all__ = ["Journal"]


class Journal(Protocol):
    """Keeps account of operations."""

    def taken(self, future: JobFuture[object]) -> None:
        """Note an operation that was handed in."""
        ...

    def sending(self, job: Job) -> None:
        """Note that the operations of `job` are about to be sent."""
        ...

    def accepted(self, job: Job) -> None:
        """Note the id that the server has given `job`."""
        ...

    def ended(self, ended: Ended) -> None:
        """Note how operations have ended."""
        ...

    def commit(self) -> None:
        """Make what was noted outlive this process."""
        ...
