"""Requests on their way out: what the engine asks for, made and signed, once the journal has it.

    Ask ─▶ request ─▶ transport
             └─ a submission, where there is a journal ─▶ unwritten ─ commit ─▶ transport

When the journal can keep account no longer nothing more is submitted: it would leave no trace.
Runs on the poller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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

    def ask(self, asks: Iterable[Ask], now: float) -> None:
        """Make calls; submissions wait for `commit` where there is a journal."""
        encode, timeout = self._encode, self._timeout
        sign, has_journal = self._signer.sign, self._telling.journal is not None
        exchanges: list[Exchange] = []
        last: Template | None = None
        for ask in asks:
            call = ask.call
            if call is _SUBMIT and not self._start_parts(ask, now):
                continue
            if call is _RENEW:
                request = self._signer.renewal()
                signed, leaf, body = request.template, "", request.body
                last = None
            else:
                template, leaf, body = parts_for(ask, encode)
                if template is not last:
                    last, signed = template, sign(template)
            exchange = Exchange(signed, leaf, body, ask.host, ask, timeout, ask.epoch)
            if call is _SUBMIT and has_journal:
                self._unwritten.append(exchange)
            else:
                exchanges.append(exchange)
        self._transport.send(*exchanges)

    def commit(self, now: float) -> None:
        """Have the journal write, then send what waits for that."""
        journal = self._telling.journal
        if journal is None:
            return
        exchanges, self._unwritten = self._unwritten, []
        try:
            journal.commit()
        except LedgerError as error:
            self._stop(error)
            for exchange in exchanges:
                self._withhold(exchange.token.job, error, now)
            return
        self._transport.send(*exchanges)

    def refuse_waiting(self) -> None:
        """End what waits to be sent, if the journal could keep no account of it."""
        error, waiting = self._journal_error, self._engine.waiting
        if error is not None and waiting.count:
            self._end_unsent(waiting.drain(), error)

    def _start_parts(self, ask: Ask, now: float) -> bool:
        """Mark the parts of a job as sent; leave out those that were cancelled meanwhile."""
        job = ask.job
        assert job is not None
        part = job.cargo
        journal = self._telling.journal
        is_plain = type(part) is not tuple and job.more is None
        if is_plain and self._journal_error is None and part.start():
            part.job = job
            if journal is not None:
                journal.sending(job)
            return True
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
