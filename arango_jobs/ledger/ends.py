"""How a future has ended, in a few words."""

from __future__ import annotations

from typing import Any

from arango_jobs._runtime.future import JobFuture
from arango_jobs.errors import (
    HostUnreachableError,
    JobDeadlineError,
    JobLostError,
    LedgerError,
    SubmitOutcomeUnknownError,
)

__all__ = ["end_of"]

_MESSAGE = 500
"""Characters of an error's message that are kept."""

_OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (JobLostError, "lost"),
    (SubmitOutcomeUnknownError, "unknown"),
    (JobDeadlineError, "deadline"),
    (HostUnreachableError, "unsent"),
    (LedgerError, "unsent"),
)


def end_of(future: JobFuture[Any]) -> tuple[int, str, str]:
    """Return its number, its outcome, and the class and message of its error."""
    if future.cancelled():
        return (future.number, "cancelled", "")
    error = future.exception(timeout=0)
    if error is None:
        return (future.number, "succeeded", "")
    outcome = next((name for cls, name in _OUTCOMES if isinstance(error, cls)), "failed")
    return (future.number, outcome, f"{type(error).__name__}: {error}"[:_MESSAGE])
