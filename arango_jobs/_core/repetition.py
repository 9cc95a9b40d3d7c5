"""Jobs that came to nothing: which of their operations run again, and how the others end.

`meanings.py` says when a job has come to nothing; what of it may be repeated is said here
and in `Job.split_repeatable`, and nowhere else.
"""

from __future__ import annotations

from arango_jobs._core.actions import End, Outcome
from arango_jobs._core.backoff import AGAIN
from arango_jobs._core.book import Book
from arango_jobs._core.job import Job, let_go
from arango_jobs._core.questions import Questions
from arango_jobs._core.requeue import Requeue
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying

__all__ = ["Repetition"]


class Repetition:
    """Repeats what a second run cannot harm, and ends the rest."""

    def __init__(
        self, book: Book, requeue: Requeue, questions: Questions, tidying: Tidying
    ) -> None:
        self._book = book
        self._requeue = requeue
        self._questions = questions
        self._tidying = tidying

    def lose(
        self,
        job: Job,
        reason: str,
        now: float,
        *,
        is_over: bool,
        outcome: Outcome = Outcome.LOST,
        cause: BaseException | None = None,
    ) -> None:
        """Repeat a job that is no more; what may not be repeated ends with `outcome`.

        `is_over`: nothing of it can be under way on the server.
        """
        self._book.hosts[job.host].leaves_behind(job.job_id)
        self._book.leave(job)
        job.ended_at = now
        job.move(State.ENDED)
        self._repeat_or_end(outcome, job, reason, cause, now, is_over=is_over)

    def give_up(self, job: Job, reason: str, now: float, cause: BaseException | None) -> None:
        """End or repeat the parts of a job that the server may still have."""
        self._repeat_or_end(Outcome.LOST, job, reason, cause, now, is_over=False)
        let_go((job,))
        if job.state is not State.PENDING:
            job.move(State.PENDING)
        self._tidying.abandon(job, now)

    def _repeat_or_end(
        self,
        outcome: Outcome,
        job: Job,
        reason: str,
        cause: BaseException | None,
        now: float,
        *,
        is_over: bool,
    ) -> None:
        job.note(f"{self._book.hosts[job.host].name}: {reason}")
        has_tries = job.tries < self._book.options.max_repeats and not job.is_spent
        again, never = job.split_repeatable(is_over=is_over)
        if job.is_abandoned or job.cancel_by is not None or not has_tries:
            again, never = [], list(job.parts)
        if again:
            delay = self._book.pause(AGAIN, job.tries + 1)
            self._requeue.again(again, job, job.tries + 1, now, delay)
        if never:
            self._book.waiting.release(never, now)
            if job.is_abandoned:
                return
            end = End(outcome, never, job, reason=reason, cause=cause)
            if has_tries and job.may_be_explained:
                self._questions.explain(job, end, now)
            else:
                self._book.out.append(end)
