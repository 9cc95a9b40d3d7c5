"""What goes into a transport and what comes out of it.

A transport moves `Exchange`s; it knows HTTP and sockets and nothing of jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from arango_jobs.errors import TransportError
from arango_jobs.operations import Request, Response, Template

__all__ = ["Connected", "Exchange", "Failure", "Transport", "TransportEvent"]


class Exchange:
    """One request to one host, and in the end its response; `token` is whoever sent it's.

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
        "body", "connection", "deadline", "end", "epoch", "head", "host", "leaf", "losses",
        "response", "size", "template", "timeout", "token",
    )  # fmt: skip

    response: Response
    """Not set before it has come: an exchange among the events of a transport has it."""
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
    ) -> None:
        self.template = template
        self.leaf = leaf
        self.body = body
        self.host = host
        self.token = token
        self.timeout = timeout
        self.epoch = epoch
        self.connection: int | None = None
        """Which one its response came on, counted in `Connected`; None: the newest told of."""
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

    def answered(self, response: Response) -> Exchange:
        """Take the response, complete; return itself, as the event that tells of it."""
        self.response = response
        return self


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


TransportEvent = Exchange | Failure | Connected
"""An exchange is its own reply."""


class Transport(Protocol):
    """Moves exchanges. All but `wake` are called by one thread only."""

    def send(self, *exchanges: Exchange) -> None:
        """Take `exchanges`; what becomes of each comes out of `poll`, exactly once."""
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
