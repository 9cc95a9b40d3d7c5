"""One request on its way to a handler: what was asked, by whom, on which data.

The handlers' view of the server. Reads parameters as ArangoDB reads them and checks rights.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.identity import Identity
from arango_jobs.local.messages import Request
from arango_jobs.local.store import Collection, Database, DatabaseView, Documents, Statement
from arango_jobs.local.transactions import Transaction

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Call", "is_true"]

_MAX_NUMBER = 2**63 - 1
_TRUE = frozenset({"true", "yes", "on", "y", "1", "✓"})


def is_true(text: str) -> bool:
    """Read a boolean parameter: 1, true, yes, on."""
    return text.strip().lower() in _TRUE


class Call:
    """A routed request."""

    __slots__ = (
        "cancelled",
        "coordinator",
        "database",
        "identity",
        "params",
        "path",
        "query",
        "request",
        "transaction",
    )

    def __init__(
        self,
        request: Request,
        coordinator: Coordinator,
        database: Database,
        identity: Identity,
        path: str,
        params: dict[str, str],
        query: dict[str, str],
    ) -> None:
        self.request = request
        self.coordinator = coordinator
        self.database = database
        self.identity = identity
        self.path = path
        self.params = params
        self.query = query
        # Made only for work that can be interrupted.
        self.cancelled: threading.Event | None = None
        self.transaction: Transaction | None = None

    # parameters

    def header(self, name: str) -> str | None:
        """Return a request header by its lower-case name."""
        return self.request.headers.get(name)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean query parameter."""
        text = self.query.get(name)
        return default if text is None else is_true(text)

    def number(self, name: str, default: int) -> int:
        """Return a whole-number query parameter; leading digits count, else it is 0."""
        text = self.query.get(name)
        if text is None:
            return default
        digits = ""
        for character in text[:20]:
            if not ("0" <= character <= "9"):
                break
            digits += character
        return min(int(digits or 0), _MAX_NUMBER)

    def required(self, name: str) -> str:
        """Return a query parameter that must be there."""
        text = self.query.get(name)
        if not text:
            raise ArangoError(400, f"'{name}' is missing, expecting a value")
        return text

    def json(self) -> Any:
        """Return the decoded body, or raise 600."""
        try:
            return orjson.loads(self.request.body)
        except orjson.JSONDecodeError as error:
            raise ArangoError(600, f"VPackError error: {error}") from error

    def json_object(self, *, optional: bool = False) -> dict[str, Any]:
        """Return the body, which must be an object."""
        if optional and not self.request.body.strip():
            return {}
        value = self.json()
        if not isinstance(value, dict):
            raise ArangoError(400, "expecting a JSON object in the body")
        return value

    # rights

    def collection(self, name: str, *, write: bool = False) -> Collection:
        """Return a collection that the sender may read, or write; else 1203, 11 or 1004."""
        collection = self.database.collection(name)
        self.check_collection(collection.name, write=write)
        return collection

    def reading(self, name: str) -> Documents:
        """Return a collection, as a stream transaction sees it, that the sender may read."""
        collection = self.collection(name)
        return collection if self.transaction is None else self.seen(collection)

    def writing(self, name: str) -> Documents:
        """Return a collection, as a stream transaction sees it, that the sender may write to."""
        collection = self.collection(name, write=True)
        return collection if self.transaction is None else self.seen(collection)

    def seen(self, collection: Collection) -> Documents:
        """Return a collection as a stream transaction sees it."""
        transaction = self.transaction
        return collection if transaction is None else transaction.scope.view(collection)

    @property
    def is_costly(self) -> bool:
        """Tell whether documents are written that take long: to compute, or to match patterns."""
        name = self.params.get("collection") or self.query.get("collection", "")
        return name in self.database.costly

    @contextmanager
    def alone(self, collection: Collection) -> Iterator[Statement]:
        """Lock a collection for the block; `BusyError` if others write to it."""
        with self.statement() as statement:
            statement.writing(collection, exclusive=True)
            yield statement

    def statement(self) -> Statement:
        """Begin a statement, which takes effect as a whole or not at all."""
        if self.transaction is None:
            return self.database.begin()
        return Statement(self.database, self.transaction.scope, is_part=True)

    @property
    def data(self) -> Database | DatabaseView:
        """Return the database, as a stream transaction sees it."""
        if self.transaction is None:
            return self.database
        return DatabaseView(self.database, self.transaction.scope)

    def check_collection(self, name: str, *, write: bool = False) -> None:
        """Raise 11 or 1004 if the sender may not read, or write, a collection."""
        if self.transaction is not None:
            self.transaction.check(name, write=write)
        identity = self.identity
        if identity.superuser:
            return
        level = identity.collection_level(self.database.name, name)
        if level == "none":
            raise ArangoError(11, f"insufficient rights on collection '{name}'")
        if write and level != "rw":
            raise ArangoError(1004)

    def check_database_write(self) -> None:
        """Raise 11 if the sender may not create or drop things in the database."""
        if self.identity.database_level(self.database.name) != "rw":
            raise ArangoError(11)

    def check_admin(self) -> None:
        """Raise 11 if the sender may not administer the server."""
        if not self.identity.is_admin():
            raise ArangoError(11)

    def check_system(self) -> None:
        """Raise 1230 outside the system database."""
        if self.database.name != "_system":
            raise ArangoError(1230)
