"""Requests on their way out: what the engine asks for, made and signed, once the journal has it.

    Ask ─▶ request ─▶ transport
             └─ a submission, where there is a journal ─▶ unwritten ─ commit ─▶ transport

When the journal can keep account no longer nothing more is submitted: it would leave no trace.
Runs on the poller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from arango_jobs._core.actions import Ask, End, Outcome
from arango_jobs._core.engine import Engine
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call
from arango_jobs._net.exchange import Exchange, Transport
from arango_jobs._runtime.endings import Ended
from arango_jobs._runtime.future import start_all
from arango_jobs._runtime.telling import Telling
from arango_jobs._wire.arrays import Encode
from arango_jobs._wire.calls import parts_for
from arango_jobs._wire.signing import Signer
from arango_jobs.errors import LedgerError
from arango_jobs.logs import logger
from arango_jobs.operations import Template

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

_call_of = attrgetter("call")


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
        self._unwritten: list[Exchange] = []
        self._journal_error: LedgerError | None = None
        self.commit_due = float("inf")
        """When the journal has to write, though it may be more then."""

    def ask(self, asks: Iterable[Ask], now: float) -> None:
        """Make calls; submissions wait for `commit` where there is a journal."""
        for call, group in groupby(asks, _call_of):
            if call is _SUBMIT:
                exchanges = self._exchanges(call, self._started(list(group), now))
                if self._telling.journal is not None:
                    self._unwritten.extend(exchanges)
                    continue
            elif call is _RENEW:
                exchanges = map(self._renewal, group)
            else:
                exchanges = self._exchanges(call, list(group))
            self._transport.send(*exchanges)

    def _exchanges(self, call: Call, asks: Sequence[Ask]) -> Iterator[Exchange]:
        sign, timeout = self._signer.sign, self._timeout
        last: Template | None = None
        parts = parts_for(call, asks, self._encode)
        for ask, (template, leaf, body) in zip(asks, parts, strict=True):
            if template is not last:
                last, signed = template, sign(template)
            yield Exchange(signed, leaf, body, ask.host, ask, timeout, ask.epoch)

    def _renewal(self, ask: Ask) -> Exchange:
        request = self._signer.renewal()
        return Exchange(request.template, "", request.body, ask.host, ask, self._timeout, ask.epoch)

    def commit(self, now: float) -> None:
        """Have the journal write, if it is time to, then send what waits for that."""
        journal = self._telling.journal
        if journal is None or self._may_hold(now):
            return
        self.commit_due = float("inf")
        exchanges, self._unwritten = self._unwritten, []
        try:
            journal.commit()
        except LedgerError as error:
            self._stop(error)
            for exchange in exchanges:
                self._withhold(exchange.token.job, error, now)
            return
        self._transport.send(*exchanges)

    def _may_hold(self, now: float) -> bool:
        """Say whether the journal may write later, as nothing would be sent any sooner."""
        count = len(self._unwritten)
        if count >= _MANY or self._engine.on_the_way - count < _BUSY:
            return False
        self.commit_due = min(self.commit_due, now + _HOLD)
        return now < self.commit_due

    def refuse_waiting(self) -> None:
        """End what waits to be sent, if the journal could keep no account of it."""
        error, waiting = self._journal_error, self._engine.waiting
        if error is not None and waiting.count:
            self._end_unsent(waiting.drain(), error)

    def _started(self, asks: Sequence[Ask], now: float) -> list[Ask]:
        """Mark the parts of jobs as sent; return the calls whose jobs have any left to send."""
        journal, is_stopped = self._telling.journal, self._journal_error is not None
        plain = [
            job.cargo
            for ask in asks
            if (job := ask.job) is not None and job.more is None and type(job.cargo) is not tuple
        ]
        cancelled = set() if is_stopped else set(plain).difference(start_all(plain))
        going: list[Ask] = []
        for ask in asks:
            job = ask.job
            assert job is not None
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
            going.append(ask)
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
