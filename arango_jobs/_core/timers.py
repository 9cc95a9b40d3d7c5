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
            due, what = self._agenda.due, self._agenda.pop()
            if isinstance(what, Ask):
                self._make_again(what, now)
            elif isinstance(what, Job):
                self._cancel_is_over(what, now)
            elif isinstance(what, Host):
                self._identification.identify(what, now)
            else:
                self._deadline_is_over(what, due, now)

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

    def _deadline_is_over(self, part: Any, due: float, now: float) -> None:
        if part.done():
            return
        job: Job | None = part.job
        is_last = job is not None and all(each is part or each.done() for each in job.parts)
        reason = self._fate(job, is_last)
        self._book.out.append(End(Outcome.DEADLINE, [part], job, reason=reason, due=due))
        if job is not None and job.state is not State.ENDED and is_last:
            self._tidying.abandon(job, now)

    def _fate(self, job: Job | None, is_last: bool) -> str:
        """Say what becomes of an operation whose deadline is over."""
        if job is None or (job.state is State.WAITING and not job.tries):
            return "it was never sent"
        if job.state is State.WAITING:
            return "it waited to be sent again, and its first run may have taken effect"
        if job.state is State.ENDED:
            return "its job has ended on the server"
        if not is_last:
            return "it was sent in an array, and the other operations in that go on"
        end, host = "cancelled and deleted", self._book.hosts[job.host]
        if not job.kind.is_query:
            end = "deleted, though the server runs it to its end"
        if job.job_id is None:
            return f"if {host.name} accepts it, its job is {end}"
        if host.is_suspect:
            return f"once {host.name} can be reached, its job {job.job_id} is {end}"
        return f"on {host.name} its job {job.job_id} is {end}"


def _is_wanted(what: Any) -> bool:
    """Return whether it is anything but an operation that has ended before its deadline."""
    return isinstance(what, (Ask, Job, Host)) or not what.done()
