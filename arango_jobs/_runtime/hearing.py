"""What the transport tells, read and passed on: to the engine, the journal, and listeners.

    response ─▶ meaning ─▶ engine.heard        Failure ─▶ meaning ─▶ engine.heard

Runs on the poller's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs._core.actions import Ask
from arango_jobs._core.engine import Engine
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs._net.exchange import Connected, Exchange, Failure, TransportEvent
from arango_jobs._runtime.news import News
from arango_jobs._runtime.telling import Telling
from arango_jobs._wire.calls import meaning_of_failure, read
from arango_jobs._wire.job_api import FORWARDED_TO, QUEUE_TIME, queue_time, read_ids
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
_SAYS_UNREACHABLE = Meaning.UNREACHABLE
_SUBMIT = Call.SUBMIT
_WAITING = State.WAITING


class _Run:
    """Calls of one sort to one host, whose answers mean the same and have heads that say the same.

    Without an `ask` it is none.
    """

    __slots__ = ("asks", "call", "common", "details", "host", "meaning")

    def __init__(
        self,
        ask: Ask | None = None,
        meaning: Meaning | None = None,
        common: dict[str, str] | None = None,
    ) -> None:
        self.call = None if ask is None else ask.call
        self.host = -1 if ask is None else ask.host
        self.meaning = meaning
        self.common = common or {}
        """The headers of the first answer."""
        self.asks: list[Ask] = []
        self.details: list[Any] = []

    def has_like(self, response: Response) -> bool:
        """Say whether the head of `response` says the same as those of the run."""
        told, common = response.common, self.common
        return all(told.get(name) == common.get(name) for name in (QUEUE_TIME, FORWARDED_TO))


class Hearing:
    """Takes what comes of exchanges."""

    def __init__(self, engine: Engine, telling: Telling, news: News, signer: Signer) -> None:
        self._engine = engine
        self._telling = telling
        self._news = news
        self._signer = signer
        self._queue_times: dict[int, str | None] = {}
        self._is_noting = False
        """Whether somebody is told of what is accepted, or keeps account of it."""
        self._accepted: list[Any] = []
        """Of whom it has to be told that the server has accepted them."""

    def hear(self, events: list[TransportEvent], now: float) -> None:
        """Take what came of exchanges, in order."""
        self._is_noting = self._telling.journal is not None or self._news.tells_submitted
        run = _Run()
        for event in events:
            if type(event) is Exchange:
                ask: Ask = event.token
                call = ask.call
                if call is _SUBMIT or call is _FETCH:
                    response = event.response
                    if call is _SUBMIT and event.connection is not None:
                        # It may have come before a connection that was told first.
                        ask.epoch = event.connection
                    meaning, detail = read(ask, response)
                    if (
                        meaning is not run.meaning
                        or call is not run.call
                        or ask.host != run.host
                        or (response.common is not run.common and not run.has_like(response))
                    ):
                        self._pass_on(run, now)
                        self._hear_head(ask, response, now)
                        run = _Run(ask, meaning, response.common)
                    run.asks.append(ask)
                    run.details.append(detail)
                    continue
            self._pass_on(run, now)
            run = _Run()
            self._hear_alone(event, now)
        self._pass_on(run, now)
        if self._accepted:
            # At once for all, and before anything is told of how they ended.
            accepted, self._accepted = self._accepted, []
            self._news.submitted(accepted)

    def _pass_on(self, run: _Run, now: float) -> None:
        """Tell the engine of answers that mean the same."""
        if run.meaning is None:
            return
        self._engine.heard_all(run.asks, run.meaning, run.details, now)
        if not self._is_noting or run.call is not _SUBMIT:
            return
        if run.meaning is _SAYS_ACCEPTED:
            self._note_accepted([ask.job for ask in run.asks if ask.job is not None])
        else:
            for ask in run.asks:
                self._note_refusal(ask)

    def _hear_alone(self, event: TransportEvent, now: float) -> None:
        if type(event) is Exchange:
            self._hear_other(event, event.token, event.response, now)
        elif type(event) is Failure:
            self._hear_failure(event, now)
        elif type(event) is Connected:
            self._engine.connected(event.host, now, event.made_at)

    def _hear_head(self, ask: Ask, response: Response, now: float) -> None:
        """Take what a head says beside what came of the call."""
        told = response.header(QUEUE_TIME)
        if told != self._queue_times.get(ask.host):
            self._queue_times[ask.host] = told
            self._engine.queue_time(ask, queue_time(response) or 0.0, now)
        if ask.call is _FETCH and response.header(FORWARDED_TO) is not None:
            self._engine.behind_balancer(ask.host)

    def _hear_other(self, exchange: Exchange, ask: Ask, response: Response, now: float) -> None:
        """Take the answer to what is neither a submission nor a fetch."""
        call = ask.call
        if call is _RENEW:
            self._renewed(ask, response, now)
            return
        self._hear_head(ask, response, now)
        if call is _IDENTIFY:
            ask.connection = exchange.connection or 0
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
        if response.status >= 500:
            # It has not refused: it is asked again.
            self._engine.heard(ask, _SAYS_ODD, response, now)
        else:
            self._engine.renewed(self._signer.renewed(response), now)

    def _hear_failure(self, failure: Failure, now: float) -> None:
        ask: Ask = failure.exchange.token
        meaning = meaning_of_failure(failure.error, failure.may_have_run)
        # What answers in no HTTP and never has is no server that could have run anything.
        if isinstance(failure.error, NotHTTPError) and not self._engine.hosts[ask.host].was_reached:
            meaning = _SAYS_UNREACHABLE
        ask.connection = failure.connection
        self._engine.heard(ask, meaning, failure.error, now)
        if self._telling.journal is not None:
            self._note_refusal(ask)

    def adopted(self, job: Job) -> None:
        """Take that the id of a job is known after all, whose answer with the id broke."""
        if self._telling.journal is not None:
            self._telling.journal.accepted((job,))
        self._news.submitted(job.parts)

    def _note_refusal(self, ask: Ask) -> None:
        job, journal = ask.job, self._telling.journal
        if ask.call is not _SUBMIT or job is None or journal is None:
            return
        if job.state is _WAITING:
            journal.refused(job)
