"""All data of the embedded server, shared by its Coordinators."""

from __future__ import annotations

import re
import threading

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.database import Database
from arango_jobs.local.store.limits import Limits
from arango_jobs.local.store.ticks import Revisions, Ticks
from arango_jobs.local.store.versions import Versions

__all__ = ["SYSTEM", "Store"]

SYSTEM = "_system"
_DATABASE_NAME = re.compile(r"[^\d\s._/:\x00-\x1f][^/:\x00-\x1f]{0,127}(?<!\s)")


class Store:
    """The databases and the counters behind them."""

    def __init__(self, *, now: float = 0.0, limits: Limits | None = None) -> None:
        self.ticks = Ticks()
        self.revisions = Revisions(int(now * 1000) << 8)
        self.limits = limits or Limits()
        self.versions = Versions()
        self.databases: dict[str, Database] = {}
        self._lock = threading.RLock()
        self.databases[SYSTEM] = Database(SYSTEM, id="1", store=self)

    def database(self, name: str) -> Database:
        """Return a database, or raise 1228."""
        found = self.databases.get(name)
        if found is None:
            raise ArangoError(1228)
        return found

    def create_database(self, name: object) -> Database:
        """Create a database; raise 1229 for a bad name and 1207 for a taken one."""
        if not isinstance(name, str) or not _DATABASE_NAME.fullmatch(name):
            raise ArangoError(1229)
        with self._lock:
            if name in self.databases:
                raise ArangoError(1207)
            database = Database(name, id=str(self.ticks.next()), store=self)
            self.databases[name] = database
            return database

    def drop_database(self, name: str) -> None:
        """Remove a database with everything in it."""
        if name == SYSTEM:
            raise ArangoError(1230, "forbidden to drop the system database", 403)
        with self._lock:
            self.database(name).release()
            del self.databases[name]
