"""The `JobManager` of a python-arango database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from arango_jobs import json
from arango_jobs._runtime.future import JobFuture
from arango_jobs.api.connection import Connection
from arango_jobs.api.hosts import HostOrder
from arango_jobs.api.sending import Sender
from arango_jobs.clock import SystemClock
from arango_jobs.errors import OptionError
from arango_jobs.integrations.python_arango.calls import (
    asks_first,
    function_of,
    is_wrapper_method,
    recorded,
)
from arango_jobs.integrations.python_arango.credentials import credentials_of
from arango_jobs.integrations.python_arango.driver import AQL, StandardDatabase
from arango_jobs.integrations.python_arango.private import Parts, parts_of
from arango_jobs.integrations.python_arango.recording import Recorder, Recorders
from arango_jobs.integrations.python_arango.responses import Handler
from arango_jobs.integrations.python_arango.sessions import session_of
from arango_jobs.integrations.python_arango.wrappers import (
    ManagedCollection,
    ManagedDatabase,
    ManagedGraph,
)
from arango_jobs.managed import ManagedExecutor
from arango_jobs.manager import Handles, JobManager, View
from arango_jobs.options import Timeouts, parse_hosts

__all__ = ["PythonArangoManager"]

_NO_LIMIT = 3600.0
"""Seconds for one request where the driver's client sets no limit."""


class _Executor:
    """What the driver's wrappers hand their requests to, with the options of one handle."""

    context = "managed"

    def __init__(self, managed: ManagedExecutor, recorder: Recorder) -> None:
        self._managed = managed
        self._recorder = recorder

    def execute(self, request: Any, response_handler: Handler) -> JobFuture[Any]:
        """Take the request in and give its future."""
        managed = self._managed
        return managed.execute(self._recorder.record(request, response_handler, managed.deadline))

    def call(
        self,
        wrapper: Any,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> JobFuture[Any]:
        """Take in all that `function` sends for `wrapper` and give one future for it."""
        managed = self._managed
        return managed.execute(
            recorded(self._recorder, wrapper, function, args, kwargs, managed.deadline)
        )


class _DriverHandles(Handles):
    """The handles of `JobManager`, with the driver's wrappers."""

    _recorders: Recorders

    @property
    def db(self) -> ManagedDatabase:  # type: ignore[override]  # that driver's classes, for ours
        """The database, each of whose calls returns a `JobFuture`."""
        recorder = self._recorders.own
        return ManagedDatabase(recorder.connection, _Executor(self._executor, recorder))

    @property
    def aql(self) -> AQL:  # type: ignore[override]  # as above
        """AQL, each of whose calls returns a `JobFuture`."""
        return self.db.aql

    def collection(self, name: str) -> ManagedCollection:  # type: ignore[override]  # as above
        """Return the collection `name`, each of whose calls returns a `JobFuture`."""
        return self.db.collection(name)

    def graph(self, name: str) -> ManagedGraph:  # type: ignore[override]  # as above
        """Return the graph `name`, each of whose calls returns a `JobFuture`."""
        return self.db.graph(name)

    async def asubmit(self, target: Any, /, *args: Any, **kwargs: Any) -> JobFuture[Any]:
        """Do as `submit` in a running event loop, which is never blocked: waits for room."""
        if asks_first(target):
            operation = await asyncio.to_thread(self._operation, target, args, kwargs)
        else:
            operation = self._operation(target, args, kwargs)
        return await self._executor.execute_async(operation)

    def _operation(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not is_wrapper_method(target):
            return super()._operation(target, args, kwargs)
        wrapper = target.__self__
        return recorded(
            self._recorders.of(wrapper),
            wrapper,
            function_of(target),
            args,
            kwargs,
            self._executor.deadline,
        )


class _DriverView(_DriverHandles, View):
    """The handles with other options."""

    def __init__(self, executor: ManagedExecutor, recorders: Recorders) -> None:
        super().__init__(executor)
        self._recorders = recorders


class PythonArangoManager(_DriverHandles, JobManager):
    """A `JobManager` for a `StandardDatabase` of python-arango's.

    `db`, `collection`, `aql` and `graph` are that driver's own wrappers, and
    results and errors are its own too. Its hosts, credentials, TLS settings,
    serializers, time limit, compression of requests and HTTP client are taken
    over; which host gets a job is for the manager to decide.
    """

    def __init__(self, db: StandardDatabase, **options: Any) -> None:
        if not isinstance(db, StandardDatabase):
            raise OptionError(
                "JobManager takes what ArangoClient.db() gives, a StandardDatabase, "
                f"not {type(db).__name__}"
            )
        parts = parts_of(db.conn)
        options.setdefault("request_timeout", _time_limit(parts.http))
        connection = _own_connection(db.conn, parts)
        self._recorders = Recorders(
            db.conn, parts, connection.destination, client_keys=options.get("client_keys") is True
        )
        self._start(connection, **options)

    def _view(self, executor: ManagedExecutor) -> View:
        return _DriverView(executor, self._recorders)


def _own_connection(connection: Any, parts: Parts) -> Connection:
    """Return a connection of ours that does as the driver's."""
    hosts = parse_hosts(parts.hosts)
    sender = Sender(hosts, session_of(parts), Timeouts(), SystemClock())
    return Connection(
        sender,
        HostOrder(len(hosts)),
        connection.db_name,
        credentials_of(connection, parts),
        dumps=json.dumps,
    )


def _time_limit(client: Any) -> float:
    """Return for how many seconds the driver's client waits for an answer."""
    limit: Any = getattr(client, "request_timeout", None)
    if isinstance(limit, tuple):
        limit = limit[-1]
    is_usable = isinstance(limit, (int, float)) and not isinstance(limit, bool) and limit > 0
    return float(limit) if is_usable else _NO_LIMIT
