"""Where a load goes: a collection, through a manager that is given or made for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from arango_jobs.errors import OptionError
from arango_jobs.loader.errors import LoadStoppedError
from arango_jobs.manager import JobManager

__all__ = ["LoadTarget", "open_target"]


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
