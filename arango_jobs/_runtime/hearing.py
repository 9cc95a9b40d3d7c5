"""What the transport tells, read and passed on: to the engine, the journal, and listeners.

    Reply ─▶ meaning ─▶ engine.heard        Failure ─▶ meaning ─▶ engine.heard

Runs on the poller's thread.
"""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Ask
from arango_jobs._core.engine import Engine
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs._net.exchange import Connected, Failure, Reply
from arango_jobs._runtime.news import News
from arango_jobs._runtime.telling import Telling
from arango_jobs._wire.calls import meaning_of_failure, read
from arango_jobs._wire.job_api import FORWARDED_TO, QUEUE_TIME, queue_time, read_ids
from arango_jobs._wire.signing import Signer
from arango_jobs.errors import NotHTTPError
from arango_jobs.operations import Response

__all__ = ["Hearing"]


class Hearing:
    """Takes what comes of exchanges."""

    def __init__(self, engine: Engine, telling: Telling, news: News, signer: Signer) -> None:
        self._engine = engine
        self._telling = telling
        self._news = news
        self._signer = signer
        self._queue_times: dict[int, str | None] = {}

    def hear(self, event: Any, now: float) -> None:
        """Take one event of the transport's."""
        if type(event) is Reply:
            self._hear_reply(event, now)
        elif type(event) is Failure:
            self._hear_failure(event, now)
        elif type(event) is Connected:
            self._engine.connected(event.host, now)

    def _hear_reply(self, reply: Reply, now: float) -> None:
        ask: Ask = reply.exchange.token
        response = reply.response
        engine = self._engine
        if ask.call is Call.RENEW:
            self._renewed(ask, response, now)
            return
        meaning, detail = read(ask, response)
        told = response.headers.get(QUEUE_TIME)
        if told != self._queue_times.get(ask.host):
            self._queue_times[ask.host] = told
            engine.queue_time(ask, queue_time(response) or 0.0, now)
        if ask.call is Call.LIST and meaning is Meaning.OK:
            ids = read_ids(response)
            if ids is not None:
                engine.listed(ask, ids, now)
                return
            meaning = Meaning.ODD
        elif ask.call is Call.CONFIRM and meaning is Meaning.OK:
            engine.confirmed(ask)
            self._telling.confirm(ask.parts or [], response)
            return
        elif ask.call is Call.FETCH and FORWARDED_TO in response.headers:
            engine.behind_balancer(ask.host)
        engine.heard(ask, meaning, detail, now)
        journal = self._telling.journal
        if meaning is Meaning.ACCEPTED and ask.job is not None:
            if journal is not None:
                journal.accepted(ask.job)
            self._news.submitted(ask.job.parts)
        elif journal is not None:
            self._note_refusal(ask)

    def _renewed(self, ask: Ask, response: Response, now: float) -> None:
        if response.status >= 500:
            # It has not refused: it is asked again.
            self._engine.heard(ask, Meaning.ODD, response, now)
        else:
            self._engine.renewed(self._signer.renewed(response), now)

    def _hear_failure(self, failure: Failure, now: float) -> None:
        ask: Ask = failure.exchange.token
        meaning = meaning_of_failure(failure.error, failure.may_have_run)
        # What answers in no HTTP and never has is no server that could have run anything.
        if isinstance(failure.error, NotHTTPError) and not self._engine.hosts[ask.host].was_reached:
            meaning = Meaning.UNREACHABLE
        self._engine.heard(ask, meaning, failure.error, now)
        if self._telling.journal is not None:
            self._note_refusal(ask)

    def _note_refusal(self, ask: Ask) -> None:
        job, journal = ask.job, self._telling.journal
        if ask.call is not Call.SUBMIT or job is None or journal is None:
            return
        if job.state is State.WAITING:
            journal.refused(job)
