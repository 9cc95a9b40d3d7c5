"""`/_api/user` and `/_api/token`: users, rights and access tokens."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import result, success
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.users import User, Users

__all__ = ["route"]

route = RouteTable()
_USER = "/_api/user/{user}"
_DATABASE = _USER + "/database/{database}"
_COLLECTION = _DATABASE + "/{collection}"
# A year, if a token's creator names no end.
_TOKEN_SECONDS = 365 * 24 * 3600


def _users(call: Call) -> Users:
    return call.coordinator.deployment.users


def _self_or_admin(call: Call) -> User:
    name = call.params["user"]
    if name != call.identity.name:
        call.check_admin()
    return _users(call).get(name)


def _admin(call: Call) -> User:
    call.check_admin()
    return _users(call).get(call.params["user"])


@route("GET /_api/user")
def list_users(call: Call) -> Response:
    """List all users."""
    call.check_admin()
    return result([user.describe() for user in _users(call).by_name.values()])


@route("POST /_api/user")
def create(call: Call) -> Response:
    """Create a user."""
    call.check_admin()
    body = call.json_object()
    user = _users(call).create(
        body.get("user", body.get("username")),
        body.get("passwd", body.get("password", "")),
        active=body.get("active", True),
        extra=body.get("extra"),
    )
    return success(201, **user.describe())


@route(f"GET {_USER}")
def show(call: Call) -> Response:
    """Show a user."""
    return success(**_self_or_admin(call).describe())


@route(f"PUT {_USER}", f"PATCH {_USER}")
def change(call: Call) -> Response:
    """Replace or update a user."""
    user = _self_or_admin(call)
    body = call.json_object()
    whole = call.request.method == "PUT"
    _users(call).change(
        user,
        password=body.get("passwd", "" if whole else None),
        active=body.get("active", True if whole else None),
        extra=body.get("extra", {} if whole else None),
    )
    return success(**user.describe())


@route(f"DELETE {_USER}")
def remove(call: Call) -> Response:
    """Remove a user."""
    user = _admin(call)
    _users(call).remove(user.name)
    return success(202)


# rights


@route(f"GET {_USER}/database")
def list_rights(call: Call) -> Response:
    """List a user's levels on all databases, with ``full`` on collections too."""
    user = _self_or_admin(call)
    databases = call.coordinator.deployment.store.databases
    if not call.flag("full"):
        levels = {name: user.database_level(name) for name in sorted(databases)}
        return result({name: level for name, level in levels.items() if level != "none"})
    shown: dict[str, Any] = {}
    for name, database in sorted(databases.items()):
        names = [c for c in database.collections if not c.startswith("_")]
        shown[name] = {
            "permission": user.databases.get(name, "undefined"),
            "collections": {
                collection: user.collections.get((name, collection), "undefined")
                for collection in [*names, "*"]
            },
        }
    shown["*"] = {
        "permission": user.databases.get("*", "undefined"),
        "collections": {"*": user.collections.get(("*", "*"), "undefined")},
    }
    return result(shown)


@route(f"GET {_DATABASE}")
def database_right(call: Call) -> Response:
    """Show a user's level on a database."""
    return result(_self_or_admin(call).database_level(call.params["database"]))


@route(f"GET {_COLLECTION}")
def collection_right(call: Call) -> Response:
    """Show a user's level on a collection."""
    user = _self_or_admin(call)
    return result(user.collection_level(call.params["database"], call.params["collection"]))


@route(f"PUT {_DATABASE}", f"PUT {_COLLECTION}")
def grant(call: Call) -> Response:
    """Set a user's level on a database or collection."""
    user = _admin(call)
    database, collection = _place(call)
    level = call.json_object().get("grant")
    _users(call).grant(user, database, collection, level)
    name = database if collection is None else f"{database}/{collection}"
    granted: dict[str, Any] = {name: level}
    return success(**granted)


@route(f"DELETE {_DATABASE}", f"DELETE {_COLLECTION}")
def revoke(call: Call) -> Response:
    """Take back a user's level on a database or collection."""
    user = _admin(call)
    database, collection = _place(call)
    _users(call).revoke(user, database, collection)
    return success(202)


def _place(call: Call) -> tuple[str, str | None]:
    database, collection = call.params["database"], call.params.get("collection")
    if database != "*":
        found = call.coordinator.deployment.store.database(database)
        if collection not in (None, "*"):
            found.collection(str(collection))
    return database, collection


# access tokens


@route("GET /_api/token/{user}")
def list_tokens(call: Call) -> Response:
    """List a user's access tokens."""
    now = call.coordinator.clock.time()
    tokens = [token.describe(now) for token in _self_or_admin(call).tokens.values()]
    return Response.json({"tokens": tokens})


@route("POST /_api/token/{user}")
def create_token(call: Call) -> Response:
    """Create an access token; the only answer that shows its secret."""
    user = _self_or_admin(call)
    body = call.json_object()
    now = call.coordinator.clock.time()
    until = body.get("valid_until", now + _TOKEN_SECONDS)
    if not isinstance(until, (int, float)) or isinstance(until, bool):
        raise ArangoError(10, "expecting 'valid_until' to be a number")
    token = _users(call).create_token(user, body.get("name"), until, now)
    return Response.json({**token.describe(now), "token": token.secret})


@route("DELETE /_api/token/{user}/{id}")
def remove_token(call: Call) -> Response:
    """Remove an access token."""
    user = _self_or_admin(call)
    text = call.params["id"]
    _users(call).remove_token(user, int(text) if text.isdecimal() else 0)
    return Response.json({})
