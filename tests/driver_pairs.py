"""Our classes beside those of python-arango that they take the place of."""

from __future__ import annotations

from typing import Any

import arango.aql
import arango.client
import arango.collection
import arango.cursor
import arango.database
import arango.graph
import arango.job

import arango_jobs
from arango_jobs.api.aql_cache import AQLQueryCache

__all__ = ["PAIRS"]

PAIRS: dict[str, tuple[Any, Any]] = {
    "ArangoClient": (arango.client.ArangoClient, arango_jobs.ArangoClient),
    "StandardDatabase": (arango.database.StandardDatabase, arango_jobs.StandardDatabase),
    "AsyncDatabase": (arango.database.AsyncDatabase, arango_jobs.AsyncDatabase),
    "StandardCollection": (arango.collection.StandardCollection, arango_jobs.StandardCollection),
    "VertexCollection": (arango.collection.VertexCollection, arango_jobs.VertexCollection),
    "EdgeCollection": (arango.collection.EdgeCollection, arango_jobs.EdgeCollection),
    "Graph": (arango.graph.Graph, arango_jobs.Graph),
    "AQL": (arango.aql.AQL, arango_jobs.AQL),
    "AQLQueryCache": (arango.aql.AQLQueryCache, AQLQueryCache),
    "AsyncJob": (arango.job.AsyncJob, arango_jobs.AsyncJob),
    "Cursor": (arango.cursor.Cursor, arango_jobs.Cursor),
}
