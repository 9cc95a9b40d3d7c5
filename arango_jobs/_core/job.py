"""The engine's record of one request that runs as a job: one operation, or several merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol

from arango_jobs._core.rare import Rare
from arango_jobs._core.states import FOLLOWS, State
from arango_jobs.operations import Operation, OperationKind, Retry

__all__ = [
    "ALWAYS_THERE",
    "Acceptance",
    "Job",
    "Part",
    "Submission",
    "kind_of",
    "let_go",
    "rounded",
    "size_of",
]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_WAITING = State.WAITING

_STEP = 256
_SIZES = tuple(range(0, 4096 * _STEP, _STEP))

kind_of = attrgetter("kind")
"""From a job or a part to its `OperationKind`."""

ALWAYS_THERE = "_system"
"""The database that cannot be dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """Where and when jobs were sent: the same of all that were sent at once."""

    host: int
    host_name: str
    at: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """When jobs were accepted: the same of all that were accepted at once.

    `epoch` is how many connections to their host were known then.
    """

    at: float | None
    epoch: int


_NOWHERE = Submission(-1, "", None)
_NEVER = Acceptance(None, 0)


class Part(Protocol):
    """What the engine sees of a future."""

    operation: Operation[Any]
    kind: OperationKind[Any]
    key: str | None
    particular: Operation[Any] | None
    """The operation, where kind and payload do not say all of its request."""
    retry: Retry | None
    payload: bytes | None
    """The encoded body of the single request."""
    job: Any

    def done(self) -> bool:
        """Whether it has ended."""
        ...


