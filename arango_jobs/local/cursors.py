"""The cursors of one Coordinator: batches, repeats, expiry (server-protocol.md §9)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from arango_jobs.local.errors import ArangoError

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Cursor", "Cursors"]


@runtime_checkable
class Closable(Protocol):
    """Rows that are made while they are read."""

    def close(self) -> None:
        """Make no more of them."""
        ...


@dataclass(slots=True)
class Cursor:
    """What is left of a query's result, and the last batch for those that ask again."""

    id: str
    database: str
    owner: str | None
    rows: Iterable[Any]
    batch_size: int
    ttl: float
    allow_retry: bool = False
    count: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    expires_at: float = 0.0
    batch: int = 0
    sent: dict[str, Any] = field(default_factory=dict)
    busy: bool = False
    _ahead: list[Any] = field(default_factory=list)
    _rows: Any = None

    def advance(self) -> dict[str, Any]:
        """Return the next batch as the API shows it."""
        if self._rows is None:
            self._rows = iter(self.rows)
        # One row more than is sent tells whether there is another batch.
        wanted = self.batch_size + 1 - len(self._ahead)
        taken = self._ahead + list(itertools.islice(self._rows, wanted))
        self._ahead = taken[self.batch_size :]
        self.batch += 1
        body: dict[str, Any] = {
            "result": taken[: self.batch_size],
            "hasMore": bool(self._ahead),
            "cached": False,
            "extra": self.extra,
            "error": False,
        }
        if self.count is not None:
            body["count"] = self.count
        if self.has_more or self.allow_retry:
            body["id"] = self.id
        if self.has_more:
            body["nextBatchId"] = str(self.batch + 1)
        self.sent = body
        return body

    def close(self) -> None:
        """Give back what a query that still runs needs."""
        if isinstance(self.rows, Closable):
            self.rows.close()

    @property
    def has_more(self) -> bool:
        """Tell whether another batch follows."""
        return bool(self._ahead)

    def batch_number(self, text: str) -> dict[str, Any]:
        """Return the batch with this id: the last one again, or the next one."""
        if text == str(self.batch):
            if not self.allow_retry:
                raise ArangoError(400, "to retry fetching the latest batch, use 'allowRetry'")
            return self.sent
        if text != str(self.batch + 1) or not self.has_more:
            raise ArangoError(1600, "batch id not found")
        return self.advance()


class Cursors:
    """Cursors by id; the expired ones go when somebody asks for one."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator
        self._cursors: dict[str, Cursor] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        self._expire()
        return len(self._cursors)

    def keep(self, cursor: Cursor) -> None:
        """Keep a cursor that has more to give; soft shutdown refuses that."""
        if self._coordinator.soft_shutdown:
            raise ArangoError(30)
        with self._lock:
            self._touch(cursor)
            self._cursors[cursor.id] = cursor

    def take(self, cursor_id: str, database: str, owner: str | None) -> Cursor:
        """Return a cursor for exclusive use; raise 1600 or 1601."""
        self._expire()
        with self._lock:
            cursor = self._cursors.get(cursor_id)
            if cursor is None or cursor.database != database:
                raise ArangoError(1600)
            if owner is not None and cursor.owner not in (None, owner):
                raise ArangoError(1600)
            if cursor.busy:
                raise ArangoError(1601)
            cursor.busy = True
            return cursor

    def give_back(self, cursor: Cursor) -> None:
        """End the exclusive use; a cursor without more to give is dropped."""
        with self._lock:
            cursor.busy = False
            if cursor.has_more or cursor.allow_retry:
                self._touch(cursor)
            else:
                self._cursors.pop(cursor.id, None)

    def drop(self, cursor_id: str) -> None:
        """Forget a cursor."""
        with self._lock:
            cursor = self._cursors.pop(cursor_id, None)
        if cursor is not None:
            cursor.close()

    def clear(self) -> None:
        """Forget all cursors."""
        with self._lock:
            cursors = list(self._cursors.values())
            self._cursors.clear()
        for cursor in cursors:
            cursor.close()

    def _touch(self, cursor: Cursor) -> None:
        cursor.expires_at = self._coordinator.clock.monotonic() + cursor.ttl

    def _expire(self) -> None:
        now = self._coordinator.clock.monotonic()
        with self._lock:
            old = [c for c in self._cursors.values() if now >= c.expires_at and not c.busy]
            for cursor in old:
                del self._cursors[cursor.id]
        for cursor in old:
            cursor.close()
