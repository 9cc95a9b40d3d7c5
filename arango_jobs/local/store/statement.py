"""Statements: a query, an array or an import, which takes effect as a whole or not at all.

Alone it is a transaction, inside a stream transaction a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from arango_jobs.local.store.collection import Collection
from arango_jobs.local.store.transaction import Transaction, View

if TYPE_CHECKING:
    from arango_jobs.local.store.database import Database, Graph

__all__ = ["DatabaseView", "Statement"]


class DatabaseView:
    """A database as one transaction sees it."""

    __slots__ = ("_database", "_is_whole", "_transaction")

    def __init__(
        self, database: Database, transaction: Transaction, *, is_whole: bool = False
    ) -> None:
        self._is_whole = is_whole
        self._database = database
        self._transaction = transaction

    @property
    def name(self) -> str:
        """Return the database's name."""
        return self._database.name

    @property
    def graphs(self) -> Mapping[str, Graph]:
        """Return the graphs by name."""
        return self._database.graphs

    @property
    def collections(self) -> Mapping[str, Any]:
        """Return the collections by name, as they are for everybody."""
        return self._database.collections

    def collection(self, name_or_id: str) -> View:
        """Return a collection by its name or numeric id, or raise 1203."""
        return self._transaction.view(self._database.collection(name_or_id))

    def find(self, name: str) -> View | None:
        """Return a collection by its name, or None."""
        found = self._database.collections.get(name)
        return None if found is None else self._transaction.view(found)

    def commit_so_far(self) -> bool:
        """Commit what was written; return False for a part of a stream transaction."""
        if self._is_whole:
            self._transaction.commit_so_far()
        return self._is_whole

    def begin(self) -> Statement:
        """Begin a statement that is a part of the transaction."""
        return Statement(self._database, self._transaction, is_part=True)


class Statement:
    """One statement. As a context manager it commits, or rolls back what a failed block wrote."""

    __slots__ = ("_is_part", "_savepoint", "database", "transaction")

    def __init__(self, database: Database, transaction: Transaction, *, is_part: bool) -> None:
        self.database = DatabaseView(database, transaction, is_whole=not is_part)
        self.transaction = transaction
        self._is_part = is_part
        self._savepoint = transaction.begin_part() if is_part else None

    def __enter__(self) -> Statement:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end(keep=kind is None)

    def writing(self, collection: Collection, *, exclusive: bool = False) -> View:
        """Return a collection to write to; raise `BusyError` if others lock it."""
        self.transaction.lock(collection, exclusive=exclusive)
        return self.transaction.view(collection)

    def lock(self, name: str, *, exclusive: bool) -> None:
        """Get the right to write to a collection; raise `BusyError` if others lock it."""
        self.transaction.lock(self.database.collection(name).home, exclusive=exclusive)

    def end_writing(self) -> None:
        """Go on as a reader only: a part of a transaction is over with that."""
        if self._is_part:
            self.end(keep=True)

    def end(self, *, keep: bool) -> None:
        """Let what was written take effect, or take it back."""
        savepoint, self._savepoint = self._savepoint, None
        if savepoint is not None:
            self.transaction.end_part(savepoint, keep=keep)
        elif self._is_part:
            return
        elif keep:
            self.transaction.commit()
        else:
            self.transaction.roll_back()
