"""The transport that goes through the user's own `requests.Session`.

    send ─▶ Crew: a thread calls Caller.call ─▶ poll's events

For sessions with proxies, adapters, hooks or auth that our own connections
cannot honour. `Exchanges.epoch` is obeyed where the
session's pools are driven; where its `send` is called nobody can tell which
connection that takes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Final

import requests

from arango_jobs._net.crew import Crew
from arango_jobs._net.exchange import Connected, Exchanges, Failure, TransportEvent
from arango_jobs._net.hosts import Host, parse_host
from arango_jobs._net.proxies import proxy_of
from arango_jobs._net.render import RequestRenderer
from arango_jobs._net.session_calls import Caller, caller_for
from arango_jobs._net.session_connections import Numbers, Withheld
from arango_jobs._net.session_errors import converted, is_of_user_code, late
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.time_limits import Limit, time_limit
from arango_jobs.clock import Clock, SystemClock
from arango_jobs.errors import ConnectionLostError, OptionError
from arango_jobs.logs import user_code_logger

__all__ = ["SessionTransport"]

# A thread that waits for an answer cannot be interrupted; `close` does not wait for it for ever.
_JOIN_SECONDS = 1.0
_MOMENT = 0.001
_GONE: Final = object()


@dataclass(slots=True, eq=False)
class _Call:
    exchange: Exchanges
    deadline: float
    is_begun: bool = False
    """Whether a thread may have sent something."""
    limit: Limit = field(default_factory=lambda: Limit(math.inf, may_hold_up=True))


_Ended = tuple[_Call | None, TransportEvent]


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
        self._hosts = [parse_host(url) for url in hosts]
        # Only to refuse what would break a head before anything is sent.
        self._checkers = [RequestRenderer(host, ()) for host in self._hosts]
        line = _Line(self._hosts, session, self._clock)
        self._crew: Crew[_Call, _Ended] = Crew(
            line.perform, size=settings.session_threads, name="arango-jobs-session"
        )
        for index, host in enumerate(self._hosts):
            tell = partial(self._crew.tell, (None, Connected(index)))
            numbers = Numbers(tell, self._clock.monotonic)
            line.callers.append(caller_for(session, host, settings, numbers))
        self._callers = line.callers
        self._way = " and ".join(dict.fromkeys(caller.way for caller in line.callers))
        self._threads = settings.session_threads
        self._open: dict[float, dict[_Call, None]] = {}
        """The calls that have not ended, by how long they may take: the first ends first."""

    def send(self, exchanges: Exchanges) -> None:
        """Queue `exchanges` for the threads.

        Raises `OptionError`, and takes nothing from there on, where a method, target or header
        holds what would break the request's head.
        """
        deadline = self._clock.monotonic() + exchanges.timeout
        checker = self._checkers[exchanges.host]
        waiting = self._open.setdefault(exchanges.timeout, {})
        for exchange in exchanges.each():
            checker.render(exchange.template, exchange.leaves[0], len(exchange.bodies[0]))
            call = _Call(exchange, deadline)
            waiting[call] = None
            self._crew.give(call)

    def poll(self, timeout: float | None) -> list[TransportEvent]:
        """Wait until something came, `timeout` seconds passed, or `wake` was called."""
        due = min(self._deadlines(), default=None)
        if due is not None:
            # A wait may end a little early.
            left = max(0.0, due - self._clock.monotonic()) + _MOMENT
            timeout = left if timeout is None else min(left, timeout)
        self._clock.wait(self._crew.news, timeout)
        events = self._taken()
        self._expire(events)
        return events

    def wake(self) -> None:
        """Make a running or the next `poll` return soon; safe from any thread."""
        self._crew.news.set()

    def close(self) -> list[TransportEvent]:
        """End the threads and give a `Failure` for each exchange still under way."""
        for waiting in self._open.values():
            for call in waiting:
                call.limit.end()
        queued, cut = self._crew.stop(_JOIN_SECONDS)
        events = self._taken()
        for calls, may_have_run in ((queued, False), (cut, True)):
            for call in calls:
                if self._ends(call):
                    error = ConnectionLostError("the transport was closed")
                    events.append(Failure(call.exchange, error, may_have_run))
        for caller in self._callers:
            caller.close()
        return events

    def describe(self) -> str:
        """Say in a few words which way requests go."""
        return f"the requests.Session given, through {self._way}, {self._threads} threads"

    def _deadlines(self) -> Iterator[float]:
        return (next(iter(waiting)).deadline for waiting in self._open.values() if waiting)

    def _taken(self) -> list[TransportEvent]:
        return [event for call, event in self._crew.take() if call is None or self._ends(call)]

    def _expire(self, events: list[TransportEvent]) -> None:
        """End what has waited too long; the thread that has it is left to itself.

        Adapters, hooks and auth are user code, and may take any time.
        """
        now = self._clock.monotonic()
        if min(self._deadlines(), default=math.inf) > now:
            return
        for waiting in self._open.values():
            for call in tuple(takewhile(lambda call: call.deadline <= now, waiting)):
                del waiting[call]
                call.limit.end()
                exchange = call.exchange
                error = late(self._hosts[exchange.host].url, exchange.timeout)
                # A thread that takes it from now on finds that it is late.
                events.append(Failure(exchange, error, call.is_begun))

    def _ends(self, call: _Call) -> bool:
        """Take that `call` has ended; return whether it had not before."""
        waiting = self._open[call.exchange.timeout]
        return waiting.pop(call, _GONE) is None


class _Line:
    """What the threads do with one exchange."""

    def __init__(self, hosts: Sequence[Host], session: requests.Session, clock: Clock) -> None:
        self._session = session
        self.callers: list[Caller] = []
        self._hosts = hosts
        self._clock = clock
        self._said: tuple[type[BaseException], str] | None = None

    def perform(self, call: _Call) -> list[_Ended]:
        """Make the call; return its end."""
        index = call.exchange.host
        return [(call, self._end(call, self._hosts[index].url, self.callers[index]))]

    def _end(self, call: _Call, url: str, caller: Caller) -> TransportEvent:
        exchange = call.exchange
        call.is_begun = True
        timeout = call.deadline - self._clock.monotonic()
        if timeout <= 0:
            return Failure(exchange, late(url, exchange.timeout), False)
        try:
            call.limit.deadline = min(call.limit.deadline, time.monotonic() + timeout)
            with time_limit(call.limit):
                answer = caller.call(exchange.request, timeout, exchange.epoch or None)
            return exchange.answered(answer.response, answer.connection)
        except Withheld as error:
            return Failure(exchange, ConnectionLostError(f"{url}: {error}"), error.is_written)
        except OptionError as error:
            return Failure(exchange, ConnectionLostError(str(error)), False)
        except BaseException as error:  # noqa: BLE001  adapters, hooks and auth are user code
            self._tell(error, url)
            failed = converted(
                error,
                url,
                exchange.timeout,
                has_retries=caller.has_retries,
                proxy=proxy_of(self._session, url),
            )
            return Failure(exchange, *failed)

    def _tell(self, error: BaseException, url: str) -> None:
        """Log `error`, if it is no other code's than the user's, once until another one comes."""
        said, self._said = self._said, (type(error), url)
        if is_of_user_code(error) and said != self._said:
            user_code_logger.error("code of the session raised for %s", url, exc_info=error)
