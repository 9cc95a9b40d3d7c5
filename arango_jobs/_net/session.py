"""The transport that goes through the user's own `requests.Session`.

    send ─▶ Crew: a thread calls Caller.call ─▶ poll's events

For sessions with proxies, adapters, hooks or auth that our own connections
cannot honour. A time limit is kept between two pieces of an answer, as
`requests` does, not over the whole of it. `Exchanges.epoch` is obeyed where the
session's pools are driven; where its `send` is called nobody can tell which
connection that takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import requests

from arango_jobs._net.crew import Crew
from arango_jobs._net.exchange import Connected, Exchanges, Failure, TransportEvent
from arango_jobs._net.hosts import Host, parse_host
from arango_jobs._net.render import RequestRenderer
from arango_jobs._net.session_calls import Caller, caller_for
from arango_jobs._net.session_connections import Numbers, Withheld
from arango_jobs._net.session_errors import converted, is_of_user_code
from arango_jobs._net.settings import NetSettings
from arango_jobs.clock import Clock, SystemClock
from arango_jobs.errors import ConnectionLostError, OptionError, RequestTimeoutError
from arango_jobs.logs import user_code_logger

__all__ = ["SessionTransport"]

# A thread that waits for an answer cannot be interrupted; `close` does not wait for it for ever.
_JOIN_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class _Call:
    exchange: Exchanges
    deadline: float


class SessionTransport:
    """Moves exchanges through `session`, on a few daemon threads.

    All methods but `wake` belong to one thread.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        session: requests.Session,
        settings: NetSettings | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        settings = settings or NetSettings()
        self._clock = clock or SystemClock()
        parsed = [parse_host(url) for url in hosts]
        # Only to refuse what would break a head before anything is sent.
        self._checkers = [RequestRenderer(host, ()) for host in parsed]
        line = _Line(parsed, self._clock)
        self._crew: Crew[_Call, TransportEvent] = Crew(
            line.perform, size=settings.session_threads, name="arango-jobs-session"
        )
        for index, host in enumerate(parsed):
            tell = partial(self._crew.tell, Connected(index))
            numbers = Numbers(tell, self._clock.monotonic)
            line.callers.append(caller_for(session, host, settings, numbers))
        self._callers = line.callers
        self._way = " and ".join(dict.fromkeys(caller.way for caller in line.callers))
        self._threads = settings.session_threads

    def send(self, exchanges: Exchanges) -> None:
        """Queue `exchanges` for the threads.

        Raises `OptionError`, and takes nothing from there on, where a method, target or header
        holds what would break the request's head.
        """
        deadline = self._clock.monotonic() + exchanges.timeout
        checker = self._checkers[exchanges.host]
        for exchange in exchanges.each():
            checker.render(exchange.template, exchange.leaves[0], len(exchange.bodies[0]))
            self._crew.give(_Call(exchange, deadline))

    def poll(self, timeout: float | None) -> list[TransportEvent]:
        """Wait until something came, `timeout` seconds passed, or `wake` was called."""
        self._clock.wait(self._crew.news, timeout)
        return self._crew.take()

    def wake(self) -> None:
        """Make a running or the next `poll` return soon; safe from any thread."""
        self._crew.news.set()

    def close(self) -> list[TransportEvent]:
        """End the threads and give a `Failure` for each exchange still under way."""
        queued, cut = self._crew.stop(_JOIN_SECONDS)
        events = self._crew.take()
        for calls, may_have_run in ((queued, False), (cut, True)):
            for call in calls:
                error = ConnectionLostError("the transport was closed")
                events.append(Failure(call.exchange, error, may_have_run))
        for caller in self._callers:
            caller.close()
        return events

    def describe(self) -> str:
        """Say in a few words which way requests go."""
        return f"the requests.Session given, through {self._way}, {self._threads} threads"


class _Line:
    """What the threads do with one exchange."""

    def __init__(self, hosts: Sequence[Host], clock: Clock) -> None:
        self.callers: list[Caller] = []
        self._hosts = hosts
        self._clock = clock
        self._said: tuple[type[BaseException], str] | None = None

    def perform(self, call: _Call) -> list[TransportEvent]:
        """Make the call; return its end."""
        index = call.exchange.host
        return [self._end(call, self._hosts[index].url, self.callers[index])]

    def _end(self, call: _Call, url: str, caller: Caller) -> TransportEvent:
        exchange = call.exchange
        timeout = call.deadline - self._clock.monotonic()
        if timeout <= 0:
            late = RequestTimeoutError(
                f"{url}: its turn did not come within {exchange.timeout:g} s"
            )
            return Failure(exchange, late, False)
        try:
            answer = caller.call(exchange.request, timeout, exchange.epoch or None)
            return exchange.answered(answer.response, answer.connection)
        except Withheld as error:
            return Failure(exchange, ConnectionLostError(f"{url}: {error}"), error.is_written)
        except OptionError as error:
            return Failure(exchange, ConnectionLostError(str(error)), False)
        except BaseException as error:  # noqa: BLE001  adapters, hooks and auth are user code
            self._tell(error, url)
            return Failure(exchange, *converted(error, url, has_retries=caller.has_retries))

    def _tell(self, error: BaseException, url: str) -> None:
        """Log `error`, if it is no other code's than the user's, once until another one comes."""
        said, self._said = self._said, (type(error), url)
        if is_of_user_code(error) and said != self._said:
            user_code_logger.error("code of the session raised for %s", url, exc_info=error)
