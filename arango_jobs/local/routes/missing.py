"""What the embedded server does not have: each path says so by name, none looks like a success."""

from __future__ import annotations

from functools import partial

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane

__all__ = ["MISSING", "NAMED", "route"]

route = RouteTable()

# Path prefix: what it is. The path itself and up to three segments below it answer.
MISSING = {
    "/_api/analyzer": "analyzers",
    "/_api/aqlfunction": "user-defined AQL functions",
    "/_api/batch": "batch requests",
    "/_api/foxx": "Foxx services",
    "/_api/query-cache": "the query result cache",
    "/_api/query-plan-cache": "the query plan cache",
    "/_api/replication": "replication",
    "/_api/schema": "schema analysis",
    "/_api/simple": "the simple query API (use AQL)",
    "/_api/tasks": "JavaScript tasks",
    "/_api/traversal": "the traversal API",
    "/_api/view": "views and ArangoSearch",
    "/_api/wal": "the write-ahead log",
    "/_admin/backup": "hot backups",
    "/_admin/cluster": "cluster administration",
    "/_admin/execute": "JavaScript execution",
    "/_admin/license": "licences",
    "/_admin/log": "server logs",
    "/_admin/options": "server options",
    "/_admin/options-description": "server options",
    "/_admin/routing": "Foxx routing",
    "/_admin/statistics-description": "statistics (see /_admin/metrics)",
    "/_admin/support-info": "support information",
    "/_admin/test": "server tests",
}
# Single endpoints of subjects that are there otherwise.
NAMED = {
    "GET /_api/query/rules": "the list of optimizer rules",
    "GET /_api/collection/{collection}/shards": "shards",
    "PUT /_api/collection/{collection}/responsibleShard": "shards",
    "GET /_admin/server/jwt": "rotation of JWT secrets",
    "POST /_admin/server/jwt": "rotation of JWT secrets",
    "POST /_admin/server/tls": "reloading of TLS keys",
    "POST /_admin/server/encryption": "encryption at rest",
    "GET /_admin/server/api-calls": "a list of recent calls",
    "PUT /_admin/server/mode": "a read-only mode",
    "PUT /_admin/compact": "compaction",
    "GET /_admin/database/target-version": "a storage format version",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _refuse(call: Call) -> Response:
    prefix = "/".join(call.path.split("/")[:3])
    return _refuse_by_name(MISSING.get(prefix, call.path), call)


def _refuse_by_name(what: str, call: Call) -> Response:
    raise ArangoError(9, f"not implemented: the embedded server does not have {what}")


for _prefix in MISSING:
    if _prefix == "/_api/tasks":
        continue  # The list is there: see admin.
    for _tail in ("", "/{a}", "/{a}/{b}", "/{a}/{b}/{c}"):
        route(*(f"{method} {_prefix}{_tail}" for method in _METHODS), lane=Lane.FAST)(_refuse)
for _name, _what in NAMED.items():
    route(_name, lane=Lane.FAST)(partial(_refuse_by_name, _what))
for _template in ("/_api/tasks", "/_api/tasks/{id}"):
    route(*(f"{method} {_template}" for method in ("POST", "PUT", "DELETE")), lane=Lane.FAST)(
        _refuse
    )
