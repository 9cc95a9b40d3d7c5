"""Running AQL: options, rights, limits of time and memory, and the list of what runs.

The language itself is in `aql`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from arango_jobs.local.aql import QueryContext
from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Queries", "QuerySettings", "Running", "query_options"]

_QUERY_SHOWN = 4096


@dataclass(slots=True)
class QuerySettings:
    """`/_api/query/properties`."""

    enabled: bool = True
    trackSlowQueries: bool = True  # noqa: N815 - ArangoDB's names
    trackBindVars: bool = True  # noqa: N815
    maxSlowQueries: int = 64  # noqa: N815
    slowQueryThreshold: float = 10.0  # noqa: N815
    slowStreamingQueryThreshold: float = 10.0  # noqa: N815
    maxQueryStringLength: int = _QUERY_SHOWN  # noqa: N815


@dataclass(slots=True)
class Running:
    """One query that runs, or was slow."""

    id: str
    database: str
    user: str
    query: str
    bind_vars: dict[str, Any]
    stream: bool
    started: float
    started_monotonic: float
    cancelled: threading.Event = field(repr=False)
    state: str = "executing"
    run_time: float = 0.0

    def describe(self, settings: QuerySettings, run_time: float) -> dict[str, Any]:
        """Return the query as `/_api/query/current` lists it."""
        return {
            "id": self.id,
            "database": self.database,
            "user": self.user,
            "query": self.query[: settings.maxQueryStringLength],
            "bindVars": self.bind_vars if settings.trackBindVars else {},
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
            "runTime": run_time,
            "peakMemoryUsage": 0,
            "state": self.state,
            "stream": self.stream,
            "modificationQuery": False,
            "warnings": 0,
            "exitCode": 0,
        }


class Queries:
    """The queries of one Coordinator: those that run, and those that were slow."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator
        self._running: dict[str, Running] = {}
        self._slow: deque[Running] = deque(maxlen=64)
        self._lock = threading.Lock()

    @contextmanager
    def tracked(
        self, call: Call, query: str, bind_vars: dict[str, Any], stream: bool
    ) -> Iterator[Running]:
        """List a query while the block runs it."""
        clock = self._coordinator.clock
        running = Running(
            str(self._coordinator.new_id()),
            call.database.name,
            call.identity.name,
            query,
            bind_vars,
            stream,
            clock.time(),
            clock.monotonic(),
            call.cancelled or threading.Event(),
        )
        with self._lock:
            self._running[running.id] = running
        try:
            yield running
        finally:
            with self._lock:
                self._running.pop(running.id, None)
            self._note_slow(running, clock.monotonic() - running.started_monotonic)

    def _note_slow(self, running: Running, run_time: float) -> None:
        settings = self._coordinator.deployment.query_settings
        if settings.trackSlowQueries and run_time >= settings.slowQueryThreshold:
            running.state, running.run_time = "finished", run_time
            with self._lock:
                self._slow.append(running)

    def context(
        self, call: Call, running: Running, max_runtime: float, memory: int
    ) -> QueryContext:
        """Return what AQL needs to know of the call."""
        clock = self._coordinator.clock
        return QueryContext(
            database=call.data,
            clock=clock,
            cancelled=running.cancelled,
            deadline=clock.monotonic() + max_runtime if max_runtime > 0 else None,
            memory_limit=memory,
            can_write=lambda name: _allowed(call, name, write=True),
            can_read=lambda name: _allowed(call, name, write=False),
            user=call.identity.name,
        )

    def current(self, database: str | None) -> list[dict[str, Any]]:
        """Return the running queries of a database, or (None) of all."""
        now = self._coordinator.clock.monotonic()
        with self._lock:
            found = [r for r in self._running.values() if database in (None, r.database)]
        settings = self._coordinator.deployment.query_settings
        return [r.describe(settings, now - r.started_monotonic) for r in found]

    def slow(self, database: str | None) -> list[dict[str, Any]]:
        """Return the slow queries of a database, or (None) of all."""
        with self._lock:
            found = [r for r in self._slow if database in (None, r.database)]
        settings = self._coordinator.deployment.query_settings
        return [r.describe(settings, r.run_time) for r in found[-settings.maxSlowQueries :]]

    def clear_slow(self) -> None:
        """Forget the slow queries."""
        with self._lock:
            self._slow.clear()

    def kill(self, query_id: str) -> None:
        """Stop a running query, or raise 1591."""
        with self._lock:
            running = self._running.get(query_id)
        if running is None:
            raise ArangoError(1591, f"query ID {query_id} not found")
        running.state = "killed"
        running.cancelled.set()

    def kill_all(self) -> None:
        """Stop everything that runs."""
        with self._lock:
            for running in self._running.values():
                running.cancelled.set()


def _allowed(call: Call, name: str, *, write: bool) -> bool:
    call.check_collection(name, write=write)
    return True


def query_options(body: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a cursor or explain request."""
    options = body.get("options")
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise ArangoError(400, "expecting 'options' to be an object")
    return options
