"""What a query is run with, and what comes back: the values of the package's interface.

Knows nothing of parsing or of running.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from arango_jobs.clock import Clock, SystemClock

__all__ = [
    "CollectionLike",
    "DatabaseLike",
    "QueryContext",
    "QueryOptions",
    "QueryResult",
    "StatementLike",
]


class CollectionLike(Protocol):
    """A collection of the store, as the query sees it."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    @property
    def id(self) -> str:
        """Return its id."""
        ...

    @property
    def type(self) -> int:
        """Return its type: 2 for documents, 3 for edges."""
        ...

    @property
    def indexes(self) -> list[Any]:
        """Return its indexes."""
        ...

    def get(self, key: str) -> dict[str, Any] | None:
        """Return a document."""
        ...

    def all(self) -> list[dict[str, Any]]:
        """Return all documents."""
        ...

    def count(self) -> int:
        """Return their number."""
        ...

    def find(self, index: Any, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Return the documents that an index finds."""
        ...

    def edges(self, vertex_id: str, direction: str) -> list[dict[str, Any]]:
        """Return the edges at a vertex."""
        ...

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


class StatementLike(Protocol):
    """A query's effect on the store: all of it, or nothing."""

    @property
    def database(self) -> DatabaseLike:
        """Return the database as the query sees it."""
        ...

    def lock(self, name: str, *, exclusive: bool) -> None:
        """Get the right to write to a collection."""
        ...

    def end_writing(self) -> None:
        """Go on as a reader only."""
        ...

    def end(self, *, keep: bool) -> None:
        """Let what was written take effect, or take it back."""
        ...


class DatabaseLike(Protocol):
    """A database of the store."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    @property
    def collections(self) -> Mapping[str, Any]:
        """Return the collections by name, to be listed."""
        ...

    @property
    def graphs(self) -> Mapping[str, Any]:
        """Return the graphs by name."""
        ...

    def collection(self, name_or_id: str) -> Any:
        """Return a collection or raise 1203."""
        ...

    def find(self, name: str) -> Any:
        """Return a collection or None."""
        ...

    def commit_so_far(self) -> bool:
        """Commit what the query has written; return False where it is a part of something."""
        ...

    def begin(self) -> StatementLike:
        """Begin a statement."""
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
    # For how long one pattern may be matched against one text.
    pattern_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """How a query runs; the names are those of `options` in ``POST /_api/cursor``."""

    full_count: bool = False
    profile: int = 0
    stream: bool = False
    fail_on_warning: bool = False
    max_warning_count: int = 10
    all_plans: bool = False
    # So many writes are committed before the query ends.
    intermediate_commit_count: int = 1_000_000

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> QueryOptions:
        """Read the options that a request carries; unknown ones are ignored, as ArangoDB does."""
        limit = options.get("maxWarningCount", 10)
        commit = options.get("intermediateCommitCount")
        return cls(
            full_count=options.get("fullCount") is True,
            profile=_level(options.get("profile")),
            stream=options.get("stream") is True,
            fail_on_warning=options.get("failOnWarning") is True,
            max_warning_count=limit if type(limit) is int and limit >= 0 else 10,
            all_plans=options.get("allPlans") is True,
            intermediate_commit_count=commit if type(commit) is int and commit > 0 else 1_000_000,
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
