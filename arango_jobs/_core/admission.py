"""Jobs that get to a host: which one next, to which host, and from when on."""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Asks
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.identification import Identification
from arango_jobs._core.job import Acceptance, Job, rounded, size_of
from arango_jobs._core.meanings import Call
from arango_jobs._core.states import State
from arango_jobs.operations import OperationKind

__all__ = ["Admission"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_ENDED = State.ENDED
_PENDING = State.PENDING
_SUBMIT = Call.SUBMIT
_SUBMITTING = State.SUBMITTING
_WAITING = State.WAITING

_STEPS = 64
"""In so many steps jobs are shared out among hosts."""


class Admission:
    """Submits what waits, as far as there is room."""

    def __init__(self, book: Book, identification: Identification) -> None:
        self._book = book
        self._identification = identification

    def admit(self, now: float) -> None:
        """Submit jobs until there is no room, or nothing that may go."""
        for each in self._book.hosts:
            each.window.awaited(now)
        self._fill(now)
        for each in self._book.hosts:
            each.filled = each.in_flight

    def _fill(self, now: float) -> None:
        while self._has_bytes():
            rooms = [(host, int(host.room(now))) for host in self._book.hosts]
            rooms = [(host, room) for host, room in rooms if room >= 1]
            count = sum(room for _, room in rooms)
            jobs = self._next_jobs(count, now) if count else []
            start = 0
            for host, share in _shares(rooms, len(jobs)):
                if share:
                    self._submit(host, jobs[start : start + share], now)
                    start += share
            if not jobs or len(jobs) < count:
                return

    def next_due(self) -> float:
        """Return when there is next something to submit, infinity if that takes news."""
        linger = self._book.waiting.next_due()
        retry = self._book.retries.due
        opening = min(self._opening(), *(host.window.due for host in self._book.hosts))
        return max(opening, retry if linger is None else min(linger, retry))

    def dropped(self, job: Job, now: float) -> None:
        """Take that no part of `job`, about to be sent, wants to be sent any more."""
        job.move(_ENDED)
        self._book.leave(job)
        self._book.waiting.release(job.parts, now)

    def adopt(
        self, parts: list[Any], index: int, job_id: str, now: float, *, tries: int = 0
    ) -> None:
        """Watch a job that an earlier process of ours has submitted to the host `index`.

        Whoever asks for it has made sure that the server's process is still the same; it is
        asked again, before anything is fetched, as it may have restarted since.
        """
        host = self._book.hosts[index]
        job = Job.of(parts, size_of(parts))
        job.tries = tries
        job.job_id = job_id
        job.acceptance = Acceptance(now, epoch=-1)  # older than any connection
        for part in parts:
            part.job = job
        job.move(_SUBMITTING)
        job.move(_PENDING)
        self._book.enter(host, [job], now)
        self._book.submitting.discard(job)
        host.gives_ids((job_id,), 0)
        # That process may have had others, whose ids it was never told.
        host.unclear_id = max(host.unclear_id, int(job_id))
        for each in host.watch.add((job,), now):
            host.watch.look_at(each, now)
        self._identification.suspect(host, now)

    def _opening(self) -> float:
        """Return from when on a host can be given a job, infinity if that takes news."""
        if not self._has_bytes():
            return float("inf")
        return min(
            (
                host.closed_until
                for host in self._book.hosts
                if not host.is_suspect and host.places() >= 1
            ),
            default=float("inf"),
        )

    def _has_bytes(self) -> bool:
        return self._book.bytes < self._book.options.max_bytes

    def _next_retry(self, now: float) -> Job | None:
        retries = self._book.retries
        while retries.due <= now:
            job = retries.pop()
            if job.state is _WAITING:
                return job
        return None

    def _next_jobs(self, count: int, now: float) -> list[Job]:
        """Take up to `count` jobs that may go, as long as there is room for what they carry."""
        book = self._book
        jobs: list[Job] = []
        room = book.options.max_bytes - book.bytes
        while len(jobs) < count and room > 0:
            job = self._next_retry(now)
            if job is None:
                break
            if job.more is None or job.tries == 0:
                job.size = rounded(job.size + self._result_size(job.kind) * len(job.parts))
            room -= job.size
            jobs.append(job)
        return jobs + book.waiting.take(count - len(jobs), room, self._result_size, now)

    def _result_size(self, kind: OperationKind[Any]) -> int:
        return int(self._book.expectations[kind.name].result_size)

    def _submit(self, host: Host, jobs: list[Job], now: float) -> None:
        for job in jobs:
            job.state = _SUBMITTING
        self._book.enter(host, jobs, now)
        self._book.ask_all(Asks(_SUBMIT, host.index, now, jobs, 0, host.highest_id))
        if host.identity is None and host.can_tell and not host.is_identifying:
            self._identification.identify(host, now, jobs[0].kind.database)


def _shares(rooms: list[tuple[Host, int]], count: int) -> list[tuple[Host, int]]:
    """Share `count` jobs out among hosts that have room for so many each: who gets how many.

    A few at a time go to the host that has the largest part of its window empty by then.
    """
    if len(rooms) == 1:
        return [(rooms[0][0], count)]
    left = [room for _, room in rooms]
    limits = [host.window.limit for host, _ in rooms]
    step = 1 + count // _STEPS
    while count > 0:
        best = max(range(len(left)), key=lambda index: left[index] / limits[index])
        share = min(step, left[best], count)
        left[best] -= share
        count -= share
    return [(host, room - rest) for (host, room), rest in zip(rooms, left, strict=True)]
