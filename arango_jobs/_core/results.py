"""The way of a job that nothing goes wrong with: the server takes it, and gives its result."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

from arango_jobs._core.actions import Answers, Ask, End, Outcome
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.job import Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import Call
from arango_jobs._core.restarts import Restarts
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying
from arango_jobs.operations import OperationKind, Response

__all__ = ["Results"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_ANSWERED = Outcome.ANSWERED
_CANCELLED = Outcome.CANCELLED
_ENDED = State.ENDED
_FETCHING = State.FETCHING
_PENDING = State.PENDING
_SUBMIT = Call.SUBMIT
_SUBMITTING = State.SUBMITTING
_UNKNOWN = Outcome.UNKNOWN


class Results:
    """Takes ids and results."""

    def __init__(self, book: Book, looking: Looking, tidying: Tidying, restarts: Restarts) -> None:
        self._book = book
        self._looking = looking
        self._tidying = tidying
        self._restarts = restarts

    def take_ids(self, asks: Iterable[Ask], ids: Iterable[Any], now: float) -> None:
        """Take the ids of jobs of one host, and look at them in time."""
        book = self._book
        host: Host | None = None
        taken: dict[str, Job] = {}
        for ask, job_id in zip(asks, ids, strict=True):
            job = ask.job
            assert job is not None
            if job.state is not _SUBMITTING:
                continue  # it has ended meanwhile: its host restarted, or its owner gave up
            host = book.hosts[job.host]
            job.job_id = job_id
            job.accepted_at = now
            job.epoch = ask.epoch or host.connections
            job.state = _PENDING
            # The floor of a job that was sent before a restart is the old process's.
            floor = ask.floor if ask.sent_at > host.restarted_at else 0
            if host.gives_id(job_id, floor) or job_id in host.watch.jobs or job_id in taken:
                self._watch(host, taken.values(), now)
                taken = {}
                book.submitting.discard(job)
                self._restarts.gave_old_id(host, job_id, ask.sent_at, now)
            taken[job_id] = job
        if host is not None:
            self._watch(host, taken.values(), now)

    def take_results(self, asks: Iterable[Ask], responses: Iterable[Any], now: float) -> None:
        """End the futures of jobs of one host with what the fetches have brought."""
        book = self._book
        ended: list[Job] = []
        fetched: list[tuple[Ask, Job, Response]] = []
        answers = Answers([], [])
        for ask, response in zip(asks, responses, strict=True):
            job = ask.job
            assert job is not None
            if job.state is not _FETCHING:
                continue
            job.ended_at = now
            job.state = _ENDED
            ended.append(job)
            fetched.append((ask, job, response))
            if job.more is None and type(job.cargo) is not tuple and job.kind.order is None:
                if not answers.jobs:
                    book.out.append(answers)
                answers.jobs.append(job)
                answers.responses.append(response)
            else:
                self._end(ask, job, response)
                answers = Answers([], [])
        if not ended:
            return
        self._learn(fetched)
        host = book.hosts[ended[0].host]
        if host.window.finished(now, len(ended)):
            book.tell_window(host)
        book.leave_all(host, ended)

    def take_refusal(self, ask: Ask, response: Response, now: float) -> None:
        """End the futures of a job that the server refuses for good with its `response`."""
        job = ask.job
        assert job is not None
        job.ended_at = now
        # That it may end is sure: the engine hears no answer to a call that its state is not of.
        job.state = _ENDED
        self._book.leave(job)
        self._end(ask, job, response)

    def _watch(self, host: Host, jobs: Collection[Job], now: float) -> None:
        """Look at `jobs`, which `host` has accepted, at once or in time."""
        if not jobs:
            return
        self._book.submitting.difference_update(jobs)
        host.refusals = 0
        host.window.accepted(host.filled, len(jobs))
        unusual = [job for job in jobs if job.more is not None]
        for job in unusual:
            job.troubles = job.renewals = 0
            if job.is_abandoned:
                host.watch.hold(job)
        wanted = [job for job in jobs if not job.is_abandoned] if unusual else jobs
        at_once = host.watch.add(wanted, now)
        for job in unusual:
            if job.is_abandoned or job.cancel_by is not None:
                self._tidying.tidy_up(job, now)
        if at_once:
            self._looking.fetch_soon(host, at_once, now)

    def _end(self, ask: Ask, job: Job, response: Response) -> None:
        book = self._book
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

    def _learn(self, fetched: Sequence[tuple[Ask, Job, Response]]) -> None:
        """Learn how long jobs take and how large their results are."""
        for kind, run in groupby(fetched, _kind_of):
            expectation = self._book.expectations[kind.name]
            count = size = hits = 0
            for ask, job, response in run:
                cargo = job.cargo
                count += 1
                size += len(response.body) // (len(cargo) or 1 if type(cargo) is tuple else 1)
                missed = job.missed
                if job.is_direct:
                    hits += job.looks == 1
                elif missed is None:
                    continue
                assert job.accepted_at is not None
                seen = ask.sent_at - job.accepted_at
                # Most jobs of a fast server are done at once, which is nothing new.
                if seen or missed is not None or expectation.duration != 0.0:
                    expectation.learn_duration(seen, missed)
            expectation.learn(count, size, hits)


def _kind_of(fetched: tuple[Ask, Job, Response]) -> OperationKind[Any]:
    return fetched[1].kind


def _after_others(ask: Ask, job: Job, response: Response) -> tuple[Outcome, str]:
    """Return what an answer means where an earlier try may have run."""
    if job.cancel_by is not None and response.status == 410:
        return _UNKNOWN, "it was cancelled, and an earlier try may have run"
    if ask.call is _SUBMIT and not job.kind.is_direct:
        why = f"HTTP {response.status}"
        return _UNKNOWN, f"an earlier try may have run, and the next was refused: {why}"
    return _ANSWERED, ""
