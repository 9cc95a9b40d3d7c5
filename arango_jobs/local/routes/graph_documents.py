"""`/_api/gharial`: the vertices and edges of graphs."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.graphs import EDGES, VERTICES, find_graph, position_of
from arango_jobs.local.routes.writing import requested_rev
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Documents, Graph, Statement, Written
from arango_jobs.local.store.keys import split_id

__all__ = ["route"]

route = RouteTable()


def _place(call: Call, *, write: bool) -> tuple[Graph, str, Documents]:
    graph, name = find_graph(call), call.params["collection"]
    kind = call.path.split("/")[4]
    names = graph.vertex_collections() if kind == "vertex" else graph.edge_collections()
    if name not in names:
        raise ArangoError(1926 if kind == "vertex" else 1930, status=404)
    return graph, kind, call.writing(name) if write else call.reading(name)


def _check_ends(call: Call, graph: Graph, collection: Documents, document: dict[str, Any]) -> None:
    """Raise unless both ends lie in collections that the edge definition names, and exist."""
    definition = graph.edge_definitions[position_of(graph, collection.home.name)]
    for end, allowed in (("_from", definition["from"]), ("_to", definition["to"])):
        try:
            name, key = split_id(document.get(end))
        except ArangoError:
            raise ArangoError(1233) from None
        if name not in {*definition["from"], *definition["to"]}:
            raise ArangoError(1947, f"'{name}' is not a vertex collection of the definition")
        if name not in allowed:
            raise ArangoError(1947, f"'{name}' is not allowed as {end} of '{collection.home.name}'")
        if call.data.collection(name).get(key) is None:
            raise ArangoError(1202)


def _headers(written: Written) -> dict[str, str]:
    return {"Etag": f'"{written.rev}"'}


def _answer(call: Call, kind: str, written: Written, collection: Documents, new: int) -> Response:
    synced = call.flag("waitForSync") or collection.home.properties.get("waitForSync") is True
    status = new if synced else 202
    shown = {"_id": written.id, "_key": written.key, "_rev": written.rev}
    if written.old_rev is not None:
        shown["_oldRev"] = written.old_rev
    body: dict[str, Any] = {"error": False, "code": status, kind: shown}
    if call.flag("returnNew") and written.new is not None:
        body["new"] = written.new
    if call.flag("returnOld") and written.old is not None:
        body["old"] = written.old
    return Response.json(body, status, _headers(written))


@route(f"POST {VERTICES}/{{collection}}", f"POST {EDGES}/{{collection}}")
def insert(call: Call) -> Response:
    """Insert a vertex or an edge."""
    graph, kind, collection = _place(call, write=True)
    body = call.json()
    if not isinstance(body, dict):
        raise ArangoError(1227)
    if kind == "edge":
        _check_ends(call, graph, collection, body)
    return _answer(call, kind, collection.insert(body), collection, 201)


@route(f"GET {VERTICES}/{{collection}}/{{key}}", f"GET {EDGES}/{{collection}}/{{key}}")
def read(call: Call) -> Response:
    """Answer a vertex or an edge."""
    _, kind, collection = _place(call, write=False)
    document = collection.require(call.params["key"])
    rev = document["_rev"]
    unless = call.header("if-none-match")
    if unless is not None and unless.strip().strip('"') == rev:
        return Response(304, headers={"Etag": f'"{rev}"'})
    wanted = requested_rev(call) or call.query.get("rev")
    if wanted is not None and wanted != rev:
        raise ArangoError(1200)
    return Response.json(
        {"error": False, "code": 200, kind: document}, headers={"Etag": f'"{rev}"'}
    )


@route(
    f"PATCH {VERTICES}/{{collection}}/{{key}}",
    f"PUT {VERTICES}/{{collection}}/{{key}}",
    f"PATCH {EDGES}/{{collection}}/{{key}}",
    f"PUT {EDGES}/{{collection}}/{{key}}",
)
def change(call: Call) -> Response:
    """Update or replace a vertex or an edge."""
    graph, kind, collection = _place(call, write=True)
    body, key = call.json(), call.params["key"]
    if not isinstance(body, dict):
        raise ArangoError(1227)
    rev = requested_rev(call)
    if call.request.method == "PUT":
        if kind == "edge":
            _check_ends(call, graph, collection, body)
        written = collection.replace(key, body, rev=rev)
    else:
        if kind == "edge" and ("_from" in body or "_to" in body):
            _check_ends(call, graph, collection, {**collection.require(key), **body})
        written = collection.update(key, body, rev=rev, keep_null=call.flag("keepNull", True))
    return _answer(call, kind, written, collection, 200)


@route(f"DELETE {VERTICES}/{{collection}}/{{key}}", f"DELETE {EDGES}/{{collection}}/{{key}}")
def remove(call: Call) -> Response:
    """Remove a vertex with the edges that any graph has at it, or an edge."""
    _, kind, collection = _place(call, write=True)
    with call.statement() as statement:
        writer = statement.writing(collection.home)
        written = writer.remove(call.params["key"], rev=requested_rev(call))
        if kind == "vertex":
            _remove_edges_at(call, statement, written.id)
    synced = call.flag("waitForSync") or collection.home.properties.get("waitForSync") is True
    status = 200 if synced else 202
    body: dict[str, Any] = {"error": False, "code": status, "removed": True}
    if call.flag("returnOld"):
        body["old"] = written.old
    return Response.json(body, status)


def _remove_edges_at(call: Call, statement: Statement, vertex_id: str) -> None:
    names = {name for g in call.database.graphs.values() for name in g.edge_collections()}
    for name in names:
        found = call.database.collections.get(name)
        if found is not None:
            writer = statement.writing(found)
            for edge in writer.edges(vertex_id, "any"):
                writer.remove(edge["_key"])
