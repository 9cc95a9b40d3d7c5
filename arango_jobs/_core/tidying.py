"""Jobs that nobody waits for any more: they are cancelled, deleted, or let go of."""

from __future__ import annotations

from arango_jobs._core.actions import Ask, Outcome
from arango_jobs._core.backoff import AGAIN
from arango_jobs._core.book import Book
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import ABSENT, Call, Meaning
from arango_jobs._core.states import State

__all__ = ["Tidying"]

_TRIES = 12


class Tidying:
    """Cancels and deletes jobs."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.calls = 0
        """Calls that are under way."""

    def cancel(self, job: Job, timeout: float | None, now: float) -> None:
        """Ask the server to stop `job`, which ends within `timeout` seconds."""
        if job.is_merged or job.state is State.ENDED or job.cancel_by is not None:
            return
        job.cancel_by = now + max(timeout or 0.0, self._book.options.cancel_patience)
        if job.state is State.WAITING:
            self.end_waiting(job, "it was cancelled while it waited to be repeated", now)
            return
        self._book.timers.push(job.cancel_by, job)
        self.tidy_up(job, now)

    def end_waiting(self, job: Job, reason: str, now: float) -> None:
        """End a job that waits to be sent again; nothing of it runs, or nobody knows."""
        job.move(State.ENDED)
        self._book.waiting.release(job.parts, now)
        if not job.is_abandoned:
            self._book.end_unsent(job, Outcome.CANCELLED, reason)

    def abandon(self, job: Job, now: float) -> None:
        """Note that nobody waits for `job` any more, and tidy it up as soon as that can be."""
        job.is_abandoned = True
        if job.state is State.PENDING:
            self._book.hosts[job.host].watch.hold(job)
            self.tidy_up(job, now)

    def tidy_up(self, job: Job, now: float) -> None:
        """Cancel or delete `job` where that is wanted, possible, and not under way."""
        host = self._book.hosts[job.host]
        if job.state is not State.PENDING or job.is_tidied or host.is_suspect:
            return
        if job.is_abandoned:
            wants_cancel = job.kind.is_query and not job.cancel_is_sent
            self._send(Call.CANCEL if wants_cancel else Call.DELETE, job, now)
        elif job.cancel_by is not None and not job.cancel_is_sent:
            self._send(Call.CANCEL, job, now)

    def answered(self, ask: Ask, job: Job, now: float) -> None:
        """Take that a call has done what it can."""
        job.is_tidied = False
        if job.state is not State.PENDING:
            return
        if not job.is_abandoned:
            self._book.hosts[job.host].watch.look_at(job, now)
        elif ask.call is Call.CANCEL:
            self.tidy_up(job, now)
        else:
            self._forget(job, now)

    def failed(self, ask: Ask, job: Job, meaning: Meaning, now: float) -> None:
        """Make the call again later, a few times."""
        # Where the host is away it is waited for, as long as `patience` lasts.
        job.tidy_tries += meaning not in ABSENT and meaning is not Meaning.MOVED
        job.tidy_waits += 1
        if job.tidy_since is None:
            job.tidy_since = now
        end = job.tidy_since + self._book.options.patience
        due = now + max(self._book.pause(AGAIN, job.tidy_waits), ask.retry_after or 0.0)
        if job.tidy_tries < _TRIES and due <= end:
            self._book.timers.push(max(due, self._book.hosts[ask.host].closed_until), ask)
            return
        job.is_tidied = False
        if job.state is State.PENDING and job.is_abandoned:
            self._forget(job, now)

    def send_again(self, ask: Ask, job: Job, now: float) -> None:
        """Make the call again, now that its time has come."""
        job.is_tidied = False
        if job.state is State.PENDING and not self._book.hosts[job.host].is_suspect:
            self._send(ask.call, job, now)
        elif ask.call is Call.CANCEL:
            job.cancel_is_sent = False

    def _send(self, call: Call, job: Job, now: float) -> None:
        host = self._book.hosts[job.host]
        job.is_tidied = True
        job.cancel_is_sent = job.cancel_is_sent or call is Call.CANCEL
        self.calls += 1
        self._book.ask(Ask(call, host.index, now, job, epoch=host.epoch()))

    def _forget(self, job: Job, now: float) -> None:
        self._book.hosts[job.host].leaves_behind(job.job_id)
        job.move(State.ENDED)
        self._book.leave(job)
        self._book.waiting.release(job.parts, now)
