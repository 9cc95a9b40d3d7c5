"""A host has restarted: the jobs that its old process had are gone, all at once."""

from __future__ import annotations

from collections.abc import Iterable

from arango_jobs._core.actions import Outcome
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.job import Job
from arango_jobs._core.repetition import Repetition

__all__ = ["Restarts"]


class Restarts:
    """Repeats or ends what a restart has cost."""

    def __init__(self, book: Book, repetition: Repetition) -> None:
        self._book = book
        self._repetition = repetition

    def gave_old_id(self, host: Host, job_id: str, sent_at: float, now: float) -> None:
        """End what the old process had: `host` gave an id that can only be a new process's."""
        number = int(job_id)
        older = {
            job
            for job in host.watch.jobs.values()
            if job.acceptance.epoch < host.connections
            or int(job.job_id or 0) >= number
            or (job.accepted_at or now) <= sent_at
        }
        host.identity = None
        self.restarted(host, older, now)
        host.highest_id = max(host.highest_id, number)

    def gave_id_twice(self, host: Host, jobs: Iterable[Job], now: float) -> None:
        """End `jobs`: `host` gave all of them one id, and whose it is nobody can tell."""
        reason = f"submit: {host.name} gave the same job id to two operations"
        for job in jobs:
            self._repetition.lose(job, reason, now, is_over=False, outcome=Outcome.UNKNOWN)

    def restarted(self, host: Host, older: set[Job], now: float) -> None:
        """End or repeat `older`, which the host has lost (server-protocol.md §2.2)."""
        jobs = list(host.watch.jobs.values())
        host.restarted_at = now
        host.highest_id = max((int(job.job_id or 0) for job in jobs if job not in older), default=0)
        left_behind = host.left_behind
        for job in [job for job in jobs if job in older]:
            reason = f"{host.name} has restarted and lost its jobs"
            self._repetition.lose(job, reason, now, is_over=True)
        # Nothing of the old process is left.
        host.left_behind = left_behind
        host.unclear_id = 0
