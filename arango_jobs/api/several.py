"""One call of a wrapper that takes more than one request.

    import_bulk(documents, batch_size=1000) ─▶ Several ─▶ requests ─▶ outcomes ─▶ one result

Whoever executes it runs every operation and hands all outcomes to `join`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from arango_jobs.operations import Operation

__all__ = ["Outcome", "Several"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation: a value, an error, or neither where it was not sent."""

    value: Any = None
    error: Exception | None = None
    was_sent: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Several(Generic[T]):
    """Operations that belong together, and how their outcomes become one result."""

    name: str
    operations: tuple[Operation[Any], ...]
    join: Callable[[Sequence[Outcome]], T]
    """Gets one outcome per operation, in their order; returns the result or raises."""
    stops: bool = False
    """Whether the first error keeps the rest from being sent, where they run one by one."""
