"""Stream transactions of one Coordinator.

Simple ones: writes take effect, and are seen by everybody, at once; abort takes them back. There is
no isolation, and the collections are not locked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.undo import UndoLog, recording

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Transaction", "Transactions"]

IDLE_SECONDS = 60.0  # --transaction.streaming-idle-timeout


@dataclass(slots=True)
class Transaction:
    """One stream transaction with what it must undo."""

    id: str
    database: str
    owner: str | None
    reads: frozenset[str]
    writes: frozenset[str]
    allow_implicit: bool
    last_used: float
    status: str = "running"
    log: UndoLog = field(default_factory=UndoLog)

    def check(self, name: str, *, write: bool) -> None:
        """Raise 1652 for a collection that was not declared."""
        if name in self.writes:
            return
        if write:
            raise ArangoError(1652, f"unregistered collection used in transaction: {name} [write]")
        if not self.allow_implicit and name not in self.reads:
            raise ArangoError(1652, f"unregistered collection used in transaction: {name} [read]")

    def describe(self) -> dict[str, Any]:
        """Return id and status as the API shows them."""
        return {"id": self.id, "status": self.status}


class Transactions:
    """Transactions by id; those left idle too long are aborted."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator
        self._by_id: dict[str, Transaction] = {}
        self._lock = threading.RLock()

    def begin(
        self,
        *,
        database: str,
        owner: str | None,
        reads: frozenset[str],
        writes: frozenset[str],
        allow_implicit: bool,
    ) -> Transaction:
        """Start a transaction; soft shutdown refuses that."""
        if self._coordinator.soft_shutdown:
            raise ArangoError(30)
        now = self._coordinator.clock.monotonic()
        with self._lock:
            self._expire(now)
            new_id = str(self._coordinator.new_id())
            transaction = Transaction(
                new_id, database, owner, reads, writes, allow_implicit, last_used=now
            )
            self._by_id[new_id] = transaction
            return transaction

    def get(self, transaction_id: str, database: str, owner: str | None) -> Transaction:
        """Return a transaction, or raise 1655."""
        with self._lock:
            self._expire(self._coordinator.clock.monotonic())
            found = self._by_id.get(transaction_id)
            if found is None or found.database != database:
                raise ArangoError(1655, f"transaction '{transaction_id}' not found")
            if owner is not None and found.owner not in (None, owner):
                raise ArangoError(1655, f"transaction '{transaction_id}' not found")
            return found

    def commit(self, transaction: Transaction) -> None:
        """Make the writes stay; raise 1653 for an aborted transaction."""
        with self._lock:
            if transaction.status == "aborted":
                raise ArangoError(1653, "transaction was already aborted")
            transaction.status = "committed"
            transaction.log = UndoLog()

    def abort(self, transaction: Transaction) -> None:
        """Take the writes back; raise 1653 for a committed transaction."""
        with self._lock:
            if transaction.status == "committed":
                raise ArangoError(1653, "transaction was already committed")
            transaction.status = "aborted"
            transaction.log.roll_back()

    def abort_all(self) -> None:
        """Abort everything that runs."""
        for transaction in self.running():
            self.abort(transaction)
        self._by_id.clear()

    def running(self, database: str | None = None) -> list[Transaction]:
        """Return the running transactions of a database, or (None) of all."""
        with self._lock:
            self._expire(self._coordinator.clock.monotonic())
            return [
                t
                for t in self._by_id.values()
                if t.status == "running" and database in (None, t.database)
            ]

    @contextmanager
    def use(self, transaction: Transaction) -> Iterator[Transaction]:
        """Run the block as a part of `transaction`; what a failed block wrote is taken back."""
        if transaction.status != "running":
            raise ArangoError(1653, f"transaction is already {transaction.status}")
        transaction.last_used = self._coordinator.clock.monotonic()
        with recording(transaction.log):
            yield transaction

    def _expire(self, now: float) -> None:
        for transaction in self._by_id.values():
            idle = now - transaction.last_used > IDLE_SECONDS
            if transaction.status == "running" and idle:
                self.abort(transaction)
