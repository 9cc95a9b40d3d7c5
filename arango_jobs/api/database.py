"""A database in each of its contexts."""

from __future__ import annotations

from typing import Literal, overload

from typing_extensions import TypeVar

from arango_jobs.api.aql import AQL
from arango_jobs.api.by_id import DocumentsById
from arango_jobs.api.collections import Collections
from arango_jobs.api.context import Async, C, Forget
from arango_jobs.api.databases import Databases
from arango_jobs.api.executors import AsyncExecutor
from arango_jobs.api.graph_admin import Graphs
from arango_jobs.api.jobs import AsyncJobs
from arango_jobs.api.raw import RawRequests
from arango_jobs.api.server import Server
from arango_jobs.api.users import Users
from arango_jobs.checking import checked

__all__ = ["AsyncDatabase", "Database", "StandardDatabase"]

A = TypeVar("A", Async, Forget, default=Async)


class Database(
    Collections[C],
    Graphs[C],
    DocumentsById[C],
    Databases[C],
    Users[C],
    AsyncJobs[C],
    Server[C],
    RawRequests[C],
):
    """Everything that can be asked of a database."""

    @property
    def name(self) -> str:
        """The database's name."""
        return self._connection.database

    @property
    def aql(self) -> AQL[C]:
        """AQL queries."""
        return AQL(self._executor)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class StandardDatabase(Database[C]):
    """A database whose calls are sent now and return their results, unless marked otherwise."""

    @overload
    def begin_async_execution(
        self, return_result: Literal[True] = True
    ) -> AsyncDatabase[Async]: ...
    @overload
    def begin_async_execution(self, return_result: Literal[False]) -> AsyncDatabase[Forget]: ...
    @overload
    def begin_async_execution(
        self, return_result: bool
    ) -> AsyncDatabase[Async] | AsyncDatabase[Forget]: ...
    @checked
    def begin_async_execution(
        self, return_result: bool = True
    ) -> AsyncDatabase[Async] | AsyncDatabase[Forget]:
        """Return this database with each call made a job on the server.

        Calls return an `AsyncJob`; or `None` where `return_result` is false and
        the server throws the results away.
        """
        database: AsyncDatabase[Async] = AsyncDatabase(
            AsyncExecutor(self._connection, return_result)
        )
        return database


class AsyncDatabase(Database[A]):
    """A database whose calls become jobs on the server."""
