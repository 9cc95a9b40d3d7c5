"""What a poller tells a journal, so that a crash leaves a true account behind.

    taken ─▶ sending ─▶ accepted ─▶ ended        commit: before what is sent is handed to the
                  └───▶ refused                          transport, and a few milliseconds
                                                         after anything was noted

All of it is called on the poller's thread but for `cancelled`, which comes from any.
"""

from __future__ import annotations

from collections.abc import Iterable
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

    def refused(self, job: Job) -> None:
        """Note that this submission of `job` has run nothing; it waits to be sent again."""
        ...

    def accepted(self, jobs: Iterable[Job]) -> None:
        """Note the ids that the server has given `jobs`."""
        ...

    def ended(self, ended: Ended) -> None:
        """Note how operations have ended."""
        ...

    def cancelled(self, future: JobFuture[object]) -> None:
        """Note that the user has cancelled an operation that was not sent."""
        ...

    def commit(self) -> None:
        """Make what was noted outlive this process.

        Raises `LedgerError` where that cannot be done; what it was told of as about to be
        sent must not be sent then, and nothing is told to it any more.
        """
        ...

    def close(self) -> None:
        """Let go of what it holds; nothing is told to it any more."""
        ...

    def abandon(self) -> None:
        """Let go in a forked child, without touching what is the parent's."""
        ...
