"""What goes into a transport and what comes out of it.

A transport moves `Exchange`s; it knows HTTP and sockets and nothing of jobs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from arango_jobs.errors import TransportError
from arango_jobs.operations import Request, Response

__all__ = ["Connected", "Exchange", "Failure", "Reply", "Transport", "TransportEvent"]


@dataclass(slots=True, eq=False)
class Exchange:
    """One request to one host; `token` comes back with whatever became of it."""

    request: Request = field(repr=False)
    host: int
    token: Any
    timeout: float
    """Seconds from being handed to the transport until it counts as broken."""
    epoch: int | None = None
    """Never to be written on a connection to the host that is newer than this many `Connected`.

    A request that names a job must not reach a server that has restarted since,
    where the id may be another job's; it fails with `may_have_run=False` instead.
    """


@dataclass(slots=True, eq=False)
class Reply:
    """A complete response."""

    exchange: Exchange
    response: Response = field(repr=False)


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


@dataclass(slots=True, eq=False)
class Connected:
    """A new connection to `host` stands (the server behind it may be another process)."""

    host: int


TransportEvent = Reply | Failure | Connected


class Transport(Protocol):
    """Moves exchanges. All but `wake` are called by one thread only."""

    def send(self, exchange: Exchange) -> None:
        """Take `exchange`; what becomes of it comes out of `poll`, exactly once."""
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
