"""`/_api/index`."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import success
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Collection, Index
from arango_jobs.local.store.indexes import PERSISTENT_TYPES, STORED_TYPES

__all__ = ["describe_all", "route"]

route = RouteTable()
_FLAGS = ("unique", "sparse", "deduplicate", "estimates", "geoJson", "cacheEnabled",
          "legacyPolygons")  # fmt: skip
_KEPT = ("expireAfter", "minLength", "storedValues", "fieldValueTypes", "prefixFields", "analyzer",
         "features", "includeAllFields", "trackListPositions", "searchField", "primarySort",
         "consolidationPolicy", "parallelism", "inBackground")  # fmt: skip


def describe_all(collection: Collection) -> list[dict[str, Any]]:
    """Return all indexes of a collection, the built-in ones first."""
    shown: list[dict[str, Any]] = [
        {
            "id": f"{collection.name}/0",
            "name": "primary",
            "type": "primary",
            "fields": ["_key"],
            "unique": True,
            "sparse": False,
            "selectivityEstimate": 1,
        }
    ]
    if collection.type == 3:
        shown.append(
            {
                "id": f"{collection.name}/2",
                "name": "edge",
                "type": "edge",
                "fields": ["_from", "_to"],
                "unique": False,
                "sparse": False,
                "selectivityEstimate": 1,
            }
        )
    return shown + [_show(collection, index) for index in collection.indexes]


def _show(collection: Collection, index: Index) -> dict[str, Any]:
    return {**index.describe(), "id": f"{collection.name}/{index.id}"}


@route("GET /_api/index")
def list_indexes(call: Call) -> Response:
    """List a collection's indexes."""
    shown = describe_all(call.collection(call.required("collection")))
    return success(indexes=shown, identifiers={index["id"]: index for index in shown})


@route("GET /_api/index/{collection}/{id}")
def one(call: Call) -> Response:
    """Show one index, by id or name."""
    collection = call.collection(call.params["collection"])
    wanted = call.params["id"]
    for shown in describe_all(collection):
        if wanted in (shown["id"].partition("/")[2], shown["name"]):
            return success(**shown)
    raise ArangoError(1212)


@route("POST /_api/index", slow=True)
def create(call: Call) -> Response:
    """Create an index, or find the one that is the same."""
    collection = call.collection(call.required("collection"), write=True)
    body = call.json_object()
    definition = _definition(body)
    with call.alone(collection), collection.lock:
        for index in collection.indexes:
            if _same(index.definition, definition):
                return success(200, **_show(collection, index), isNewlyCreated=False)
            if definition.get("name") == index.name:
                raise ArangoError(1207, "duplicate value: an index with this name exists")
        number = str(call.coordinator.deployment.store.ticks.next())
        definition.setdefault("name", f"idx_{number}")
        index = Index({"id": number, **definition})
        collection.add_index(index)
    return success(201, **_show(collection, index), isNewlyCreated=True)


@route("DELETE /_api/index/{collection}/{id}")
def drop(call: Call) -> Response:
    """Drop an index; the built-in ones stay."""
    collection = call.collection(call.params["collection"], write=True)
    wanted = call.params["id"]
    if wanted in ("0", "2", "primary", "edge"):
        raise ArangoError(11, "forbidden to drop the primary or edge index")
    for index in list(collection.indexes):
        if wanted in (index.id, index.name):
            collection.drop_index(index)
            return success(id=f"{collection.name}/{index.id}")
    raise ArangoError(1212)


def _definition(body: dict[str, Any]) -> dict[str, Any]:
    kind = str(body.get("type"))
    if kind not in PERSISTENT_TYPES | STORED_TYPES:
        raise ArangoError(10, f"invalid index type {kind!r}")
    definition: dict[str, Any] = {"type": kind, "fields": _fields(body, kind)}
    for flag in ("unique", "sparse"):
        definition[flag] = False
    if kind in PERSISTENT_TYPES:
        definition |= {"deduplicate": True, "estimates": True, "cacheEnabled": False}
    if kind in ("geo", "fulltext", "ttl"):
        definition["sparse"] = True
    for flag in _FLAGS:
        if flag in body:
            if not isinstance(body[flag], bool):
                raise ArangoError(10, f"'{flag}' must be a boolean")
            definition[flag] = body[flag]
    definition |= {kept: body[kept] for kept in _KEPT if kept in body}
    if kind == "ttl" and not isinstance(body.get("expireAfter"), (int, float)):
        raise ArangoError(10, "expireAfter attribute must be a number")
    name = body.get("name")
    if name is not None:
        if not isinstance(name, str) or not name:
            raise ArangoError(10, "'name' must be a non-empty string")
        definition["name"] = name
    return definition


def _fields(body: dict[str, Any], kind: str) -> list[Any]:
    fields = body.get("fields")
    if not isinstance(fields, list) or (not fields and kind != "inverted"):
        raise ArangoError(10, "'fields' must be a non-empty array")
    names = [f.get("name") if isinstance(f, dict) and kind == "inverted" else f for f in fields]
    for name in names:
        if not isinstance(name, str) or not name or name.count("[*]") > 1:
            raise ArangoError(10, f"invalid field {name!r}")
    if len(set(names)) != len(names):
        raise ArangoError(10, "duplicate attributes in 'fields'")
    if kind == "ttl" and len(fields) != 1:
        raise ArangoError(10, "a ttl index has exactly one field")
    return fields


def _same(known: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(
        known.get(name) == wanted.get(name) for name in ("type", "fields", "unique", "sparse")
    )
