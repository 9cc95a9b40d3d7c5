"""Every error of this library; `base.py` and `client.py` draw the tree.

The server's errors have python-arango's names and lie one family a module.
"""

from __future__ import annotations

from arango_jobs.errors import aql as _aql
from arango_jobs.errors import client as _client
from arango_jobs.errors import collections as _collections
from arango_jobs.errors import databases as _databases
from arango_jobs.errors import documents as _documents
from arango_jobs.errors import graphs as _graphs
from arango_jobs.errors import imports as _imports
from arango_jobs.errors import jobs as _jobs
from arango_jobs.errors import usage as _usage
from arango_jobs.errors.aql import *  # noqa: F403  the lists are the modules' own
from arango_jobs.errors.base import ArangoClientError, ArangoJobsError, ArangoServerError
from arango_jobs.errors.client import *  # noqa: F403
from arango_jobs.errors.collections import *  # noqa: F403
from arango_jobs.errors.databases import *  # noqa: F403
from arango_jobs.errors.documents import *  # noqa: F403
from arango_jobs.errors.graphs import *  # noqa: F403
from arango_jobs.errors.imports import *  # noqa: F403
from arango_jobs.errors.jobs import *  # noqa: F403
from arango_jobs.errors.raising import server_error as server_error
from arango_jobs.errors.usage import *  # noqa: F403

__all__ = [
    "ArangoClientError",
    "ArangoError",
    "ArangoJobsError",
    "ArangoServerError",
    *_aql.__all__,
    *_client.__all__,
    *_collections.__all__,
    *_databases.__all__,
    *_documents.__all__,
    *_graphs.__all__,
    *_imports.__all__,
    *_jobs.__all__,
    *_usage.__all__,
]

ArangoError = ArangoJobsError
