"""Where a load goes: a collection, through a manager that is given or made for it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from arango_jobs import json
from arango_jobs.api.connection import Connection
from arango_jobs.api.decode import reading
from arango_jobs.errors import DatabaseCreateError, OptionError
from arango_jobs.loader.errors import LoadStoppedError
from arango_jobs.manager import JobManager
from arango_jobs.operations import Operation, OperationKind

__all__ = ["LoadTarget", "open_target", "serializer_of"]

_NO_DATABASE, _DUPLICATE_NAME = 1228, 1207


class LoadTarget:
    """One collection of a manager's database."""

    def __init__(self, jobs: JobManager, name: str) -> None:
        self._jobs = jobs
        self._name = name
        self._collection: Any = jobs.collection(name)
        self._requests_before = jobs.stats().requests

    @property
    def database(self) -> str:
        """The name of the database."""
        return str(self._jobs.db.name)

    def prepare(self, *, create: bool, edge: bool) -> None:
        """See that the collection is there and of the right type; make it if `create`."""
        database: Any = self._jobs.db
        wanted = "an edge" if edge else "a document"
        if not database.has_collection(self._name).result():
            if not create:
                raise LoadStoppedError(f"there is no collection {self._name!r} in {self.database}")
            database.create_collection(self._name, edge=edge).result()
            return
        properties = self._collection.properties().result()
        if bool(properties.get("edge")) != edge:
            hint = "without edge" if edge else "with edge, from_field and to_field"
            raise LoadStoppedError(
                f"the collection {self._name!r} is not {wanted} collection; load {hint}"
            )

    def make_database(self) -> None:
        """Make the database if it is not there; its user may use it."""
        database: Any = self._jobs.db
        try:
            database.has_collection(self._name).result()
        except Exception as error:
            if getattr(error, "error_code", None) != _NO_DATABASE:
                raise
            self._jobs.submit(_creation(self.database, database.username)).result()

    def empty(self) -> None:
        """Take all documents out of the collection."""
        self._collection.truncate().result()

    def insert_many(
        self, documents: Sequence[Any], *, overwrite_mode: str | None = None
    ) -> Future[Any]:
        """Insert documents; the result has metadata or an error for each."""
        future: Future[Any] = self._collection.insert_many(documents, overwrite_mode=overwrite_mode)
        return future

    def get_many(self, documents: Sequence[Any]) -> Future[Any]:
        """Return the documents that are there."""
        future: Future[Any] = self._collection.get_many(documents)
        return future

    def state(self) -> tuple[int, int, float | None]:
        """Return requests so far, the window of all hosts, and their longest queue time."""
        stats = self._jobs.stats()
        times = [host.queue_time for host in stats.hosts if host.queue_time is not None]
        return (
            stats.requests - self._requests_before,
            sum(host.window for host in stats.hosts),
            max(times, default=None),
        )


def _creation(name: str, username: str | None) -> Operation[bool]:
    """Return what makes a database. It belongs to `_system`, whatever database a target is."""
    users = {} if username is None else {"users": [{"username": username}]}
    kind = OperationKind(
        "database.create",
        "POST",
        "_system",
        "/_api/database",
        reading(lambda _: True, false_on=(_DUPLICATE_NAME,)),
        DatabaseCreateError,
    )
    return Operation(kind, {"name": name, **users})


def serializer_of(target: Any) -> Callable[[Any], bytes | str] | None:
    """Return the serializer that the user gave the target's client, `None` where there is none.

    What python-arango's client has is the user's if it takes a value that JSON has not.
    """
    connection = getattr(getattr(target, "db", target), "conn", None)
    if isinstance(connection, Connection):
        return None if connection.encoder is json.dumps else connection.dumps
    serialize: Any = getattr(connection, "serialize", None)
    return serialize if callable(serialize) and _takes_more(serialize) else None


_NOT_JSON: tuple[Any, ...] = (
    datetime.datetime(2000, 1, 1),
    Decimal(1),
    UUID(int=0),
    b"",
    frozenset(),
)


def _takes_more(serialize: Callable[[Any], Any]) -> bool:
    for value in _NOT_JSON:
        try:
            serialize(value)
        except Exception:  # noqa: BLE001  whatever it raises, it does not take this value
            continue
        return True
    return False


@contextmanager
def open_target(target: Any, name: str) -> Iterator[LoadTarget]:
    """Give the collection `name` of a database or a `JobManager`."""
    if not isinstance(name, str) or not name:
        raise OptionError(f"the name of a collection must be a string, not {name!r}")
    if isinstance(target, JobManager):
        yield LoadTarget(target, name)
        return
    with JobManager(target) as jobs:
        yield LoadTarget(jobs, name)