class Job:
    """One request on its way: what it carries, where it is, what was tried."""

    __slots__ = (
        "acceptance",
        "cargo",
        "ended_at",
        "is_in_crowd",
        "job_id",
        "kind",
        "looks",
        "missed",
        "more",
        "size",
        "state",
        "submission",
    )

    def __init__(self, cargo: Any, kind: OperationKind[Any], size: int) -> None:
        self.cargo = cargo
        """Its one part, or the tuple of several: the tuple of one is not worth its memory."""
        self.kind = kind
        self.size = size
        self.state = _WAITING
        self.submission = _NOWHERE
        self.acceptance = _NEVER
        self.job_id: str | None = None
        self.ended_at: float | None = None
        self.looks = 0
        """How often it was looked at; that a list is due counts as one."""
        self.missed: float | None = None
        """Its age at the last look that found it not done, in seconds."""
        self.is_in_crowd = False
        """Whether it is looked at by lists."""
        self.more: dict[str, Any] | None = None
        """What follows; None as long as nothing is out of the ordinary."""

    @classmethod
    def of(cls, parts: Sequence[Any], size: int) -> Job:
        """Return one that carries `parts`."""
        return cls(parts[0] if len(parts) == 1 else tuple(parts), parts[0].kind, size)

    attempts: Rare[list[str] | None] = Rare(None)
    tries = Rare(0)
    """Submissions that may have run."""
    troubles = Rare(0)
    """Answers in a row that said nothing about it."""
    rounds = Rare(0)
    """Calls that brought nothing, of any sort: they make the pauses longer."""
    vain_since: Rare[float | None] = Rare(None)
    """Since when calls have brought nothing."""
    is_spent = Rare(False)
    """Whether calls have brought nothing for so long that no other is made."""
    held_until = Rare(0.0)
    """No look before this time, whatever a list says."""
    unwritten = Rare(0)
    """How often no connection carried its submission whole."""
    tidy_tries = Rare(0)
    """Calls to cancel or delete it that the server did not understand."""
    tidy_waits = Rare(0)
    """The same, and those that did not reach the server."""
    tidy_since: Rare[float | None] = Rare(None)
    """Since when they fail."""
    renewals = Rare(0)
    cancel_by: Rare[float | None] = Rare(None)
    """When waiting for a cancelled job ends; None: nobody asked for a cancel."""
    cancel_is_sent = Rare(False)
    is_abandoned = Rare(False)
    """Whether nobody waits for its result any more."""
    reads: Rare[bool | None] = Rare(None)
    """Whether the server says that its query only reads; None: it was not asked."""
    is_tidied = Rare(False)
    """Whether a call to cancel or delete it is under way or planned."""
    other_database = Rare("")

    @property
    def host(self) -> int:
        """Where it was sent; -1: nowhere yet."""
        return self.submission.host

    @property
    def host_name(self) -> str:
        """What that host is called."""
        return self.submission.host_name

    @property
    def sent_at(self) -> float | None:
        """When it was sent."""
        return self.submission.at

    @property
    def accepted_at(self) -> float | None:
        """When the host had accepted it."""
        return self.acceptance.at

    @property
    def database(self) -> str:
        """By way of which the server is asked for it; any that its user may read will do (§7)."""
        if self.more is None:
            return self.kind.database
        return self.other_database or self.kind.database

    @database.setter
    def database(self, name: str) -> None:
        self.other_database = name

    def move(self, state: State) -> None:
        """Go to `state`, which must be one that may follow."""
        if state not in FOLLOWS[self.state]:
            raise AssertionError(f"{self!r} cannot go to {state.value}")
        self.state = state

    def note(self, what: str) -> None:
        """Add `what` was tried and came of it to the history."""
        if self.attempts is None:
            self.attempts = []
        if len(self.attempts) < 50:
            self.attempts.append(what)

    @property
    def parts(self) -> tuple[Any, ...]:
        """The operations that it carries."""
        cargo = self.cargo
        return cargo if type(cargo) is tuple else (cargo,)

    @parts.setter
    def parts(self, parts: Sequence[Any]) -> None:
        self.cargo = parts[0] if len(parts) == 1 else tuple(parts)

    @property
    def timings(self) -> tuple[float | None, float | None, float | None, float | None]:
        """When it was sent, handed over, accepted and ended, on the clock of the engine's owner."""
        sent_at = self.submission.at
        return (sent_at, sent_at, self.acceptance.at, self.ended_at)

    @property
    def is_merged(self) -> bool:
        """Whether it goes out as an array request."""
        cargo = self.cargo
        return type(cargo) is tuple and len(cargo) > 1

    def split_repeatable(self, *, is_over: bool) -> tuple[list[Any], list[Any]]:
        """Return the parts that a second run cannot harm, and the others.

        `is_over`: the first run has ended, if there was one. While it may be under way an
        ordered write is not repeated unless somebody has said that it may be: the next one of
        its key could take effect and then be undone by the first run.
        """
        again: list[Any] = []
        never: list[Any] = []
        is_in_order = not is_over and self.kind.order is not None
        for part in self.parts:
            operation = part.operation
            harmless = operation.made_key or operation.effective_retry is not Retry.NEVER
            if not harmless and self.more is not None:
                harmless = self.reads is True
            if is_in_order and part.retry is None:
                harmless = operation.effective_retry is Retry.SAFE
            (again if harmless else never).append(part)
        return again, never

    @property
    def may_be_explained(self) -> bool:
        """Whether the server can tell if a second run does harm, and nobody has said so."""
        if not self.kind.is_query or self.cancel_by is not None:
            return False
        return all(part.retry is None for part in self.parts)

    def __repr__(self) -> str:
        """Show identity and state in one line."""
        many = f" x{len(self.parts)}" if self.is_merged else ""
        return f"<Job {self.kind.name}{many} {self.job_id or 'without id'} {self.state.value}>"


def let_go(jobs: Iterable[Any]) -> None:
    """Have `jobs`, which have ended, forget their parts."""
    for job in jobs:
        job.cargo = ()


def rounded(size: int) -> int:
    """Return `size` in bytes, rounded up: jobs of about one size share the number."""
    try:
        return _SIZES[-(-size // _STEP)]
    except IndexError:
        return size


def size_of(parts: Iterable[Any]) -> int:
    """Return how many bytes `parts` carry."""
    return sum(len(part.payload or b"") for part in parts)
