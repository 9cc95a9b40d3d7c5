"""The way of a job that nothing goes wrong with: the server takes it, and gives its result."""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Ask, End, Outcome
from arango_jobs._core.book import Book
from arango_jobs._core.job import Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.restarts import Restarts
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying
from arango_jobs.operations import Response

__all__ = ["Results"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_ANSWERED = Outcome.ANSWERED
_CANCELLED = Outcome.CANCELLED
_ENDED = State.ENDED
_FETCH = Call.FETCH
_PENDING = State.PENDING
_SUBMIT = Call.SUBMIT
_UNKNOWN = Outcome.UNKNOWN


class Results:
    """Takes ids and results."""

    def __init__(self, book: Book, looking: Looking, tidying: Tidying, restarts: Restarts) -> None:
        self._book = book
        self._looking = looking
        self._tidying = tidying
        self._restarts = restarts

    def take_id(self, ask: Ask, _meaning: Meaning, detail: Any, now: float) -> None:
        """Take the id `detail` of a job, and look at it in time."""
        job = ask.job
        assert job is not None
        host = self._book.hosts[job.host]
        job_id: str = detail
        job.job_id = job_id
        job.accepted_at = now
        job.epoch = ask.epoch or host.connections
        job.state = _PENDING
        self._book.submitting.discard(job)
        host.refusals = 0
        # The floor of a job that was sent before a restart is the old process's.
        floor = ask.floor if ask.sent_at > host.restarted_at else 0
        if host.gives_id(job_id, floor) or job_id in host.watch.jobs:
            self._restarts.gave_old_id(host, job_id, ask.sent_at, now)
        host.window.accepted(host.filled)
        if job.is_abandoned:
            host.watch.hold(job)
            self._tidying.tidy_up(job, now)
            return
        at_once = host.watch.add(job, now)
        if job.more is not None:
            job.troubles = job.renewals = 0
            if job.cancel_by is not None:
                self._tidying.tidy_up(job, now)
        if at_once and not host.is_suspect:
            self._looking.fetch(host, job, now)
        elif at_once:
            host.watch.look_at(job, now)

    def take_result(self, ask: Ask, _meaning: Meaning, detail: Any, now: float) -> None:
        """End the futures of a job with the response `detail`."""
        job = ask.job
        assert job is not None
        book = self._book
        response: Response = detail
        if ask.call is _FETCH:
            self._learn(ask, job, response, now)
        job.ended_at = now
        # That it may end is sure: the engine hears no answer to a call that its state is not of.
        job.state = _ENDED
        book.leave(job)
        cargo = job.cargo
        if job.more is None and type(cargo) is not tuple and job.kind.order is None:
            book.out.append(End(_ANSWERED, (cargo,), job, response))
            return
        # An array that was too large (413) has not run: its parts go out again in two.
        is_too_large = job.is_merged and response.status == 413
        if job.kind.order is not None and not is_too_large:
            book.waiting.answered(job.parts)
        if job.is_abandoned:
            return
        outcome, reason = _ANSWERED, ""
        if job.tries and not is_too_large:
            outcome, reason = _after_others(ask, job, response)
        # 410 is what a cancelled job's stored answer is (server-protocol.md §5).
        elif job.cancel_by is not None and response.status == 410:
            outcome = _CANCELLED
        book.out.append(End(outcome, job.parts, job, response, reason))

    def _learn(self, ask: Ask, job: Job, response: Response, now: float) -> None:
        book = self._book
        expectation = book.expectations[job.kind.name]
        seen, missed = None, job.missed
        if job.accepted_at is not None and (job.is_direct or missed is not None):
            seen = ask.sent_at - job.accepted_at
        size = len(response.body)
        if job.is_merged:
            size //= len(job.parts)
        expectation.learn(size, seen, missed, at_first=job.is_direct and job.looks == 1)
        host = book.hosts[job.host]
        if job.sent_at is not None and host.window.finished(job.sent_at, now):
            book.tell_window(host)


def _after_others(ask: Ask, job: Job, response: Response) -> tuple[Outcome, str]:
    """Return what an answer means where an earlier try may have run."""
    if job.cancel_by is not None and response.status == 410:
        return _UNKNOWN, "it was cancelled, and an earlier try may have run"
    if ask.call is _SUBMIT and not job.kind.is_direct:
        why = f"HTTP {response.status}"
        return _UNKNOWN, f"an earlier try may have run, and the next was refused: {why}"
    return _ANSWERED, ""
