"""`/_api/collection`."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from arango_jobs.local.call import Call
from arango_jobs.local.computed import make_computer
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import result, success
from arango_jobs.local.routes.indexes import describe_all
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Collection
from arango_jobs.local.store.schema import make_schema

__all__ = ["route", "show"]

route = RouteTable()
_ONE = "/_api/collection/{collection}"
_LOADED = 3
_BOOLEANS = ("waitForSync", "isSystem", "cacheEnabled")
_KEPT = (*_BOOLEANS, "schema", "computedValues", "keyOptions", "replicationFactor",
         "writeConcern", "numberOfShards", "shardKeys", "shardingStrategy",
         "distributeShardsLike", "smartJoinAttribute", "smartGraphAttribute")  # fmt: skip
_CHANGEABLE = ("waitForSync", "cacheEnabled", "schema", "computedValues", "replicationFactor",
               "writeConcern")  # fmt: skip


def show(collection: Collection) -> dict[str, Any]:
    """Return a collection as lists show it."""
    return {
        "id": collection.id,
        "name": collection.name,
        "status": _LOADED,
        "type": collection.type,
        "isSystem": bool(collection.properties.get("isSystem")),
        "globallyUniqueId": collection.guid,
    }


def show_properties(collection: Collection) -> dict[str, Any]:
    """Return a collection with its properties."""
    return {
        **show(collection),
        "statusString": "loaded",
        "keyOptions": collection.keys.describe(),
        **collection.properties,
        "objectId": collection.id,
        "syncByRevision": True,
        "usesRevisionsAsDocumentIds": True,
        "internalValidatorType": 0,
        "isSmartChild": False,
    }


@route("GET /_api/collection")
def list_collections(call: Call) -> Response:
    """List the collections that the sender may read."""
    exclude = call.flag("excludeSystem")
    shown = []
    for collection in list(call.database.collections.values()):
        if exclude and collection.properties.get("isSystem"):
            continue
        level = call.identity.collection_level(call.database.name, collection.name)
        if level != "none":
            shown.append(show(collection))
    return result(shown)


@route("POST /_api/collection")
def create(call: Call) -> Response:
    """Create a collection."""
    call.check_database_write()
    body = call.json_object()
    kind = body.get("type", 2)
    kind = {"document": 2, "edge": 3}.get(kind, kind) if isinstance(kind, str) else kind
    properties = {name: body[name] for name in _KEPT if name in body}
    _check_properties(properties)
    schema = make_schema(properties.get("schema"))
    computer = make_computer(
        properties.get("computedValues"), call.database, call.coordinator.clock
    )
    collection = call.database.create_collection(body.get("name"), properties, type=kind)
    collection.compute, collection.schema = computer, schema
    call.database.note_rules()
    return success(**show_properties(collection))


def _check_properties(properties: dict[str, Any]) -> None:
    for name in _BOOLEANS:
        if name in properties and not isinstance(properties[name], bool):
            raise ArangoError(10, f"'{name}' must be a boolean")
    key_options = properties.get("keyOptions")
    if key_options is not None and not isinstance(key_options, dict):
        raise ArangoError(10, "'keyOptions' must be an object")


@route(f"GET {_ONE}")
def one(call: Call) -> Response:
    """Describe a collection."""
    return success(**show(call.collection(call.params["collection"])))


@route(f"DELETE {_ONE}")
def drop(call: Call) -> Response:
    """Drop a collection; a system one only with ``isSystem``."""
    collection = call.collection(call.params["collection"], write=True)
    call.check_database_write()
    if collection.properties.get("isSystem") and not call.flag("isSystem"):
        raise ArangoError(11, "forbidden to drop a system collection")
    call.database.drop_collection(collection)
    return success(id=collection.id)


@route(f"GET {_ONE}/properties")
def properties(call: Call) -> Response:
    """Show a collection's properties."""
    return success(**show_properties(call.collection(call.params["collection"])))


