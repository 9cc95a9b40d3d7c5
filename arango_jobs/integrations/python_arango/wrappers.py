"""python-arango's own wrappers, with each call made a `JobFuture`.

They are subclasses only where a call of theirs needs more than an executor:
what has to be known at once, and what takes several requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from arango_jobs._runtime.future import JobFuture
from arango_jobs.errors import UnsupportedInContextError
from arango_jobs.integrations.python_arango.driver import (
    Database,
    EdgeCollection,
    Graph,
    StandardCollection,
    VertexCollection,
)
from arango_jobs.integrations.python_arango.responses import Handler

__all__ = ["Executor", "ManagedDatabase"]


class Executor(Protocol):
    """What the wrappers hand their requests to."""

    context: str

    def execute(self, request: Any, response_handler: Handler) -> JobFuture[Any]:
        """Take the request in and give its future."""
        ...

    def call(
        self, wrapper: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any
    ) -> JobFuture[Any]:
        """Take in all that `function` sends for `wrapper` and give one future for it."""
        ...


class _Collection:
    """What every kind of collection has that needs more than an executor."""

    _jobs: Executor

    def find_in_box(self, *args: Any, **kwargs: Any) -> Any:
        """Return the documents in a rectangle; the geo index is looked up before this returns."""
        return self._jobs.call(self, StandardCollection.find_in_box, args, kwargs)

    def import_bulk(self, *args: Any, **kwargs: Any) -> Any:
        """Import documents in bulk: one future, also for several batches."""
        return self._jobs.call(self, StandardCollection.import_bulk, args, kwargs)

    def __iter__(self) -> Any:
        raise _at_once("iterating over a collection", "all()")

    def __len__(self) -> int:
        raise _at_once("len() of a collection", "count()")

    def __bool__(self) -> bool:
        # Without it the truth of a collection would be its length.
        return True

    def __contains__(self, document: object) -> bool:
        raise _at_once("`in` a collection", "has()")


def _at_once(what: str, instead: str) -> UnsupportedInContextError:
    return UnsupportedInContextError(
        f"{what} needs an answer at once, which a JobManager's wrappers cannot give; call "
        f"{instead} and wait for its future instead"
    )


class ManagedCollection(_Collection, StandardCollection):
    """A collection, each of whose calls returns a `JobFuture`."""

    def __init__(self, connection: Any, executor: Any, name: str) -> None:
        super().__init__(connection, executor, name)
        self._jobs = executor


class ManagedVertexCollection(_Collection, VertexCollection):
    """A vertex collection, each of whose calls returns a `JobFuture`."""

    def __init__(self, connection: Any, executor: Any, graph: str, name: str) -> None:
        super().__init__(connection, executor, graph, name)
        self._jobs = executor


class ManagedEdgeCollection(_Collection, EdgeCollection):
    """An edge collection, each of whose calls returns a `JobFuture`."""

    def __init__(self, connection: Any, executor: Any, graph: str, name: str) -> None:
        super().__init__(connection, executor, graph, name)
        self._jobs = executor


class ManagedGraph(Graph):
    """A graph, each of whose calls returns a `JobFuture`."""

    def __init__(self, connection: Any, executor: Any, name: str) -> None:
        super().__init__(connection, executor, name)
        self._jobs = executor

    def vertex_collection(self, name: str) -> ManagedVertexCollection:
        """Return the vertex collection `name`."""
        return ManagedVertexCollection(self.conn, self._jobs, self.name, name)

    def edge_collection(self, name: str) -> ManagedEdgeCollection:
        """Return the edge collection `name`."""
        return ManagedEdgeCollection(self.conn, self._jobs, self.name, name)


class ManagedDatabase(Database):
    """A database, each of whose calls returns a `JobFuture`."""

    def __init__(self, connection: Any, executor: Any) -> None:
        super().__init__(connection, executor)
        self._jobs = executor

    def collection(self, name: str) -> ManagedCollection:
        """Return the collection `name`."""
        return ManagedCollection(self.conn, self._jobs, name)

    def graph(self, name: str) -> ManagedGraph:
        """Return the graph `name`."""
        return ManagedGraph(self.conn, self._jobs, name)

    def __repr__(self) -> str:
        return f"<ManagedDatabase {self.name}>"
