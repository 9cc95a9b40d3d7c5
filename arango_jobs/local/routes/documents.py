"""`/_api/document`, one by one and in arrays (server-protocol.md §8.2), and `/_api/edges`."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.writing import WriteOptions, element_error, many, one, requested_rev
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Collection, Documents, Written

__all__ = ["read_one", "route"]

route = RouteTable()
_ONE = "/_api/document/{collection}/{key}"
_MANY = "/_api/document/{collection}"


@route(f"GET {_ONE}", f"HEAD {_ONE}")
def read(call: Call) -> Response:
    """Answer one document."""
    return read_one(call, call.reading(call.params["collection"]), call.params["key"])


def read_one(call: Call, collection: Documents, key: str) -> Response:
    """Answer one document, or that it has, or has not, the revision asked for."""
    document = collection.require(key)
    rev = document["_rev"]
    headers = {"Etag": f'"{rev}"'}
    unless = call.header("if-none-match")
    if unless is not None and unless.strip().strip('"') == rev:
        return Response(304, headers=headers)
    wanted = requested_rev(call)
    if wanted is not None and wanted != rev:
        raise ArangoError(1200, _id=document["_id"], _key=key, _rev=rev)
    return Response.json(document, headers=headers)


@route(f"POST {_MANY}")
def insert(call: Call) -> Response:
    """Insert a document or an array of them."""
    collection = call.collection(call.params["collection"], write=True)
    options = WriteOptions.read(call, collection, keep_null=False)
    body = call.json()

    def write(item: Any, writer: Documents) -> Written:
        return writer.insert(
            item,
            overwrite_mode=options.overwrite_mode,
            keep_null=options.keep_null,
            merge_objects=options.merge_objects,
            version_attribute=options.version_attribute,
        )

    if isinstance(body, list):
        return many(call, collection, body, write, options, options.status)
    return one(call, write(body, call.seen(collection)), options, options.status)


@route(f"PATCH {_ONE}", f"PUT {_ONE}")
def change(call: Call) -> Response:
    """Update or replace one document."""
    collection = call.writing(call.params["collection"])
    options = WriteOptions.read(call, collection.home)
    body = call.json()
    if not isinstance(body, dict):
        raise ArangoError(1227)
    rev = requested_rev(call) or (None if options.ignore_revs else _rev_of(body))
    written = _change(call, collection, call.params["key"], body, rev, options)
    return one(call, written, options, options.status)


@route(f"PATCH {_MANY}", f"PUT {_MANY}")
def change_many(call: Call) -> Response:
    """Update, replace or (``onlyget``) read an array of documents."""
    reads = call.request.method == "PUT" and "onlyget" in call.query
    collection = call.collection(call.params["collection"], write=not reads)
    items = call.json()
    if not isinstance(items, list):
        raise ArangoError(1227)
    if reads:
        ignore_revs = call.flag("ignoreRevs", True)
        seen = call.seen(collection)
        return Response.json([_get_element(seen, item, ignore_revs) for item in items])
    options = WriteOptions.read(call, collection)

    def write(item: Any, writer: Documents) -> Written:
        if not isinstance(item, dict):
            raise ArangoError(1227)
        key = _key_of(collection, item)
        rev = None if options.ignore_revs else _rev_of(item)
        return _change(call, writer, key, item, rev, options)

    return many(call, collection, items, write, options, options.status)


@route(f"DELETE {_ONE}")
def remove(call: Call) -> Response:
    """Remove one document."""
    collection = call.writing(call.params["collection"])
    options = WriteOptions.read(call, collection.home)
    written = collection.remove(call.params["key"], rev=requested_rev(call))
    return one(call, written, options, 200 if options.status == 201 else 202)


@route(f"DELETE {_MANY}")
def remove_many(call: Call) -> Response:
    """Remove the documents of an array of keys, ids or documents."""
    collection = call.collection(call.params["collection"], write=True)
    options = WriteOptions.read(call, collection)
    items = call.json()
    if not isinstance(items, list):
        raise ArangoError(1227)

    def write(item: Any, writer: Documents) -> Written:
        rev = _rev_of(item) if isinstance(item, dict) and not options.ignore_revs else None
        return writer.remove(_key_of(collection, item), rev=rev)

    status = 200 if options.status == 201 else 202
    return many(call, collection, items, write, options, status)


@route("GET /_api/edges/{collection}")
def edges(call: Call) -> Response:
    """Answer the edges at a vertex."""
    collection = call.collection(call.params["collection"])
    if collection.type != 3:
        raise ArangoError(1585, "collection is not an edge collection")
    direction = {"in": "inbound", "out": "outbound"}.get(call.query.get("direction", "any"), "any")
    seen = call.seen(collection)
    found = seen.edges(call.required("vertex"), direction)
    stats = {"scannedIndex": len(found), "filtered": 0}
    return Response.json({"edges": found, "error": False, "code": 200, "stats": stats})


def _change(
    call: Call,
    collection: Documents,
    key: str,
    body: dict[str, Any],
    rev: str | None,
    options: WriteOptions,
) -> Written:
    if call.request.method == "PUT":
        return collection.replace(key, body, rev=rev, version_attribute=options.version_attribute)
    return collection.update(
        key,
        body,
        rev=rev,
        keep_null=options.keep_null,
        merge_objects=options.merge_objects,
        version_attribute=options.version_attribute,
    )


def _get_element(collection: Documents, item: Any, ignore_revs: bool) -> dict[str, Any]:
    try:
        document = collection.require(_key_of(collection.home, item))
        wanted = _rev_of(item) if isinstance(item, dict) else None
        if not ignore_revs and wanted is not None and wanted != document["_rev"]:
            raise ArangoError(1200)
    except ArangoError as error:
        return element_error(error)
    return document


def _key_of(collection: Collection, item: Any) -> str:
    """Return the key that an element of an array names: a key, an id or a document."""
    if isinstance(item, dict):
        item = item["_key"] if "_key" in item else item.get("_id")
        if item is None:
            raise ArangoError(1205)
    if not isinstance(item, str) or not item:
        raise ArangoError(1205)
    name, slash, key = item.partition("/")
    if not slash:
        return name
    if name != collection.name:
        raise ArangoError(1213)
    return key


def _rev_of(body: dict[str, Any]) -> str | None:
    rev = body.get("_rev")
    return rev if isinstance(rev, str) and rev else None
