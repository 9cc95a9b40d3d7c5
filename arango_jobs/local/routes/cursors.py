"""`/_api/cursor`: running AQL and reading its result in batches (server-protocol.md §9)."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.aql import QueryOptions, QueryResult, run_query
from arango_jobs.local.call import Call
from arango_jobs.local.cursors import Cursor
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.queries import query_options
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane

__all__ = ["route"]

route = RouteTable()
_CURSOR = "/_api/cursor/{id}"
_DEFAULT_BATCH = 1000
_MAX_BATCH = 2**31


@route("POST /_api/cursor", slow=True)
def create(call: Call) -> Response:
    """Run a query; answer its first batch."""
    body = call.json_object()
    query, bind_vars = query_and_variables(body)
    options = query_options(body)
    batch_size = _number(body, "batchSize", _DEFAULT_BATCH)
    if batch_size < 1:
        raise ArangoError(400, "expecting 'batchSize' to be greater than 0")
    coordinator = call.coordinator
    ttl = float(_number(body, "ttl", coordinator.deployment.options.cursor_ttl))
    if ttl <= 0:
        ttl = coordinator.deployment.options.cursor_ttl
    counted = body.get("count") is True
    cursor = Cursor(
        id="",
        database=call.database.name,
        owner=call.identity.owner,
        rows=(),
        batch_size=int(min(batch_size, _MAX_BATCH)),
        ttl=ttl,
        allow_retry=options.get("allowRetry") is True,
    )
    result = run(call, query, bind_vars, body)
    cursor.rows = result.rows
    if counted and isinstance(result.rows, list):
        cursor.count = len(result.rows)
    cursor.extra = _extra(result)
    cursor.id = str(coordinator.new_id())
    shown = cursor.advance()
    if cursor.has_more or cursor.allow_retry:
        try:
            coordinator.cursors.keep(cursor)
        except ArangoError:
            cursor.close()
            raise
    return Response.json({**shown, "code": 201}, 201)


def query_and_variables(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return query text and bind variables of a request."""
    query, bind_vars = body.get("query"), body.get("bindVars")
    if not isinstance(query, str) or not query.strip():
        raise ArangoError(1502, "query is empty", 400)
    if bind_vars is not None and not isinstance(bind_vars, dict):
        raise ArangoError(400, "expecting 'bindVars' to be an object")
    return query, bind_vars or {}


def run(call: Call, query: str, bind_vars: dict[str, Any], body: dict[str, Any]) -> QueryResult:
    """Run a query; what a failed one wrote is taken back."""
    options = query_options(body)
    parsed = QueryOptions.from_json(options)
    max_runtime = float(_number(options, "maxRuntime", 0))
    memory = int(_number(body, "memoryLimit", 0))
    stream = options.get("stream") is True
    queries = call.coordinator.queries
    with queries.tracked(call, query, bind_vars, stream) as running:
        context = queries.context(call, running, max_runtime, memory)
        return run_query(query, bind_vars, parsed, context)


def _extra(result: QueryResult) -> dict[str, Any]:
    extra: dict[str, Any] = {"warnings": result.warnings, "stats": result.stats}
    if result.profile is not None:
        extra["profile"] = result.profile
    if result.plan is not None:
        extra["plan"] = result.plan
    return extra


def _number(body: Any, name: str, default: float) -> float:
    value = body.get(name) if isinstance(body, dict) else None
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ArangoError(400, f"expecting '{name}' to be a number")
    return value


@route(f"POST {_CURSOR}", f"PUT {_CURSOR}", lane=Lane.MEDIUM, slow=True)
def next_batch(call: Call) -> Response:
    """Answer the next batch."""
    return _batch(call, None)


@route(f"POST {_CURSOR}/{{batch}}", lane=Lane.MEDIUM, slow=True)
def numbered_batch(call: Call) -> Response:
    """Answer the batch with this number: the next one, or the last one again."""
    return _batch(call, call.params["batch"])


def _batch(call: Call, number: str | None) -> Response:
    cursors = call.coordinator.cursors
    cursor = cursors.take(call.params["id"], call.database.name, call.identity.owner)
    try:
        if number is not None:
            body = cursor.batch_number(number)
        elif cursor.has_more:
            body = cursor.advance()
        else:
            raise ArangoError(1600)
    finally:
        cursors.give_back(cursor)
    return Response.json({**body, "code": 200})


@route(f"DELETE {_CURSOR}", lane=Lane.MEDIUM)
def drop(call: Call) -> Response:
    """Forget a cursor."""
    cursors = call.coordinator.cursors
    cursor = cursors.take(call.params["id"], call.database.name, call.identity.owner)
    cursors.drop(cursor.id)
    return Response.json({"id": cursor.id, "error": False, "code": 202}, 202)
