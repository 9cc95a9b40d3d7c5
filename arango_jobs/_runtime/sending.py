"""Requests on their way out: what the engine asks for, made and signed, once the journal has it.

    Ask ─▶ request ─▶ transport
             └─ a submission, where there is a journal ─▶ unwritten ─ commit ─▶ transport

When the journal can keep account no longer nothing more is submitted: it would leave no trace.
Runs on the poller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from arango_jobs._core.actions import Ask, Asks, End, Outcome
from arango_jobs._core.engine import Engine
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call
from arango_jobs._net.exchange import Exchanges, Transport
from arango_jobs._runtime.endings import Ended
from arango_jobs._runtime.future import start_all
from arango_jobs._runtime.telling import Telling
from arango_jobs._wire.arrays import Encode
from arango_jobs._wire.calls import Requests, fetches, request_for, submissions
from arango_jobs._wire.signing import Signer
from arango_jobs.errors import LedgerError
from arango_jobs.logs import logger

__all__ = ["Sending"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_RENEW = Call.RENEW
_SUBMIT = Call.SUBMIT
_UNKNOWN = Outcome.UNKNOWN

_BUSY = 100
"""Submissions under way for which the connections have enough to do."""
_MANY = 256
"""Submissions that are worth a commit of their own, which takes as long as several of them."""
_HOLD = 0.005
"""Seconds for which what was noted may wait for more, while the connections are busy."""


class Sending:
    """Sends what the engine asks for."""

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        telling: Telling,
        *,
        signer: Signer,
        encode: Encode,
        timeout: float,
        refuse: Callable[[Exception], None] | None,
        name: str,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._telling = telling
        self._signer = signer
        self._encode = encode
        self._timeout = timeout
        self._refuse = refuse
        self._name = name
        self._unwritten: list[Exchanges] = []
        """Submissions that wait for the journal."""
        self._unwritten_count = 0
        self._journal_error: LedgerError | None = None
        self.commit_due = float("inf")
        """When the journal has to write, though it may be more then."""

    def ask(self, ask: Ask) -> None:
        """Make a call."""
        if ask.call is _RENEW:
            request = self._signer.renewal()
            template = request.template
        else:
            request = request_for(ask, self._encode)
            template = self._signer.sign(request.template)
        leaves, bodies = ("",), (request.body,)
        self._transport.send(
            Exchanges(template, leaves, bodies, ask.host, ask, self._timeout, ask.epoch)
        )

    def ask_all(self, asks: Asks, now: float) -> None:
        """Make calls for jobs; submissions wait for `commit` where there is a journal."""
        # From here on the exchanges have them: one that takes long must not hold all.
        jobs, asks.jobs = asks.jobs, ()
        if asks.call is not _SUBMIT:
            for requests in fetches(jobs):
                self._transport.send(self._exchanges(asks, requests))
            return
        for requests in submissions(self._started(jobs, now), self._encode):
            exchanges = self._exchanges(asks, requests)
            if self._telling.journal is None:
                self._transport.send(exchanges)
            else:
                self._unwritten.append(exchanges)
                self._unwritten_count += len(exchanges)

    def _exchanges(self, asks: Asks, requests: Requests) -> Exchanges:
        template, jobs, leaves, bodies = requests
        signed = self._signer.sign(template)
        return Exchanges(signed, leaves, bodies, asks.host, asks, self._timeout, asks.epoch, jobs)

    def commit(self, now: float) -> None:
        """Have the journal write, if it is time to, then send what waits for that."""
        journal = self._telling.journal
        if journal is None or self._may_hold(now):
            return
        self.commit_due = float("inf")
        unwritten, self._unwritten, self._unwritten_count = self._unwritten, [], 0
        try:
            journal.commit()
        except LedgerError as error:
            self._stop(error)
            for job in chain.from_iterable(exchanges.items for exchanges in unwritten):
                self._withhold(job, error, now)
            return
        for exchanges in unwritten:
            self._transport.send(exchanges)

    def _may_hold(self, now: float) -> bool:
        """Say whether the journal may write later, as nothing would be sent any sooner."""
        count = self._unwritten_count
        if count >= _MANY or self._engine.on_the_way - count < _BUSY:
            return False
        self.commit_due = min(self.commit_due, now + _HOLD)
        return now < self.commit_due

    def refuse_waiting(self) -> None:
        """End what waits to be sent, if the journal could keep no account of it."""
        error, waiting = self._journal_error, self._engine.waiting
        if error is not None and waiting.count:
            self._end_unsent(waiting.drain(), error)

    def _started(self, jobs: Sequence[Job], now: float) -> Sequence[Job]:
        """Mark the parts of jobs as sent; return the jobs that have any left to send."""
        journal, is_stopped = self._telling.journal, self._journal_error is not None
        plain = [job.cargo for job in jobs if job.more is None and type(job.cargo) is not tuple]
        cancelled: set[Any] = set()
        if not is_stopped:
            started = start_all(plain)
            if journal is None and len(started) == len(plain) == len(jobs):
                for part, job in zip(plain, jobs, strict=True):
                    part.job = job
                return jobs
            cancelled = set(plain).difference(started)
        going: list[Job] = []
        for job in jobs:
            part = job.cargo
            if is_stopped or job.more is not None or type(part) is tuple:
                if not self._start_parts(job, now):
                    continue
            elif part in cancelled:
                self._engine.dropped(job, now)
                continue
            else:
                part.job = job
                if journal is not None:
                    journal.sending(job)
            going.append(job)
        return going

    def _start_parts(self, job: Job, now: float) -> bool:
        """Mark the parts of a job as sent; leave out those that were cancelled meanwhile."""
        journal = self._telling.journal
        parts = job.parts
        if job.attempts is None:
            started = start_all(parts)
        else:
            started = [part for part in parts if not part.done()]
        if len(started) != len(parts):
            if not started:
                self._engine.dropped(job, now)
                return False
            kept = set(started)
            self._engine.waiting.release([one for one in parts if one not in kept], now)
            job.parts = started
        for part in started:
            part.job = job
        if journal is not None:
            journal.sending(job)
        elif self._journal_error is not None:
            self._withhold(job, self._journal_error, now)
            return False
        return True

    def _stop(self, error: LedgerError) -> None:
        """Go on with what has been sent, and with nothing else."""
        logger.critical("%s: nothing more is sent: %s", self._name, error)
        self._journal_error = error
        self._telling.close_journal()
        if self._refuse is not None:
            self._refuse(error)
        self.refuse_waiting()

    def _withhold(self, job: Job, error: LedgerError, now: float) -> None:
        """End a job that is not sent because the journal could not take it."""
        self._engine.dropped(job, now)
        if not job.tries:
            self._end_unsent(job.parts, error)
            return
        ended = Ended()
        end = End(_UNKNOWN, job.parts, job, reason=str(error), cause=error)
        self._telling.end(end, ended)
        self._telling.tell(ended)

    def _end_unsent(self, parts: Sequence[Any], error: LedgerError) -> None:
        self._telling.fail(parts, lambda: _never_sent(error))


def _never_sent(cause: LedgerError) -> LedgerError:
    error = LedgerError(f"it was never sent: {cause}", path=cause.path)
    error.__cause__ = cause
    return error
