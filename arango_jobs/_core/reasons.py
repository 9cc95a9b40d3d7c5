"""What came of a call, in words and as a cause."""

from __future__ import annotations

from typing import Any

from arango_jobs._core.meanings import Meaning
from arango_jobs.operations import Response

__all__ = ["as_cause", "describe"]


def describe(meaning: Meaning, detail: Any) -> str:
    """Return what came of a call, for messages; `detail` is a response or an error."""
    if isinstance(detail, BaseException):
        return f"{meaning.value} ({detail})"
    if isinstance(detail, Response):
        return f"{meaning.value} (HTTP {detail.status})"
    return meaning.value


def as_cause(detail: Any) -> BaseException | None:
    """Return `detail` if it is an error."""
    return detail if isinstance(detail, BaseException) else None
