"""What goes into a transport and what comes out of it.

A transport moves `Exchange`s; it knows HTTP and sockets and nothing of jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from arango_jobs.errors import TransportError
from arango_jobs.json import loads
from arango_jobs.operations import CONTENT_LENGTH, Request, Response, Template

__all__ = ["Answered", "Connected", "Exchange", "Failure", "Transport", "TransportEvent"]


class Exchange:
    """One request to one host; `token` and `item` are whoever sent it's.

    The request is what `template` says, with its own `leaf` and `body`.

        queued ──▶ written, whole or in part ──▶ answered
           ▲────── its connection broke before it was whole

    `timeout` is in seconds from being handed to the transport until it counts as broken.
    With an `epoch` it is never written on a connection to the host that is newer than so many
    `Connected`: a request that names a job must not reach a server that has restarted
    since, where the id may be another job's; it fails with `may_have_run=False` instead.

    The rest is for the transport. Whether a request may have run is decided by `end` alone:
    the position in its connection's stream at which it is whole. A server cannot run a
    request of which bytes are missing (its Content-Length says how many there are), so it
    may have run only if the kernel was handed all of them.
    """

    __slots__ = (
        "body", "deadline", "end", "epoch", "head", "host", "item", "leaf", "losses", "size",
        "template", "timeout", "token",
    )  # fmt: skip

    head: bytes
    """The head; with the body where that is small."""
    body: bytes
    """The body, until the transport puts it behind the head."""
    size: int
    """How many bytes it has in a stream."""
    deadline: float
    end: int
    """Where it is whole in the stream of the connection that it was written to last."""

    def __init__(
        self,
        template: Template,
        leaf: str,
        body: bytes,
        host: int,
        token: Any,
        timeout: float,
        epoch: int = 0,
        item: Any = None,
    ) -> None:
        self.template = template
        self.leaf = leaf
        self.body = body
        self.host = host
        self.token = token
        self.timeout = timeout
        self.epoch = epoch
        self.item = item
        self.losses = 0
        """How many connections broke after a part of it was written."""

    @property
    def target(self) -> str:
        """Path and query."""
        return self.template.stem + self.leaf

    @property
    def request(self) -> Request:
        """The whole request, for transports that have no use for its parts."""
        return self.template.request(self.leaf, self.body)

    def answered(self, response: Response, connection: int | None = None) -> Answered:
        """Return the event that tells of its response, complete, which came on `connection`."""
        event = Answered(response.status, response.common)
        event.add(response.body, response.job_id)
        event.exchanges = [self]
        event.connection = connection
        event.only = response
        return event


class Answered:
    """Exchanges that were answered, one after another on one connection, and the answers.

    Nearly all answers in a load differ from those before and behind them in a job's id, the body
    and its length alone. So they are not taken apart one by one: there is one event for as many
    as follow each other, and one of many answers costs no more than an element of two lists.
    """

    __slots__ = (
        "base", "bodies", "common", "connection", "exchanges", "is_sized", "job_ids", "only",
        "status",
    )  # fmt: skip

    def __init__(self, status: int, common: dict[str, str], *, is_sized: bool = False) -> None:
        self.status = status
        self.common = common
        """Their headers, but for an id of a job and a length that have been cut out."""
        self.is_sized = is_sized
        """Whether a `content-length` has been cut out."""
        self.bodies: list[bytes] = []
        self.job_ids: list[str | None] = []
        """What `x-arango-async-id` says; of some that are told together either all have one
        or none has."""
        self.exchanges: list[Exchange] = []
        """One for each answer, in the same order."""
        self.base = ""
        """The host."""
        self.connection: int | None = None
        """Which one they came on, counted in `Connected`; None: the newest told of."""
        self.only: Response | None = None
        """The answer, where it is one and was made one before."""

    def add(self, body: bytes, job_id: str | None) -> None:
        """Add an answer."""
        self.bodies.append(body)
        self.job_ids.append(job_id)

    def response(self, index: int) -> Response:
        """Return one of the answers."""
        if self.only is not None:
            return self.only
        common, body, job_id = self.common, self.bodies[index], self.job_ids[index]
        if self.is_sized:
            common = {**common, CONTENT_LENGTH: str(len(body))}
        response = Response(self.status, common, body, self.base, loads, job_id)
        if self.exchanges:
            response.target = self.exchanges[index].target
        return response

    def cut(self, count: int) -> None:
        """Leave only the first `count` answers."""
        del self.bodies[count:], self.job_ids[count:]


@dataclass(slots=True, eq=False)
class Failure:
    """No complete response.

    `may_have_run` is False only where no byte of the request can have been acted
    upon: connection refused, name not resolved, still queued when the connection
    broke, or an idle connection that was closed before the first byte was written.
    """

    exchange: Exchange
    error: TransportError
    may_have_run: bool
    connection: int = 0
    """The number of the connection on which it was written, whole and once; 0: not known.

    On one connection the server acts upon requests in the order in which they fail.
    """


@dataclass(slots=True, eq=False)
class Connected:
    """A new connection to `host` stands (the server behind it may be another process)."""

    host: int
    made_at: float = float("-inf")
    """A time before anything was written on it, by the clock of whoever polls."""


TransportEvent = Answered | Failure | Connected


class Transport(Protocol):
    """Moves exchanges. All but `wake` are called by one thread only."""

    def send(self, *exchanges: Exchange) -> None:
        """Take `exchanges`, which have template, host and timeout in common.

        What becomes of each comes out of `poll`, exactly once.
        """
        ...

    def poll(self, timeout: float | None) -> list[TransportEvent]:
        """Write and read until something came, `timeout` seconds passed, or `wake` was called."""
        ...

    def wake(self) -> None:
        """Make a running or the next `poll` return soon; safe from any thread."""
        ...

    def close(self) -> list[TransportEvent]:
        """Close every connection and give a `Failure` for each exchange still under way."""
        ...

    def describe(self) -> str:
        """Say in a few words which way requests go (for the log and for `stats`)."""
        ...
