"""`/_open/auth`: logging in."""

from __future__ import annotations

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane

__all__ = ["route"]

route = RouteTable()


@route("POST /_open/auth", lane=Lane.FAST)
def log_in(call: Call) -> Response:
    """Answer a JWT for a user's name and password."""
    auth = call.coordinator.deployment.auth
    if not auth.enabled:
        raise ArangoError(404, "auth is not enabled")
    body = call.json_object()
    return Response.json({"jwt": auth.log_in(body.get("username"), body.get("password"))})
