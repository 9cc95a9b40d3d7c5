"""The wrappers: each method builds an `Operation`, and the context says what becomes of it.

    client ─▶ database ─┬─▶ collection ─▶ documents, indexes, properties
                        ├─▶ aql ─▶ cursor
                        └─▶ graph ─▶ vertices, edges
                            each over an executor and its connection

A wrapper knows paths and options of the API and how answers are read; it knows
no context. `executors.py` has the contexts "default" and "async".
"""

from __future__ import annotations

from arango_jobs.api.aql import AQL
from arango_jobs.api.async_job import AsyncJob
from arango_jobs.api.client import ArangoClient
from arango_jobs.api.collection import StandardCollection
from arango_jobs.api.connection import Connection
from arango_jobs.api.cursor import Cursor
from arango_jobs.api.database import AsyncDatabase, Database, StandardDatabase
from arango_jobs.api.edges import EdgeCollection
from arango_jobs.api.graph import Graph
from arango_jobs.api.method import build_operation
from arango_jobs.api.vertices import VertexCollection

__all__ = [
    "AQL",
    "ArangoClient",
    "AsyncDatabase",
    "AsyncJob",
    "Connection",
    "Cursor",
    "Database",
    "EdgeCollection",
    "Graph",
    "StandardCollection",
    "StandardDatabase",
    "VertexCollection",
    "build_operation",
]
