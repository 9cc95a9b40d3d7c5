"""The data: databases, collections, documents, indexes and graphs, in memory.

Knows nothing of HTTP, users or queries.
"""

from __future__ import annotations

from arango_jobs.local.store.collection import Collection, Written
from arango_jobs.local.store.database import Database, Graph
from arango_jobs.local.store.indexes import Index
from arango_jobs.local.store.store import Store

__all__ = ["Collection", "Database", "Graph", "Index", "Store", "Written"]
