"""The way of a job that nothing goes wrong with: the server takes it, and gives its result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from arango_jobs._core.actions import Answers, Ask, Asks, End, Outcome, Responses
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.job import Acceptance, Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import Call
from arango_jobs._core.requeue import Requeue
from arango_jobs._core.restarts import Restarts
from arango_jobs._core.rounds import calm
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

    def __init__(
        self,
        book: Book,
        looking: Looking,
        tidying: Tidying,
        restarts: Restarts,
        requeue: Requeue,
    ) -> None:
        self._book = book
        self._looking = looking
        self._tidying = tidying
        self._restarts = restarts
        self._requeue = requeue

    def take_ids(
        self, ask: Ask | Asks, jobs: Sequence[Job], ids: Sequence[Any], now: float, epoch: int
    ) -> None:
        """Take the ids of jobs of one host, and look at them in time.

        `epoch` is the number of the connection that they came on; 0: the newest told of.
        """
        host = self._book.hosts[ask.host]
        # A job in another state has ended meanwhile: its host restarted, or its owner gave up.
        taken = {
            job_id: job for job, job_id in zip(jobs, ids, strict=True) if job.state is _SUBMITTING
        }
        if not taken:
            return
        # The floor of jobs that were sent before a restart is the old process's.
        floor = ask.floor if ask.sent_at > host.restarted_at else 0
        is_old = host.gives_ids(taken, floor) or not host.watch.jobs.keys().isdisjoint(taken)
        if (is_old or len(taken) < len(jobs)) and len(jobs) > 1:
            for job, job_id in zip(jobs, ids, strict=True):
                self.take_ids(ask, (job,), (job_id,), now, epoch)
            return
        if is_old and int(ids[0]) > ask.floor:
            # Another job was given it after this one was sent: an answer came twice.
            self._restarts.gave_id_twice(host, (host.watch.jobs[ids[0]], jobs[0]), now)
            return
        acceptance = Acceptance(now, epoch or host.connections)
        for job_id, job in taken.items():
            job.job_id = job_id
            job.acceptance = acceptance
            job.state = _PENDING
        self._book.submitting.difference_update(taken.values())
        if is_old:
            (job_id,) = taken
            self._restarts.gave_old_id(host, job_id, ask.sent_at, now)
        self._watch(host, taken.values(), now)

    def take_results(
        self, ask: Ask | Asks, jobs: Sequence[Job], responses: Responses, now: float
    ) -> None:
        """End the futures of jobs of one host with what the fetches have brought."""
        book = self._book
        ended = [job for job in jobs if job.state is _FETCHING]
        if len(ended) < len(jobs):
            responses = responses.only(
                [index for index, job in enumerate(jobs) if job.state is _FETCHING]
            )
        if not ended:
            return
        for job in ended:
            job.ended_at = now
            job.state = _ENDED
        kinds = {job.kind for job in ended}
        odd = [job for job in ended if job.more is not None or type(job.cargo) is tuple]
        if not (odd or any(kind.order is not None for kind in kinds)):
            book.out.append(Answers(ended, responses))
            sizes = list(map(len, responses.bodies))
        else:
            sizes = []
            for job, response in zip(ended, responses, strict=True):
                self._end(ask, job, response)
                sizes.append(len(response.body) // max(1, len(job.parts)))
        if len(kinds) == 1:
            self._learn(ended, sizes, ask.sent_at)
        else:
            for _, group in groupby(zip(ended, sizes, strict=True), _kind_of):
                some, theirs = zip(*group, strict=True)
                self._learn(some, theirs, ask.sent_at)
        host = book.hosts[ended[0].host]
        host.unfetched_since = None
        if host.window.finished(now, len(ended)):
            book.tell_window(host)
        book.leave_all(host, ended)

    def take_pending(self, ask: Ask | Asks, jobs: Sequence[Job], now: float) -> None:
        """Look again at `jobs` of one host, which were found not done."""
        if not jobs:
            return
        host = self._book.hosts[ask.host]
        host.unfetched_since = None
        watch = host.watch
        watch.probed(False, now)
        unusual = [job for job in jobs if job.more is not None]
        for job in unusual:
            calm(job)
        for job in jobs:
            job.state = _PENDING
            accepted_at = job.acceptance.at
            if accepted_at is not None:
                job.missed = ask.sent_at - accepted_at
            if job.looks == 1:
                self._book.expectations[job.kind.name].learn_miss()
        wanted = [job for job in jobs if not job.is_abandoned] if unusual else jobs
        if wanted:
            watch.look_again(wanted, now)
        for job in unusual:
            self._tidying.tidy_up(job, now)

    def take_refusal(self, ask: Ask, response: Response, now: float) -> None:
        """End the futures of a job that the server refuses for good with its `response`."""
        job = ask.job
        assert job is not None
        job.ended_at = now
        # That it may end is sure: the engine hears no answer to a call that its state is not of.
        job.state = _ENDED
        self._book.leave(job)
        self._end(ask, job, response)

    def take_array_refusal(self, ask: Ask, response: Response, now: float) -> None:
        """Send the parts of a merged job, of which nothing was run, again in two halves."""
        job, book = ask.job, self._book
        assert job is not None
        job.ended_at = now
        job.state = _ENDED
        host = book.hosts[job.host]
        if ask.call is not _SUBMIT and host.window.finished(now, 1):
            book.tell_window(host)
        book.leave(job)
        job.note(f"an array of {len(job.parts)} was refused as a whole: HTTP {response.status}")
        self._requeue.split(job, now)

    def _watch(self, host: Host, jobs: Collection[Job], now: float) -> None:
        """Look at `jobs`, which `host` has accepted, at once or in time."""
        host.refusals = 0
        host.refused_since = None
        if not host.watch.jobs:
            host.unfetched_since = None
        host.window.accepted(host.filled, len(jobs))
        unusual = [job for job in jobs if job.more is not None]
        for job in unusual:
            job.troubles = job.renewals = 0
            if not job.tries:
                job.vain_since = None
            if job.is_abandoned:
                host.watch.hold(job)
        wanted = [job for job in jobs if not job.is_abandoned] if unusual else jobs
        at_once = host.watch.add(wanted, now)
        for job in unusual:
            self._tidying.tidy_up(job, now)
        if at_once:
            self._looking.fetch_soon(host, at_once, now)

    def _end(self, ask: Ask | Asks, job: Job, response: Response) -> None:
        book = self._book
        if job.kind.order is not None:
            book.waiting.answered(job.parts)
        if job.is_abandoned:
            return
        outcome, reason = _ANSWERED, ""
        if job.tries:
            outcome, reason = _after_others(ask, job, response)
        # 410 is what a cancelled job's stored answer is (server-protocol.md §5).
        elif job.cancel_by is not None and response.status == 410:
            outcome = _CANCELLED
        book.out.append(End(outcome, job.parts, job, response, reason))

    def _learn(self, jobs: Sequence[Job], sizes: Sequence[int], sent_at: float) -> None:
        """Learn how long jobs take, which looks at `sent_at` found done, and how large results are.

        The jobs are of one kind; `sizes` has the bytes for one of the parts of each.
        """
        expectation = self._book.expectations[jobs[0].kind.name]
        hits = len([job for job in jobs if job.looks == 1])
        # Most jobs of a fast server are done at once, which is nothing new.
        news = [job for job in jobs if job.missed is not None or job.acceptance.at != sent_at]
        if news or expectation.duration != 0.0:
            told = [
                (job.acceptance, job.missed)
                for job in jobs
                if job.looks == 1 or job.missed is not None
            ]
            # Most were accepted at once with others.
            for (acceptance, missed), alike in groupby(told):
                age = sent_at - (acceptance.at or 0.0)
                expectation.learn_duration(age, missed, len(list(alike)))
        expectation.learn(len(jobs), sum(sizes), hits)


def _kind_of(learned: tuple[Job, int]) -> OperationKind[Any]:
    return learned[0].kind


def _after_others(ask: Ask | Asks, job: Job, response: Response) -> tuple[Outcome, str]:
    """Return what an answer means where an earlier try may have run."""
    if job.cancel_by is not None and response.status == 410:
        return _UNKNOWN, "it was cancelled, and an earlier try may have run"
    if ask.call is _SUBMIT and not job.kind.is_direct:
        why = f"HTTP {response.status}"
        return _UNKNOWN, f"an earlier try may have run, and the next was refused: {why}"
    return _ANSWERED, ""
