"""The data: databases, collections, documents, indexes and graphs, in memory.

Knows nothing of HTTP, users or queries.
"""

from __future__ import annotations

from arango_jobs.local.store.collection import Collection
from arango_jobs.local.store.database import Database, Graph
from arango_jobs.local.store.documents import Documents, Written
from arango_jobs.local.store.indexes import Index
from arango_jobs.local.store.statement import DatabaseView, Statement
from arango_jobs.local.store.store import Store
from arango_jobs.local.store.transaction import Transaction, View

__all__ = [
    "Collection",
    "Database",
    "DatabaseView",
    "Documents",
    "Graph",
    "Index",
    "Statement",
    "Store",
    "Transaction",
    "View",
    "Written",
]
