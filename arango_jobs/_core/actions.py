"""What the engine wants done: calls to make, and futures to end."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call
from arango_jobs.operations import Response

__all__ = ["Action", "Ask", "End", "Outcome", "WindowChange"]


@dataclass(slots=True, eq=False)
class Ask:
    """Make `call` to `host`; comes back to the engine with what it meant."""

    call: Call
    host: int
    sent_at: float
    job: Job | None = None
    count: int = 0
    job_id: str = ""
    database: str = ""
    epoch: int = 0
    """How many connections to the host were known when this was decided; 0: it does not matter.

    A call that takes or ends a job must not go out on a newer one: another process may
    have given the same id to a job of somebody else (server-protocol.md §2.2).
    """
    tries: int = 0
    parts: list[Any] | None = None
    """For a confirmation or an explanation: the operations that it is about."""
    otherwise: End | None = None
    """For an explanation: how they end if a second run is not safe."""
    floor: int = 0
    """For a submission: the highest id that the host had given when it was sent."""


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
    parts: list[Any]
    job: Job | None
    response: Response | None = None
    reason: str = ""
    cause: BaseException | None = None


@dataclass(slots=True, eq=False)
class WindowChange:
    """Tell that the window of `host` has changed."""

    host: int
    limit: int
    reason: str
    queue_time: float | None = field(default=None)


Action = Ask | End | WindowChange
