"""A transport without a network, for tests of one step.

The test says what becomes of each exchange; nothing waits and nothing runs beside it.

    transport = MemoryTransport()
    poller.step()                            # sends something
    transport.answer(202, headers={"x-arango-async-id": "1"})
    poller.step()                            # reads the answer
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from arango_jobs._net.exchange import Connected, Exchanges, Failure, TransportEvent
from arango_jobs.errors import ConnectionLostError, TransportError
from arango_jobs.operations import Response

__all__ = ["MemoryTransport", "Responder"]

Responder = Callable[[Exchanges], "Response | TransportEvent | None"]


class MemoryTransport:
    """Keeps what is sent until the test answers it.

    `sent` has every exchange in order, `waiting` those that have no end yet,
    `wakes` counts calls of `wake`, `polls` the timeouts that `poll` was given.
    A `responder` is asked once about each exchange, at the poll after `send`; it
    returns a response or an event, or `None` to leave it to `answer` and `fail`.
    """

    def __init__(self, responder: Responder | None = None) -> None:
        self.sent: list[Exchanges] = []
        self.waiting: list[Exchanges] = []
        self.polls: list[float | None] = []
        self.wakes = 0
        self.is_closed = False
        self._responder = responder
        self._fresh: deque[Exchanges] = deque()
        self._ready: list[TransportEvent] = []

    def send(self, exchanges: Exchanges) -> None:
        """Take `exchanges` and keep each until the test says what becomes of it."""
        singles = list(exchanges.each())
        self.sent += singles
        self.waiting += singles
        self._fresh += singles

    def poll(self, timeout: float | None) -> list[TransportEvent]:
        """Return what is ready; never wait."""
        self.polls.append(timeout)
        while self._fresh:
            self._ask(self._fresh.popleft())
        events, self._ready = self._ready, []
        return events

    def wake(self) -> None:
        """Count the call."""
        self.wakes += 1

    def close(self) -> list[TransportEvent]:
        """Fail what is waiting, as a connection would that broke after it was written."""
        self.is_closed = True
        while self.waiting:
            self.fail(ConnectionLostError("the transport was closed"), may_have_run=True)
        events, self._ready = self._ready, []
        return events

    def describe(self) -> str:
        """Say which way requests go."""
        return "memory"

    # What the test calls.

    def answer(
        self,
        status: int = 200,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        to: Exchanges | None = None,
        connection: int | None = None,
    ) -> Exchanges:
        """Answer `to`, or else what has waited longest; return that exchange.

        `connection` is the number of the one that it came on, `None` the newest told of.
        """
        exchange = self._taken(to)
        url = f"memory://{exchange.host}{exchange.target}"
        response = Response(status, dict(headers or {}), body, url)
        self._ready.append(exchange.answered(response, connection))
        return exchange

    def fail(
        self,
        error: TransportError | None = None,
        *,
        may_have_run: bool,
        to: Exchanges | None = None,
        connection: int = 0,
    ) -> Exchanges:
        """Fail `to`, or else what has waited longest; return that exchange.

        `connection` is the number of the one that it was on, 0 where that is not known.
        """
        exchange = self._taken(to)
        error = error or ConnectionLostError("the connection broke")
        self._ready.append(Failure(exchange, error, may_have_run, connection))
        return exchange

    def connect(self, host: int = 0, made_at: float = float("-inf")) -> None:
        """Report a new connection to `host`, on which nothing was written before `made_at`."""
        self._ready.append(Connected(host, made_at))

    def _taken(self, exchange: Exchanges | None) -> Exchanges:
        exchange = exchange or self.waiting[0]
        self.waiting.remove(exchange)
        return exchange

    def _ask(self, exchange: Exchanges) -> None:
        if self._responder is None or exchange not in self.waiting:
            return
        said = self._responder(exchange)
        if said is None:
            return
        self.waiting.remove(exchange)
        self._ready.append(exchange.answered(said) if isinstance(said, Response) else said)