@route(f"PUT {_ONE}/properties")
def change_properties(call: Call) -> Response:
    """Change a collection's properties."""
    collection = call.collection(call.params["collection"], write=True)
    body = call.json_object()
    changed = {name: body[name] for name in _CHANGEABLE if name in body}
    _check_properties(changed)
    schema = make_schema(changed["schema"]) if "schema" in changed else collection.schema
    if "computedValues" in changed:
        values = changed["computedValues"]
        collection.compute = make_computer(values, call.database, call.coordinator.clock)
    collection.schema = schema
    call.database.note_rules()
    collection.properties.update(changed)
    return success(**show_properties(collection))


@route(f"GET {_ONE}/count")
def count(call: Call) -> Response:
    """Count a collection's documents."""
    collection = call.collection(call.params["collection"])
    return success(**show_properties(collection), count=call.seen(collection).count())


@route(f"GET {_ONE}/figures")
def figures(call: Call) -> Response:
    """Show how much a collection holds."""
    collection = call.collection(call.params["collection"])
    shown = {
        "indexes": {"count": len(describe_all(collection)), "size": 0},
        "documentsSize": sum(collection.sizes()),
        "cacheInUse": False,
        "cacheSize": 0,
        "cacheUsage": 0,
    }
    whole = show_properties(collection)
    return success(**whole, count=len(collection.documents), figures=shown)


@route(f"GET {_ONE}/revision")
def revision(call: Call) -> Response:
    """Show the collection's last revision."""
    collection = call.collection(call.params["collection"])
    return success(**show_properties(collection), revision=collection.revision)


@route(f"GET {_ONE}/checksum", slow=True)
def checksum(call: Call) -> Response:
    """Compute a checksum that does not depend on the order of documents."""
    collection = call.collection(call.params["collection"])
    with_data, with_revisions = call.flag("withData"), call.flag("withRevisions")
    total = 0
    for document in collection.all():
        part: Any = [document["_key"]]
        if with_revisions:
            part.append(document["_rev"])
        if with_data:
            part.append({n: v for n, v in document.items() if n not in ("_rev", "_id")})
        total ^= zlib.crc32(orjson.dumps(part, option=orjson.OPT_SORT_KEYS)) * 0x9E3779B1
    return success(**show(collection), checksum=str(total), revision=collection.revision)


@route(f"PUT {_ONE}/truncate")
def truncate(call: Call) -> Response:
    """Remove all documents."""
    collection = call.collection(call.params["collection"], write=True)
    with call.alone(collection) as statement:
        if call.transaction is None:
            collection.truncate(statement.transaction)
        else:
            call.seen(collection).truncate()
    return success(**show(collection))


@route(f"PUT {_ONE}/rename")
def rename(call: Call) -> Response:
    """Give a collection another name; a cluster has no such thing."""
    if call.coordinator.deployment.options.cluster:
        raise ArangoError(1470, "this operation is not possible in a cluster")
    collection = call.collection(call.params["collection"], write=True)
    call.check_database_write()
    name = call.json_object().get("name")
    if not isinstance(name, str):
        raise ArangoError(1208, "name is empty")
    with call.alone(collection):
        call.database.rename_collection(collection, name)
    return success(**show(collection))


@route(f"PUT {_ONE}/load", f"PUT {_ONE}/unload", f"PUT {_ONE}/compact")
def load(call: Call) -> Response:
    """Do nothing, successfully: everything is in memory, and stays there."""
    collection = call.collection(call.params["collection"])
    return success(**show(collection), count=len(collection.documents))


@route(f"PUT {_ONE}/recalculateCount", f"PUT {_ONE}/loadIndexesIntoMemory")
def recount(call: Call) -> Response:
    """Do nothing, successfully: the count is exact, and the indexes are in memory."""
    collection = call.collection(call.params["collection"])
    return success(result=True, count=len(collection.documents))
