"""ArangoDB's background jobs as ``concurrent.futures.Future`` objects."""

from __future__ import annotations

from arango_jobs import errors as _errors
from arango_jobs._runtime.future import CancelOutcome, JobFuture
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
from arango_jobs.manager import HostStats, JobManager, ManagedDatabase, Stats
from arango_jobs.operations import Operation, Request, Response, Retry
from arango_jobs.options import Timeouts
from arango_jobs.signals import DrainedRecord, JobRecord, SaturatedRecord, Timings, WindowRecord

__all__ = [
    "WindowRecord",
    "Timings",
    "Stats",
    "SaturatedRecord",
    "ManagedDatabase",
    "JobRecord",
    "JobManager",
    "JobFuture",
    "HostStats",
    "DrainedRecord",
    "CancelOutcome",
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
