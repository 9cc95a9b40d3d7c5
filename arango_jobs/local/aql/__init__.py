"""AQL for the embedded server: parse, run and explain queries over the store.

Knows nothing of HTTP, users or jobs.
"""

from __future__ import annotations

from arango_jobs.local.aql.context import QueryContext, QueryOptions, QueryResult
from arango_jobs.local.aql.engine import explain_query, parse_query, run_query

__all__ = [
    "QueryContext",
    "QueryOptions",
    "QueryResult",
    "explain_query",
    "parse_query",
    "run_query",
]
