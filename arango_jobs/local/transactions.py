"""Stream transactions of one Coordinator.

What they write is seen by others when they commit; what they read is what was committed when they
began, and what they wrote themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store import Database
from arango_jobs.local.store import Transaction as Scope
from arango_jobs.local.store.locks import BusyError, CollectionLock

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Transaction", "Transactions"]

IDLE_SECONDS = 60.0  # --transaction.streaming-idle-timeout


@dataclass(slots=True)
class Transaction:
    """One stream transaction; `scope` is what it does to the data."""

    id: str
    database: str
    owner: str | None
    reads: frozenset[str]
    writes: frozenset[str]
    allow_implicit: bool
    last_used: float
    scope: Scope
    status: str = "running"
    # One request at a time; others wait.
    lease: CollectionLock = field(default_factory=CollectionLock)

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
        database: Database,
        *,
        owner: str | None,
        reads: frozenset[str],
        writes: frozenset[str],
        exclusive: frozenset[str],
        lock_timeout: float,
        allow_implicit: bool,
    ) -> Transaction:
        """Start a transaction, or raise `BusyError`; soft shutdown refuses it."""
        if self._coordinator.soft_shutdown:
            raise ArangoError(30)
        scope = Scope(database.store.versions)
        try:
            for name in sorted(writes):
                scope.lock(database.collection(name), exclusive=name in exclusive)
        except BusyError as error:
            scope.roll_back()
            error.seconds = lock_timeout
            raise
        scope.start()
        now = self._coordinator.clock.monotonic()
        new_id = str(self._coordinator.new_id())
        transaction = Transaction(
            new_id, database.name, owner, reads, writes, allow_implicit, now, scope
        )
        with self._lock:
            self._by_id[new_id] = transaction
            self._coordinator.deployment.open_transactions += 1
        return transaction

    def get(self, transaction_id: str, database: str, owner: str | None) -> Transaction:
        """Return a transaction, or raise 1655."""
        with self._lock:
            self.expire()
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
            if transaction.status == "running":
                with self._lease(transaction):
                    transaction.scope.commit()
                self._end(transaction, "committed")

    def abort(self, transaction: Transaction) -> None:
        """Take the writes back; raise 1653 for a committed transaction."""
        with self._lock:
            if transaction.status == "committed":
                raise ArangoError(1653, "transaction was already committed")
            if transaction.status == "running":
                transaction.scope.roll_back()
                self._end(transaction, "aborted")

    def _end(self, transaction: Transaction, status: str) -> None:
        transaction.status = status
        self._coordinator.deployment.open_transactions -= 1

    def abort_all(self) -> None:
        """Abort everything that runs."""
        for transaction in self.running():
            self.abort(transaction)
        self._by_id.clear()

    def running(self, database: str | None = None) -> list[Transaction]:
        """Return the running transactions of a database, or (None) of all."""
        with self._lock:
            self.expire()
            return [
                t
                for t in self._by_id.values()
                if t.status == "running" and database in (None, t.database)
            ]

    @contextmanager
    def use(self, transaction: Transaction) -> Iterator[Transaction]:
        """Run the block as a part of `transaction`, alone."""
        if transaction.status != "running":
            raise ArangoError(1653, f"transaction is already {transaction.status}")
        with self._lease(transaction):
            transaction.last_used = self._coordinator.clock.monotonic()
            try:
                yield transaction
            finally:
                transaction.last_used = self._coordinator.clock.monotonic()

    @contextmanager
    def _lease(self, transaction: Transaction) -> Iterator[None]:
        """Keep other requests out of `transaction`; raise `BusyError` while one is in it."""
        lease, holder = transaction.lease, object()
        with self._lock:
            if not lease.take(holder, exclusive=True):
                raise BusyError(lease, f"transaction '{transaction.id}' is already in use")
        try:
            yield
        finally:
            with self._lock:
                lease.give_back(holder)

    def expire(self) -> None:
        """Abort what was left idle too long."""
        now = self._coordinator.clock.monotonic()
        with self._lock:
            for transaction in list(self._by_id.values()):
                idle = now - transaction.last_used > IDLE_SECONDS
                if transaction.status == "running" and idle and transaction.lease.owner is None:
                    self.abort(transaction)
