"""`/_api/query` and `/_api/explain`: parsing, explaining and watching queries."""

from __future__ import annotations

from dataclasses import asdict

from arango_jobs.local.aql import QueryOptions, explain_query, parse_query
from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.queries import query_options
from arango_jobs.local.routes.bodies import success
from arango_jobs.local.routes.cursors import query_and_variables
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane

__all__ = ["route"]

route = RouteTable()


@route("POST /_api/query", slow=True)
def parse(call: Call) -> Response:
    """Parse a query without running it."""
    query, _ = query_and_variables(call.json_object())
    parsed = parse_query(query)
    return Response.json({"error": False, "code": 200, "parsed": True, **parsed})


@route("POST /_api/explain", slow=True)
def explain(call: Call) -> Response:
    """Explain how a query would run."""
    body = call.json_object()
    query, bind_vars = query_and_variables(body)
    options = QueryOptions.from_json(query_options(body))
    queries = call.coordinator.queries
    with queries.tracked(call, query, bind_vars, stream=False) as running:
        context = queries.context(call, running, 0.0, 0)
        explained = explain_query(query, bind_vars, options, context)
    return Response.json({"error": False, "code": 200, **explained})


@route("GET /_api/query/current", lane=Lane.FAST)
def current(call: Call) -> Response:
    """List the running queries."""
    return Response.json(call.coordinator.queries.current(_scope(call)))


@route("GET /_api/query/slow", lane=Lane.FAST)
def slow(call: Call) -> Response:
    """List the slow queries."""
    return Response.json(call.coordinator.queries.slow(_scope(call)))


@route("DELETE /_api/query/slow", lane=Lane.FAST)
def clear_slow(call: Call) -> Response:
    """Forget the slow queries."""
    call.coordinator.queries.clear_slow()
    return success()


@route("DELETE /_api/query/{id}", lane=Lane.FAST)
def kill(call: Call) -> Response:
    """Stop a running query."""
    call.coordinator.queries.kill(call.params["id"])
    return success()


@route("GET /_api/query/properties", lane=Lane.FAST)
def settings(call: Call) -> Response:
    """Show how queries are tracked."""
    return success(**asdict(call.coordinator.deployment.query_settings))


@route("PUT /_api/query/properties", lane=Lane.FAST)
def change_settings(call: Call) -> Response:
    """Change how queries are tracked."""
    known = call.coordinator.deployment.query_settings
    body = call.json_object()
    for name, before in asdict(known).items():
        if name not in body:
            continue
        value = body[name]
        wants_boolean = isinstance(before, bool)
        if isinstance(value, bool) is not wants_boolean or not isinstance(value, (int, float)):
            raise ArangoError(400, f"'{name}' has the wrong type")
        setattr(known, name, value)
    return success(**asdict(known))


def _scope(call: Call) -> str | None:
    if not call.flag("all"):
        return call.database.name
    call.check_system()
    call.check_admin()
    return None
