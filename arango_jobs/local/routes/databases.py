"""`/_api/database`."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import result
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane

__all__ = ["route"]

route = RouteTable()


@route("GET /_api/database")
def list_databases(call: Call) -> Response:
    """List all databases (administrators only)."""
    call.check_system()
    if call.identity.database_level("_system") == "none":
        raise ArangoError(11)
    return result(sorted(call.coordinator.deployment.store.databases))


@route("GET /_api/database/user", lane=Lane.FAST)
def list_accessible(call: Call) -> Response:
    """List the databases that the sender may read."""
    names = call.coordinator.deployment.store.databases
    return result(sorted(n for n in names if call.identity.database_level(n) != "none"))


@route("GET /_api/database/current", lane=Lane.FAST)
def current(call: Call) -> Response:
    """Describe the database of the URL."""
    shown: dict[str, Any] = {
        "name": call.database.name,
        "id": call.database.id,
        "path": "",
        "isSystem": call.database.name == "_system",
    }
    if call.coordinator.deployment.options.cluster:
        shown |= {"sharding": "", "replicationFactor": 1, "writeConcern": 1}
    return result(shown)


@route("POST /_api/database")
def create(call: Call) -> Response:
    """Create a database, and its users with rw on it."""
    call.check_system()
    call.check_admin()
    body = call.json_object()
    listed = body.get("users") or []
    if not isinstance(listed, list) or not all(isinstance(user, dict) for user in listed):
        raise ArangoError(10, "expecting 'users' to be an array of objects")
    names = [user.get("username", user.get("user")) for user in listed]
    if not all(isinstance(name, str) and name for name in names):
        raise ArangoError(1700)
    deployment = call.coordinator.deployment
    deployment.store.create_database(body.get("name"))
    for name, given in zip(names, listed, strict=True):
        user = deployment.users.by_name.get(name)
        if user is None:
            user = deployment.users.create(
                name,
                given.get("passwd", given.get("password", "")),
                active=given.get("active", True),
                extra=given.get("extra"),
            )
        deployment.users.grant(user, body["name"], None, "rw")
    return result(True, 201)


@route("DELETE /_api/database/{database}")
def drop(call: Call) -> Response:
    """Drop a database."""
    call.check_system()
    call.check_admin()
    name = call.params["database"]
    deployment = call.coordinator.deployment
    deployment.store.drop_database(name)
    deployment.users.forget_database(name)
    return result(True)
