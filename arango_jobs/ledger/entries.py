"""What a ledger tells of one operation."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

__all__ = ["EntryState", "LedgerEntry"]


class EntryState(enum.Enum):
    """Where an operation stood when the process that had submitted it ended."""

    DONE = "done"
    """Its future had ended; `outcome` says how."""
    HELD = "held"
    """The server has its job."""
    UNKNOWN = "unknown"
    """It may have run; `reason` says why that cannot be told."""
    NEVER_SENT = "never sent"
    """It has not run."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One operation that was handed in to a manager."""

    number: int
    """What the ledger calls it."""
    state: EntryState
    operation: str
    """Its name, such as `document.insert`."""
    target: str
    """Path and query of the single request."""
    key: str | None = None
    outcome: str = ""
    """Of what is done: succeeded, failed, cancelled, lost, unknown, deadline or unsent."""
    error: str = ""
    """Of what is done and did not succeed: the error's class and message."""
    job_id: str | None = None
    host: str = ""
    reason: str = ""
    is_repeatable: bool = False
    """Whether a second run would do no harm where the first may have run."""
    is_complete: bool = True
    """Whether it can be sent again: bodies and headers that may hold credentials are not kept."""
    body: bytes | None = field(default=None, repr=False)
    """The encoded body, `None` where there was none or it was not kept."""
