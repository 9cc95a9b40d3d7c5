"""What the transport tells, read and passed on: to the engine, the journal, and listeners.

    response ─▶ meaning ─▶ engine.heard        Failure ─▶ meaning ─▶ engine.heard

Runs on the poller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from arango_jobs._core.actions import Ask, Asks, Responses
from arango_jobs._core.engine import Engine
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs._net.exchange import Answered, Connected, Failure, TransportEvent
from arango_jobs._runtime.news import News
from arango_jobs._runtime.telling import Telling
from arango_jobs._wire.calls import meaning_of_failure, read, read_all
from arango_jobs._wire.job_api import (
    FORWARDED_TO,
    QUEUE_TIME,
    queue_time,
    read_ids,
    retry_after,
)
from arango_jobs._wire.signing import Signer
from arango_jobs.errors import NotHTTPError
from arango_jobs.operations import Response

__all__ = ["Hearing"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_CONFIRM = Call.CONFIRM
_FETCH = Call.FETCH
_IDENTIFY = Call.IDENTIFY
_LIST = Call.LIST
_RENEW = Call.RENEW
_SAYS_ACCEPTED = Meaning.ACCEPTED
_SAYS_ODD = Meaning.ODD
_SAYS_OK = Meaning.OK
_SUBMIT = Call.SUBMIT
_WAITING = State.WAITING


_TOO_MANY = 429


_token_of = attrgetter("token")


class Hearing:
    """Takes what comes of exchanges."""

    def __init__(
        self,
        engine: Engine,
        telling: Telling,
        news: News,
        signer: Signer,
        time: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._telling = telling
        self._news = news
        self._signer = signer
        self._time = time
        self._queue_times: dict[int, str | None] = {}
        self._is_noting = False
        """Whether somebody is told of what is accepted, or keeps account of it."""
        self._accepted: list[Any] = []
        """Of whom it has to be told that the server has accepted them."""

    def hear(self, events: list[TransportEvent], now: float) -> None:
        """Take what came of exchanges, in order."""
        self._is_noting = self._telling.journal is not None or self._news.tells_submitted
        for event in events:
            if type(event) is Answered:
                self._hear_answered(event, now)
            elif type(event) is Failure:
                self._hear_failure(event, now)
            elif type(event) is Connected:
                self._engine.connected(event.host, now, event.made_at)
        if self._accepted:
            # At once for all, and before anything is told of how they ended.
            accepted, self._accepted = self._accepted, []
            self._news.submitted(accepted)

    def _hear_answered(self, event: Answered, now: float) -> None:
        """Take answers that came together."""
        start = 0
        for asks, group in groupby(event.exchanges, _token_of):
            if type(asks) is Asks:
                jobs = [job for exchanges in group for job in exchanges.items]
                self._hear_some(event, asks, jobs, start, now)
                start += len(jobs)
                continue
            for _ in group:
                self._hear_other(asks, event.response(start), event.connection, now)
                start += 1

    def _hear_some(
        self, event: Answered, asks: Asks, jobs: list[Job], start: int, now: float
    ) -> None:
        """Take the answers for `jobs`, from number `start` on of those that `event` tells."""
        self._hear_head(asks, event.common, now)
        first, job_ids = event.response(start), event.job_ids[start : start + len(jobs)]
        meaning = read_all(asks.call, jobs, first, job_ids)
        if meaning is None:
            for index, job in enumerate(jobs, start):
                self._hear_one(asks, job, event.response(index), event.connection, now)
            return
        details: Any = job_ids
        if meaning is not _SAYS_ACCEPTED:
            bodies = event.bodies[start : start + len(jobs)]
            details = Responses(event.status, bodies, lambda index: event.response(start + index))
        self._pass_on(asks, jobs, meaning, details, event.connection, now)

    def _hear_one(
        self, asks: Asks, job: Job, response: Response, connection: int | None, now: float
    ) -> None:
        """Take an answer that has to be read by itself."""
        ask = asks.alone(job)
        if asks.call is _SUBMIT:
            ask.epoch = connection or 0
        ask.retry_after = retry_after(response, self._time())
        meaning, detail = read(ask, response)
        self._engine.heard(ask, meaning, detail, now)
        self._note(asks, (job,), meaning)

    def _pass_on(
        self,
        asks: Asks,
        jobs: list[Job],
        meaning: Meaning,
        details: Any,
        connection: int | None,
        now: float,
    ) -> None:
        """Tell the engine what came of `jobs`, and whoever keeps account of submissions."""
        self._engine.heard_all(asks, jobs, meaning, details, now, connection or 0)
        self._note(asks, jobs, meaning)

    def _note(self, asks: Asks, jobs: Sequence[Job], meaning: Meaning) -> None:
        """Tell whoever keeps account of submissions."""
        if not self._is_noting or asks.call is not _SUBMIT:
            return
        if meaning is _SAYS_ACCEPTED:
            self._note_accepted(jobs)
        else:
            for job in jobs:
                self._note_refusal(job)

    def _hear_head(self, ask: Ask | Asks, common: dict[str, str], now: float) -> None:
        """Take what a head says beside what came of the call."""
        told = common.get(QUEUE_TIME)
        if told != self._queue_times.get(ask.host):
            self._queue_times[ask.host] = told
            self._engine.queue_time(ask, queue_time(common) or 0.0, now)
        if ask.call is _FETCH and common.get(FORWARDED_TO) is not None:
            self._engine.behind_balancer(ask.host)

    def _hear_other(self, ask: Ask, response: Response, connection: int | None, now: float) -> None:
        """Take the answer to what is neither a submission nor a fetch."""
        call = ask.call
        ask.retry_after = retry_after(response, self._time())
        if call is _RENEW:
            self._renewed(ask, response, now)
            return
        self._hear_head(ask, response.common, now)
        if call is _IDENTIFY:
            ask.connection = connection or 0
        meaning, detail = read(ask, response)
        if call is _LIST and meaning is _SAYS_OK:
            ids = read_ids(response)
            if ids is not None:
                self._engine.listed(ask, ids, now)
                return
            meaning = _SAYS_ODD
        elif call is _CONFIRM and meaning is _SAYS_OK:
            unread, why = self._telling.confirm(ask.parts or (), response)
            self._engine.confirmed(ask, now, unread, why)
            return
        self._engine.heard(ask, meaning, detail, now)

    def _note_accepted(self, jobs: Sequence[Job]) -> None:
        if self._telling.journal is not None:
            self._telling.journal.accepted(jobs)
        if self._news.tells_submitted:
            for job in jobs:
                self._accepted.extend(job.parts)

    def _renewed(self, ask: Ask, response: Response, now: float) -> None:
        if response.status >= 500 or response.status == _TOO_MANY:
            # It has not refused: it is asked again.
            self._engine.heard(ask, _SAYS_ODD, response, now)
        else:
            self._engine.renewed(self._signer.renewed(response), now)

    def _hear_failure(self, failure: Failure, now: float) -> None:
        exchange = failure.exchange
        asks = exchange.token
        ask: Ask = asks.alone(exchange.item) if type(asks) is Asks else asks
        meaning = meaning_of_failure(failure.error, failure.may_have_run)
        if isinstance(failure.error, NotHTTPError):
            self._engine.not_understood(ask.host, failure.error, now)
        ask.connection = failure.connection
        self._engine.heard(ask, meaning, failure.error, now)
        if ask.call is _SUBMIT and ask.job is not None:
            self._note_refusal(ask.job)

    def adopted(self, job: Job) -> None:
        """Take that the id of a job is known after all, whose answer with the id broke."""
        if self._telling.journal is not None:
            self._telling.journal.accepted((job,))
        self._news.submitted(job.parts)

    def _note_refusal(self, job: Job) -> None:
        journal = self._telling.journal
        if journal is not None and job.state is _WAITING:
            journal.refused(job)
