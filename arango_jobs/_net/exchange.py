"""What goes into a transport and what comes out of it.

A transport moves `Exchanges`; it knows HTTP and sockets and nothing of jobs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, Protocol

from arango_jobs.errors import TransportError
from arango_jobs.json import loads
from arango_jobs.operations import CONTENT_LENGTH, Request, Response, Template

__all__ = ["Answered", "Connected", "Exchanges", "Failure", "Transport", "TransportEvent"]


class Exchanges:
    """Requests to one host, one after another, and an answer to each; most often many at once.

    The requests are what `template` says, each with its own of `leaves` and `bodies`. `token`
    and `items`, one for each, are whoever sent them's.

        queued ──▶ written, whole or in part ──▶ answered
           ▲────── its connection broke before it was whole

    `timeout` is in seconds from being handed to the transport until they count as broken.
    With an `epoch` none is ever written on a connection to the host that is newer than so many
    `Connected`: a request that names a job must not reach a server that has restarted
    since, where the id may be another job's; it fails with `may_have_run=False` instead.

    The rest is for the transport. Whether a request may have run is decided by where it is whole
    in its connection's stream alone. A server cannot run a request of which bytes are missing
    (its Content-Length says how many there are), so it may have run only if the kernel was
    handed all of them.
    """

    __slots__ = (
        "bodies", "deadline", "epoch", "heads", "host", "items", "leaves", "losses", "size",
        "start", "template", "timeout", "token",
    )  # fmt: skip

    deadline: float

    def __init__(
        self,
        template: Template,
        leaves: Sequence[str],
        bodies: Sequence[bytes],
        host: int,
        token: Any,
        timeout: float,
        epoch: int = 0,
        items: Sequence[Any] = (None,),
    ) -> None:
        self.template = template
        self.leaves = leaves
        self.bodies = bodies
        """The bodies, until the transport puts them behind the heads: those that are not small."""
        self.host = host
        self.token = token
        self.timeout = timeout
        self.epoch = epoch
        self.items = items
        self.heads: Sequence[bytes] = ()
        """The heads; with the body where that is small."""
        self.size = 0
        """How many bytes all of them have in a stream."""
        self.start = 0
        """Where the first begins in the stream of the connection that they were written to last."""
        self.losses = 0
        """How many connections broke after a part of one was written; then it is alone."""

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.leaves)

    @property
    def item(self) -> Any:
        """The first one's item."""
        return self.items[0]

    @property
    def target(self) -> str:
        """Path and query of the first."""
        return self.target_of(0)

    @property
    def request(self) -> Request:
        """The first as a whole request, for transports that have no use for its parts."""
        return self.template.request(self.leaves[0], self.bodies[0])

    @property
    def end(self) -> int:
        """Where the last is whole in the stream."""
        return self.start + self.size

    def target_of(self, index: int) -> str:
        """Return path and query of one of them."""
        return self.template.stem + self.leaves[index]

    def count_of(self, size: int, most: int) -> int:
        """Return how many of the first have `size` bytes, with the last of them; at most `most`."""
        count = 0
        for head, body in zip_longest(self.heads, self.bodies, fillvalue=b""):
            if count >= most or size <= 0:
                break
            size -= len(head) + len(body)
            count += 1
        return count

    def cut(self, count: int) -> Exchanges:
        """Take the first `count` off, and return them."""
        first = self._some(0, count)
        first.start = self.start
        self.start += first.size
        self.size -= first.size
        self.leaves = self.leaves[count:]
        self.bodies = self.bodies[count:]
        self.items = self.items[count:]
        self.heads = self.heads[count:]
        return first

    def each(self) -> Iterator[Exchanges]:
        """Give each of them by itself."""
        return self.parts(1)

    def parts(self, most: int) -> Iterator[Exchanges]:
        """Give them in parts of so many at most."""
        if len(self) <= most:
            yield self
            return
        start = self.start
        for begin in range(0, len(self), most):
            some = self._some(begin, begin + most)
            some.start = start
            start += some.size
            yield some

    def answered(self, response: Response, connection: int | None = None) -> Answered:
        """Return the event that tells of the only one's response, complete, on `connection`."""
        event = Answered(response.status, response.common)
        event.add(response.body, response.job_id)
        event.exchanges = [self]
        event.connection = connection
        event.only = response
        return event

    def _some(self, begin: int, end: int) -> Exchanges:
        some = Exchanges(
            self.template,
            self.leaves[begin:end],
            self.bodies[begin:end],
            self.host,
            self.token,
            self.timeout,
            self.epoch,
            self.items[begin:end],
        )
        some.losses = self.losses
        if self.heads:
            some.deadline = self.deadline
            some.heads = self.heads[begin:end]
            some.size = sum(map(len, chain(some.heads, some.bodies)))
        return some


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
        self.exchanges: list[Exchanges] = []
        """With one for each answer, in the same order."""
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
        for exchanges in self.exchanges:
            if index < len(exchanges):
                response.target = exchanges.target_of(index)
                break
            index -= len(exchanges)
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

    exchange: Exchanges
    """One alone."""
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

    def send(self, exchanges: Exchanges) -> None:
        """Take `exchanges`.

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
