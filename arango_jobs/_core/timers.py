"""What is done when its time has come: deadlines, cancels without a word, calls to make again."""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Ask, End, Outcome
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.identification import Identification
from arango_jobs._core.job import Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import Call
from arango_jobs._core.questions import Questions
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.searching import Searching
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying

__all__ = ["Timers"]

_PURGE = 1024
"""Timers up to which those of what has ended are left to run out."""


class Timers:
    """Acts on a call, a job, a host or an operation that was put down in `Book.timers`."""

    def __init__(
        self,
        book: Book,
        *,
        identification: Identification,
        looking: Looking,
        questions: Questions,
        renewal: Renewal,
        searching: Searching,
        tidying: Tidying,
    ) -> None:
        self._book = book
        self._agenda = book.timers
        self._purge_at = _PURGE
        self._identification = identification
        self._looking = looking
        self._questions = questions
        self._renewal = renewal
        self._searching = searching
        self._tidying = tidying

    def __len__(self) -> int:
        """How many are set."""
        return len(self._agenda)

    def end_by(self, deadline: float, part: Any) -> None:
        """Have an operation end by `deadline` at the latest."""
        self._agenda.push(deadline, part)
        if len(self._agenda) > self._purge_at:
            self._agenda.keep(_is_wanted)
            self._purge_at = _PURGE + 2 * len(self._agenda)

    def run(self, now: float) -> None:
        """Act on all that is due."""
        while self._agenda.due <= now:
            what = self._agenda.pop()
            if isinstance(what, Ask):
                self._make_again(what, now)
            elif isinstance(what, Job):
                self._cancel_is_over(what, now)
            elif isinstance(what, Host):
                self._identification.identify(what, now)
            else:
                self._deadline_is_over(what, now)

    def _make_again(self, ask: Ask, now: float) -> None:
        job = ask.job
        if ask.call is Call.CONFIRM or ask.call is Call.EXPLAIN:
            self._questions.ask_again(ask, now)
        elif ask.call is Call.RENEW:
            self._renewal.begin_anew(now)
        elif ask.call is Call.SEARCH_PENDING:
            self._searching.go_on(ask, now)
        elif job is None or job.state is State.ENDED:
            return
        elif ask.call is Call.ASK:
            self._looking.ask_status(job, now)
        else:
            self._tidying.send_again(ask, job, now)

    def _cancel_is_over(self, job: Job, now: float) -> None:
        if job.state is State.ENDED or job.is_abandoned:
            return
        reason = "cancel was asked for, and the server never said what became of it"
        outcome = Outcome.UNKNOWN if job.job_id is None else Outcome.LOST
        self._book.out.append(End(outcome, job.parts, job, reason=reason))
        self._tidying.abandon(job, now)

    def _deadline_is_over(self, part: Any, now: float) -> None:
        if part.done():
            return
        job: Job | None = part.job
        self._book.out.append(End(Outcome.DEADLINE, [part], job))
        if job is None or job.state is State.ENDED:
            return
        if all(other is part or other.done() for other in job.parts):
            self._tidying.abandon(job, now)


def _is_wanted(what: Any) -> bool:
    """Return whether it is anything but an operation that has ended before its deadline."""
    return isinstance(what, (Ask, Job, Host)) or not what.done()
