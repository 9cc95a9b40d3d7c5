"""Rounds: calls for one job that brought nothing, counted together whatever they were.

    fetch ─▶ nothing understood ─▶ status ─▶ done ─▶ fetch ─▶ …

Each step of such a cycle may well succeed, so no step may reset what another has counted. Every
round makes the next pause longer, and the first one starts a budget of `patience` seconds. Only an
answer that tells that the job is running or waits for room starts a new budget; the pauses stay as
long as they are.
"""

from __future__ import annotations

from tenacity.wait import wait_base

from arango_jobs._core.actions import Ask
from arango_jobs._core.backoff import AGAIN, TRIES
from arango_jobs._core.book import Book
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import SILENT, Call, Meaning

__all__ = ["Rounds", "calm"]


class Rounds:
    """Counts rounds, and says when the next one may be made."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def next_due(
        self,
        ask: Ask,
        job: Job,
        meaning: Meaning,
        now: float,
        *,
        strategy: wait_base = AGAIN,
        is_first_free: bool = False,
    ) -> float | None:
        """Count a round of `job`; return when the next call is due, `None` if there is none.

        `is_first_free`: the first round is followed by another call at once.
        """
        job.rounds += 1
        # Before it is accepted nothing is lost by another try.
        job.troubles += meaning not in SILENT and ask.call is not Call.SUBMIT
        if job.vain_since is None:
            job.vain_since = now
        end = job.vain_since + self._book.options.patience
        told = now + (ask.retry_after or 0.0)
        if now >= end or told > end or job.troubles > TRIES:
            job.is_spent = told > end or now >= end
            return None
        if is_first_free and job.rounds == 1:
            return told
        return min(end, max(told, now + self._book.pause(strategy, job.rounds)))


def calm(job: Job) -> None:
    """Note that the server has told where `job` stands: what was in vain is forgiven."""
    job.troubles = job.renewals = 0
    job.vain_since = None
