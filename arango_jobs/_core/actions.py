"""What the engine wants done: calls to make, and futures to end."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from arango_jobs._core.host import Identity
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call
from arango_jobs._core.rare import Rare
from arango_jobs.operations import Response

__all__ = [
    "Action",
    "Adopted",
    "Answers",
    "Ask",
    "Asks",
    "End",
    "Outcome",
    "Responses",
    "WindowChange",
]


class Ask:
    """Make `call` to `host`; comes back to the engine with what it meant."""

    __slots__ = ("call", "epoch", "floor", "host", "job", "more", "sent_at")

    def __init__(
        self,
        call: Call,
        host: int,
        sent_at: float,
        job: Job | None = None,
        epoch: int = 0,
        floor: int = 0,
    ) -> None:
        self.call = call
        self.host = host
        self.sent_at = sent_at
        self.job = job
        self.epoch = epoch
        """How many connections to the host were known when this was decided; 0: no matter.

        Where it matters it must not go out on a newer one: another process may answer there,
        and have given the same id to a job of somebody else (server-protocol.md §2.2).
        """
        self.floor = floor
        """For a submission: the highest id that the host had given when it was sent."""
        self.more: dict[str, Any] | None = None
        """What follows; None where the call says it all."""

    count = Rare(0)
    database = Rare("")
    tries = Rare(0)
    waits = Rare(0)
    """How often it was put off, for whatever reason."""
    parts: Rare[Sequence[Any] | None] = Rare(None)
    """For a confirmation or an explanation: the operations that it is about."""
    otherwise: Rare[End | None] = Rare(None)
    """For an explanation: how they end if a second run is not safe."""
    connection = Rare(0)
    """For a submission that broke, and who a host is: the number of the connection that it was
    on; 0: the transport does not say."""
    retry_after: Rare[float | None] = Rare(None)
    """For how many seconds the answer asks to make no other call, if it does."""
    newer: Rare[Identity | None] = Rare(None)
    """For who a host is, asked on older connections: what it has said on a newer one."""


@dataclass(slots=True, eq=False)
class Asks:
    """Make `call`, a submission or a fetch, to `host` for each of `jobs`, in their order.

    They were decided at once, so what else there is to say of them is said once.
    """

    call: Call
    host: int
    sent_at: float
    jobs: Sequence[Job]
    """Empty, once the calls are on their way."""
    epoch: int = 0
    floor: int = 0

    def alone(self, job: Job) -> Ask:
        """Return the call for one of the jobs."""
        return Ask(self.call, self.host, self.sent_at, job, self.epoch, self.floor)

    def each(self) -> Iterator[Ask]:
        """Give the call for each of the jobs."""
        return map(self.alone, self.jobs)


class Outcome(enum.Enum):
    """How futures end."""

    __hash__ = object.__hash__  # enum's own is ten times as slow, and this one is looked up often

    ANSWERED = "with the operation's own answer"
    CANCELLED = "cancelled on the server"
    LOST = "accepted, and the result can no longer be had"
    UNKNOWN = "it may have run or not"
    DEADLINE = "not ended before its deadline"
    UNSENT = "never sent"


@dataclass(slots=True, eq=False)
class End:
    """End the futures of `parts`."""

    outcome: Outcome
    parts: Sequence[Any]
    job: Job | None
    response: Response | None = None
    reason: str = ""
    cause: BaseException | None = None
    due: float = 0.0
    """When its deadline was, for that outcome."""


class Responses:
    """Responses with the same status; each is made when somebody asks for it.

    Of nearly all that come in a load the body is enough.
    """

    __slots__ = ("_make", "bodies", "status")

    def __init__(
        self, status: int, bodies: Sequence[bytes], make: Callable[[int], Response]
    ) -> None:
        self.status = status
        self.bodies = bodies
        self._make = make

    @classmethod
    def of(cls, response: Response) -> Responses:
        """Return a single one."""
        return cls(response.status, (response.body,), lambda _index: response)

    def only(self, indices: Sequence[int]) -> Responses:
        """Return those that are numbered `indices`."""
        bodies = [self.bodies[index] for index in indices]
        return Responses(self.status, bodies, lambda index: self[indices[index]])

    def __getitem__(self, index: int) -> Response:
        """Make one of them."""
        return self._make(index)

    def __iter__(self) -> Iterator[Response]:
        """Make each of them."""
        return map(self._make, range(len(self.bodies)))


@dataclass(slots=True, eq=False)
class Answers:
    """End the futures of `jobs`, which carry one part each, with the operation's own answers.

    Nothing was out of the ordinary with any of them; what was has an `End` of its own.
    """

    jobs: Sequence[Job]
    responses: Responses
    """One for each job, in the same order."""

    def ends(self) -> Iterator[End]:
        """Give the same as an `End` for each job."""
        for job, response in zip(self.jobs, self.responses, strict=True):
            yield End(Outcome.ANSWERED, job.parts, job, response)


@dataclass(slots=True, eq=False)
class WindowChange:
    """Tell that the window of `host` has changed."""

    host: int
    limit: int
    reason: str
    queue_time: float | None = field(default=None)


@dataclass(slots=True, eq=False)
class Adopted:
    """Tell that the id of `job`, whose answer to the submission broke, has been found."""

    job: Job


Action = Adopted | Answers | Ask | Asks | End | WindowChange
