"""`JobManager` for databases of python-arango.

    wrapper of that driver ─ (Request, handler) ─▶ Recorder ─▶ Operation ─▶ the manager
    JobFuture ◀─ handler(its Response) ◀─ Reader ◀─ Response ◀─────────────────┘

That driver's wrappers build the requests and read the answers; what is between
is the manager's. Its private names are in `private.py` and nowhere else.
"""

from __future__ import annotations

from arango_jobs.integrations.python_arango.calls import DocumentImportError, FailedBatch
from arango_jobs.integrations.python_arango.manager import PythonArangoManager

__all__ = ["DocumentImportError", "FailedBatch", "PythonArangoManager"]

ManagerClass = PythonArangoManager
"""What `JobManager` becomes for a database of this driver."""
