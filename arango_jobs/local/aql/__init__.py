"""AQL for the embedded server: parse, run and explain queries over the store.

Knows nothing of HTTP, users or jobs.
"""

from __future__ import annotations

from arango_jobs.local.aql.context import QueryContext, QueryOptions, QueryResult
from arango_jobs.local.aql.engine import explain_query, parse_query, run_query
from arango_jobs.local.aql.grammar import check_grammar

__all__ = [
    "QueryContext",
    "QueryOptions",
    "QueryResult",
    "check_grammar",
    "explain_query",
    "parse_query",
    "run_query",
]
