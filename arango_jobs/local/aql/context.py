"""What a query is run with, and what comes back: the values of the package's interface.

Knows nothing of parsing or of running.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from arango_jobs.clock import Clock, SystemClock

__all__ = ["CollectionLike", "DatabaseLike", "QueryContext", "QueryOptions", "QueryResult"]


class CollectionLike(Protocol):
    """A collection of the store."""

    name: str
    type: int
    documents: dict[str, dict[str, Any]]
    indexes: list[Any]
    lock: Any

    def insert(self, document: Mapping[str, Any], **options: Any) -> Any:
        """Store a document."""
        ...

    def update(self, key: str, patch: Mapping[str, Any], **options: Any) -> Any:
        """Change a document."""
        ...

    def replace(self, key: str, document: Mapping[str, Any], **options: Any) -> Any:
        """Exchange a document."""
        ...

    def remove(self, key: str, **options: Any) -> Any:
        """Remove a document."""
        ...

    def edges(self, vertex_id: str, direction: str) -> list[dict[str, Any]]:
        """Return the edges at a vertex."""
        ...


class DatabaseLike(Protocol):
    """A database of the store."""

    name: str
    collections: dict[str, Any]
    graphs: dict[str, Any]

    def collection(self, name_or_id: str) -> Any:
        """Return a collection or raise 1203."""
        ...


def _always(_name: str) -> bool:
    return True


@dataclass(slots=True)
class QueryContext:
    """Where a query runs: its data, its clock, its limits and what its user may do."""

    database: DatabaseLike
    clock: Clock = field(default_factory=SystemClock)
    cancelled: threading.Event = field(default_factory=lambda: threading.Event())
    deadline: float | None = None
    memory_limit: int = 0
    can_read: Callable[[str], bool] = _always
    can_write: Callable[[str], bool] = _always
    user: str = "root"


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """How a query runs; the names are those of `options` in ``POST /_api/cursor``."""

    full_count: bool = False
    profile: int = 0
    stream: bool = False
    fail_on_warning: bool = False
    max_warning_count: int = 10
    all_plans: bool = False

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> QueryOptions:
        """Read the options that a request carries; unknown ones are ignored, as ArangoDB does."""
        limit = options.get("maxWarningCount", 10)
        return cls(
            full_count=options.get("fullCount") is True,
            profile=_level(options.get("profile")),
            stream=options.get("stream") is True,
            fail_on_warning=options.get("failOnWarning") is True,
            max_warning_count=limit if type(limit) is int and limit >= 0 else 10,
            all_plans=options.get("allPlans") is True,
        )


def _level(value: Any) -> int:
    if value is True:
        return 1
    return value if type(value) is int and 0 <= value <= 2 else 0


@dataclass(slots=True)
class QueryResult:
    """What a query gave; `stats` and `warnings` of a streamed one are complete at its end."""

    rows: Iterable[Any]
    stats: dict[str, Any]
    warnings: list[dict[str, Any]]
    modifies: bool
    plan: dict[str, Any] | None = None
    profile: dict[str, float] | None = None
