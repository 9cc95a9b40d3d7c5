"""An embedded server that speaks ArangoDB's protocol: for a first try and for tests.

It keeps everything in memory and is no database to keep data in.
Imports nothing of the client: a double built on the client's code would share its mistakes.
"""

from __future__ import annotations

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.faults import Fault, Faults
from arango_jobs.local.server import JobInfo, LocalServer

__all__ = ["ArangoError", "Fault", "Faults", "JobInfo", "LocalServer"]
