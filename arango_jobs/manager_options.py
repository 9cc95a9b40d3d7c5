"""What a `JobManager` can be told, its defaults, and the checks of what users hand in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from arango_jobs._core.engine import EngineOptions
from arango_jobs.checking import check_fields, shown
from arango_jobs.errors import OptionError
from arango_jobs.ledger import Resumed
from arango_jobs.options import positive_seconds

__all__ = ["ManagerOptions"]

_FULL = ("block", "raise")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerOptions:
    """Options of a `JobManager`; times in seconds, sizes in bytes."""

    max_in_flight: int = 10_000
    """Operations submitted and not ended, at most."""
    when_full: str = "block"
    """What `submit` does at that limit: "block", or "raise" `InFlightLimitError`."""
    submit_timeout: float | None = None
    """How long `submit` blocks before it raises `InFlightLimitError`; `None`: for ever."""
    max_jobs: int = 1024
    """Jobs on one Coordinator, at most; what it is given adapts below that."""
    max_bytes: int = 256 * 1024 * 1024
    """Bodies on their way and results not yet collected, at most."""
    queue_limit: float = 5.0
    """Queue time of the server above which it is given less."""
    deadline: float | None = None
    """From submission to the end of each operation; `None`: the client's `Timeouts.job`."""
    patience: float = 60.0
    """How long operations wait for hosts that have answered before and cannot be reached."""
    failover: float = 3.0
    """How long a job that can be repeated waits for its host before it is run on another one."""
    merge: bool = True
    """Whether operations on single documents travel as arrays while they wait."""
    merge_max_operations: int = 500
    merge_max_bytes: int = 4 * 1024 * 1024
    linger: float = 0.0
    """How long an operation waits for others to be merged with, though it could be sent."""
    client_keys: bool = False
    """Whether documents without `_key` get one of ours, so that a repeated insert does no harm."""
    conflict_retries: int = 0
    """How often a write is tried again that met another write of its document (409/1200)."""
    exclusive_user: bool = False
    """Whether no other program, and no other manager, has jobs of the same user on the server.

    Then a submission whose answer was lost can be found again among the server's jobs.
    """
    request_timeout: float = 60.0
    """For one request and its answer."""
    shutdown_timeout: float | None = None
    """How long the end of a `with` block waits for what is outstanding; `None`: for ever."""
    ledger: Any = None
    """The path of a file that keeps account of every operation, for `JobManager.recover`."""
    ledger_keep_done: bool = True
    """Whether the ledger keeps what has ended; without, it does not grow for ever."""

    def __post_init__(self) -> None:
        """Check each of them."""
        check_fields(self)
        for name in ("max_in_flight", "max_jobs", "max_bytes", "merge_max_operations"):
            _check_count(name, getattr(self, name))
        _check_count("merge_max_bytes", self.merge_max_bytes)
        _check_count("conflict_retries", self.conflict_retries, least=0)
        if self.when_full not in _FULL:
            raise OptionError(f"when_full must be 'block' or 'raise', not {self.when_full!r}")
        for name in ("submit_timeout", "deadline", "shutdown_timeout"):
            positive_seconds(name, getattr(self, name))
        for name in ("patience", "failover", "queue_limit", "request_timeout"):
            if positive_seconds(name, getattr(self, name)) is None:
                raise OptionError(f"{name} must be a number of seconds, not None")
        if not isinstance(self.ledger, (str, os.PathLike, Resumed, type(None))):
            raise OptionError(f"ledger must be a path or None, not {shown('ledger', self.ledger)}")
        if not 0 <= self.linger < 60:
            raise OptionError(f"linger must be from 0 to 60 seconds, not {self.linger!r}")

    def for_engine(self, *, can_renew: bool) -> EngineOptions:
        """Return what the engine decides by."""
        return EngineOptions(
            max_jobs=min(self.max_jobs, self.max_in_flight),
            max_bytes=self.max_bytes,
            queue_limit=self.queue_limit,
            patience=self.patience,
            failover=self.failover,
            merge=self.merge,
            merge_max_operations=self.merge_max_operations,
            merge_max_bytes=self.merge_max_bytes,
            linger=self.linger,
            can_renew=can_renew,
            exclusive_user=self.exclusive_user,
        )


def _check_count(name: str, value: object, *, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(f"{name} must be a whole number from {least}, not {value!r}")
