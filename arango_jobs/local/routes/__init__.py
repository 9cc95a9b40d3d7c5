"""The endpoints, one module for each subject; `TABLES` is all of them.

Handlers turn a `Call` into a `Response`. They know ArangoDB's paths and bodies, but no socket, and
they do not decide where or when they run.
"""

from __future__ import annotations

from arango_jobs.local.routes import (
    access,
    admin,
    collections,
    cursors,
    databases,
    documents,
    graph_documents,
    graphs,
    imports,
    indexes,
    jobs,
    missing,
    queries,
    transactions,
    users,
)

__all__ = ["TABLES"]

TABLES = [
    module.route
    for module in (
        access,
        admin,
        collections,
        cursors,
        databases,
        documents,
        graph_documents,
        graphs,
        imports,
        indexes,
        jobs,
        missing,
        queries,
        transactions,
        users,
    )
]
