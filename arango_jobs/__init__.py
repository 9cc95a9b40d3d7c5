"""ArangoDB's background jobs as ``concurrent.futures.Future`` objects."""

from __future__ import annotations

from arango_jobs import errors as _errors
from arango_jobs.api import (
    AQL,
    ArangoClient,
    AsyncDatabase,
    AsyncJob,
    AsyncJobGroup,
    Cursor,
    Database,
    EdgeCollection,
    Graph,
    StandardCollection,
    StandardDatabase,
    VertexCollection,
)
from arango_jobs.api.compression import DeflateRequestCompression
from arango_jobs.api.context import Async, Default, Forget, Managed
from arango_jobs.api.types import Document, DocumentMeta, ImportResult
from arango_jobs.errors import *  # noqa: F403  every error, by its own list
from arango_jobs.operations import Operation, Request, Response, Retry
from arango_jobs.options import Timeouts

__all__ = [
    "AQL",
    "ArangoClient",
    "Async",
    "AsyncDatabase",
    "AsyncJob",
    "AsyncJobGroup",
    "Cursor",
    "Database",
    "Default",
    "DeflateRequestCompression",
    "Document",
    "DocumentMeta",
    "EdgeCollection",
    "Forget",
    "Graph",
    "ImportResult",
    "Managed",
    "Operation",
    "Request",
    "Response",
    "Retry",
    "StandardCollection",
    "StandardDatabase",
    "Timeouts",
    "VertexCollection",
    *_errors.__all__,
]
