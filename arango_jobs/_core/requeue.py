"""Operations that are sent again: when, with whom, and with what history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs._core.backoff import CONFLICT
from arango_jobs._core.book import Book
from arango_jobs._core.job import Job, size_of
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying

__all__ = ["Requeue"]


class Requeue:
    """Lets operations wait to be sent again."""

    def __init__(self, book: Book, tidying: Tidying) -> None:
        self._book = book
        self._tidying = tidying

    def put_back(self, job: Job, now: float, delay: float, why: str) -> None:
        """Let a job of which nothing was run wait for its next try."""
        job.note(f"submit refused, nothing was run: {why}")
        job.move(State.WAITING)
        if job.is_abandoned or job.cancel_by is not None:
            self._tidying.end_waiting(job, "it was cancelled, and not sent again", now)
            return
        job.size = size_of(job.parts)
        self._book.retries.push(now + delay, job)

    def again(
        self, parts: Sequence[Any], before: Job, tries: int, now: float, delay: float
    ) -> None:
        """Let those of `parts` that have not ended wait as a new job that follows `before`."""
        open_parts = [part for part in parts if not part.done()]
        if len(open_parts) < len(parts):
            self._book.waiting.release([part for part in parts if part.done()], now)
        if open_parts:
            job = self.resend(open_parts, tries, now + delay)
            job.attempts = list(before.attempts or ())
            job.rounds, job.vain_since = before.rounds, before.vain_since

    def resend(self, parts: Sequence[Any], tries: int, due: float) -> Job:
        """Let `parts` wait as one job that may have run `tries` times; return it."""
        job = Job.of(parts, size_of(parts))
        job.tries = tries
        for part in parts:
            part.job = job
        self._book.retries.push(due, job)
        return job

    def split(self, job: Job, now: float) -> None:
        """Send the parts of a merged job again in two halves: nothing of it was run."""
        middle = (len(job.parts) + 1) // 2
        for parts in (job.parts[:middle], job.parts[middle:]):
            if parts:
                self.again(parts, job, job.tries, now, 0.0)

    def retry(self, part: Any, now: float) -> None:
        """Send `part`, which met another write and did nothing, again after a while."""
        self._book.waiting.keep(part)
        job: Job = part.job
        job.note("another write of the document was under way")
        delay = self._book.pause(CONFLICT, len(job.attempts or ()))
        self.again([part], job, job.tries, now, delay)
