"""`/_api/gharial`: graphs, their vertices and their edges."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import success
from arango_jobs.local.routes.writing import requested_rev
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Collection, Graph, Written
from arango_jobs.local.store.collection import DOCUMENT, EDGE
from arango_jobs.local.store.keys import split_id

__all__ = ["route"]

route = RouteTable()
_GRAPH = "/_api/gharial/{graph}"
_VERTICES, _EDGES = _GRAPH + "/vertex", _GRAPH + "/edge"


def _graph(call: Call) -> Graph:
    graph = call.database.graphs.get(call.params["graph"])
    if graph is None:
        raise ArangoError(1924)
    return graph


def _show(call: Call, graph: Graph) -> dict[str, Any]:
    return {
        "_key": graph.name,
        "_id": f"_graphs/{graph.name}",
        "_rev": graph.rev,
        "name": graph.name,
        "edgeDefinitions": graph.edge_definitions,
        "orphanCollections": graph.orphans,
        "isSmart": False,
        "isDisjoint": False,
        "isSatellite": False,
        "numberOfShards": 1,
        "replicationFactor": 1,
    }


def _changed(call: Call, graph: Graph, status: int) -> Response:
    graph.rev = call.coordinator.deployment.store.revisions.next()
    return success(status, graph=_show(call, graph))


def _definition(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ArangoError(1922, "invalid edge definition")
    name = body.get("collection")
    ends: list[Any] = [body.get("from"), body.get("to")]
    if not isinstance(name, str) or not name:
        raise ArangoError(1922, "invalid edge definition: 'collection' is missing")
    for end in ends:
        good = isinstance(end, list) and end and all(isinstance(n, str) and n for n in end)
        if not good:
            raise ArangoError(1922, "invalid edge definition: 'from' and 'to' must be name arrays")
    return {"collection": name, "from": sorted(set(ends[0])), "to": sorted(set(ends[1]))}


def _ensure(call: Call, name: str, kind: int) -> None:
    """Create a graph's collection if it is missing; refuse one of the wrong type."""
    found = call.database.collections.get(name)
    if found is None:
        call.check_database_write()
        call.database.create_collection(name, type=kind)
    elif kind == EDGE and found.type != EDGE:
        raise ArangoError(1931, f"'{name}' is not an edge collection", 400)
    elif kind == DOCUMENT and found.type == EDGE:
        raise ArangoError(1931, f"'{name}' is an edge collection", 400)


def _ensure_all(call: Call, definition: dict[str, Any]) -> None:
    _ensure(call, definition["collection"], EDGE)
    for name in {*definition["from"], *definition["to"]}:
        found = call.database.collections.get(name)
        if found is None:
            _ensure(call, name, DOCUMENT)


@route("GET /_api/gharial")
def list_graphs(call: Call) -> Response:
    """List all graphs."""
    return success(graphs=[_show(call, graph) for graph in call.database.graphs.values()])


@route("POST /_api/gharial")
def create(call: Call) -> Response:
    """Create a graph, and the collections that it names."""
    call.check_database_write()
    body = call.json_object()
    name = body.get("name")
    if not isinstance(name, str) or not name or "/" in name:
        raise ArangoError(1940, "a graph needs a name")
    if name in call.database.graphs:
        raise ArangoError(1925)
    given, orphans = body.get("edgeDefinitions") or [], body.get("orphanCollections") or []
    if not isinstance(given, list) or not isinstance(orphans, list):
        raise ArangoError(1922, "'edgeDefinitions' and 'orphanCollections' must be arrays")
    definitions = [_definition(definition) for definition in given]
    if len({d["collection"] for d in definitions}) != len(definitions):
        raise ArangoError(1920, "edge collection used more than once in the graph")
    for orphan in orphans:
        if not isinstance(orphan, str):
            raise ArangoError(1922, "'orphanCollections' must be an array of names")
        _ensure(call, orphan, DOCUMENT)
    for definition in definitions:
        _ensure_all(call, definition)
    store = call.coordinator.deployment.store
    graph = Graph(name, str(store.ticks.next()), "", definitions, sorted(set(orphans)))
    call.database.graphs[name] = graph
    return _changed(call, graph, 202)


@route(f"GET {_GRAPH}")
def one(call: Call) -> Response:
    """Describe a graph."""
    return success(graph=_show(call, _graph(call)))


@route(f"DELETE {_GRAPH}")
def drop(call: Call) -> Response:
    """Drop a graph, with ``dropCollections`` also those that no other graph uses."""
    call.check_database_write()
    graph = _graph(call)
    del call.database.graphs[graph.name]
    if call.flag("dropCollections"):
        for name in {*graph.vertex_collections(), *graph.edge_collections()}:
            _drop_unused(call, name)
    return success(202, removed=True)


def _drop_unused(call: Call, name: str) -> None:
    for graph in call.database.graphs.values():
        if name in graph.vertex_collections() or name in graph.edge_collections():
            return
    if name in call.database.collections:
        call.database.drop_collection(call.database.collection(name))


# vertex collections


@route(f"GET {_VERTICES}")
def vertex_collections(call: Call) -> Response:
    """List a graph's vertex collections."""
    return success(collections=_graph(call).vertex_collections())


@route(f"POST {_VERTICES}")
def add_vertex_collection(call: Call) -> Response:
    """Add a vertex collection, created if it is missing."""
    graph = _graph(call)
    name = call.json_object().get("collection")
    if not isinstance(name, str) or not name:
        raise ArangoError(10, "'collection' is missing")
    if name in graph.vertex_collections():
        raise ArangoError(1938, f"collection '{name}' is used in the graph already", 400)
    _ensure(call, name, DOCUMENT)
    graph.orphans = sorted([*graph.orphans, name])
    return _changed(call, graph, 202)


@route(f"DELETE {_VERTICES}/{{collection}}")
def remove_vertex_collection(call: Call) -> Response:
    """Take away a vertex collection that no edge definition uses."""
    graph, name = _graph(call), call.params["collection"]
    if name not in graph.vertex_collections():
        raise ArangoError(1926, status=404)
    if name not in graph.orphans:
        raise ArangoError(1928, "collection is used in an edge definition")
    graph.orphans.remove(name)
    if call.flag("dropCollection"):
        _drop_unused(call, name)
    return _changed(call, graph, 202)


# edge definitions


@route(f"GET {_EDGES}")
def edge_collections(call: Call) -> Response:
    """List a graph's edge collections."""
    return success(collections=_graph(call).edge_collections())


@route(f"POST {_EDGES}")
def add_edge_definition(call: Call) -> Response:
    """Add an edge definition; its collections are created if they are missing."""
    graph, definition = _graph(call), _definition(call.json_object())
    if definition["collection"] in graph.edge_collections():
        raise ArangoError(1920, "edge collection used more than once in the graph")
    _check_other_graphs(call, graph, definition)
    _ensure_all(call, definition)
    graph.edge_definitions.append(definition)
    _settle_orphans(graph, set(graph.orphans))
    return _changed(call, graph, 202)


def _check_other_graphs(call: Call, graph: Graph, definition: dict[str, Any]) -> None:
    for other in call.database.graphs.values():
        for known in other.edge_definitions:
            same = known["collection"] == definition["collection"]
            if other is not graph and same and known != definition:
                raise ArangoError(1921, "edge collection has another definition", 400)


def _settle_orphans(graph: Graph, before: set[str]) -> None:
    used = {n for d in graph.edge_definitions for n in (*d["from"], *d["to"])}
    graph.orphans = sorted(before - used)


@route(f"PUT {_EDGES}/{{collection}}")
def replace_edge_definition(call: Call) -> Response:
    """Replace an edge definition."""
    graph, definition = _graph(call), _definition(call.json_object())
    position = _position(graph, call.params["collection"])
    _ensure_all(call, definition)
    before = set(graph.vertex_collections())
    graph.edge_definitions[position] = definition
    _settle_orphans(graph, before)
    return _changed(call, graph, 202)


@route(f"DELETE {_EDGES}/{{collection}}")
def remove_edge_definition(call: Call) -> Response:
    """Remove an edge definition; its vertex collections stay as orphans."""
    graph, name = _graph(call), call.params["collection"]
    before = set(graph.vertex_collections())
    del graph.edge_definitions[_position(graph, name)]
    _settle_orphans(graph, before)
    if call.flag("dropCollections") or call.flag("dropCollection"):
        _drop_unused(call, name)
    return _changed(call, graph, 202)


def _position(graph: Graph, name: str) -> int:
    for position, definition in enumerate(graph.edge_definitions):
        if definition["collection"] == name:
            return position
    raise ArangoError(1930)


# vertices and edges


def _place(call: Call, *, write: bool) -> tuple[Graph, str, Collection]:
    graph, name = _graph(call), call.params["collection"]
    kind = call.path.split("/")[4]
    names = graph.vertex_collections() if kind == "vertex" else graph.edge_collections()
    if name not in names:
        raise ArangoError(1926 if kind == "vertex" else 1930, status=404)
    return graph, kind, call.collection(name, write=write)


def _check_ends(call: Call, graph: Graph, collection: Collection, document: dict[str, Any]) -> None:
    """Raise unless both ends lie in collections that the edge definition names, and exist."""
    definition = graph.edge_definitions[_position(graph, collection.name)]
    for end, allowed in (("_from", definition["from"]), ("_to", definition["to"])):
        try:
            name, key = split_id(document.get(end))
        except ArangoError:
            raise ArangoError(1233) from None
        if name not in {*definition["from"], *definition["to"]}:
            raise ArangoError(1947, f"'{name}' is not a vertex collection of the definition")
        if name not in allowed:
            raise ArangoError(1947, f"'{name}' is not allowed as {end} of '{collection.name}'")
        if call.database.collection(name).get(key) is None:
            raise ArangoError(1202)


def _headers(written: Written) -> dict[str, str]:
    return {"Etag": f'"{written.rev}"'}


def _answer(call: Call, kind: str, written: Written, collection: Collection, new: int) -> Response:
    synced = call.flag("waitForSync") or collection.properties.get("waitForSync") is True
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


@route(f"POST {_VERTICES}/{{collection}}", f"POST {_EDGES}/{{collection}}")
def insert(call: Call) -> Response:
    """Insert a vertex or an edge."""
    graph, kind, collection = _place(call, write=True)
    body = call.json()
    if not isinstance(body, dict):
        raise ArangoError(1227)
    if kind == "edge":
        _check_ends(call, graph, collection, body)
    return _answer(call, kind, collection.insert(body), collection, 201)


@route(f"GET {_VERTICES}/{{collection}}/{{key}}", f"GET {_EDGES}/{{collection}}/{{key}}")
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
    f"PATCH {_VERTICES}/{{collection}}/{{key}}",
    f"PUT {_VERTICES}/{{collection}}/{{key}}",
    f"PATCH {_EDGES}/{{collection}}/{{key}}",
    f"PUT {_EDGES}/{{collection}}/{{key}}",
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


@route(f"DELETE {_VERTICES}/{{collection}}/{{key}}", f"DELETE {_EDGES}/{{collection}}/{{key}}")
def remove(call: Call) -> Response:
    """Remove a vertex with the edges that any graph has at it, or an edge."""
    _, kind, collection = _place(call, write=True)
    written = collection.remove(call.params["key"], rev=requested_rev(call))
    if kind == "vertex":
        _remove_edges_at(call, written.id)
    synced = call.flag("waitForSync") or collection.properties.get("waitForSync") is True
    status = 200 if synced else 202
    body: dict[str, Any] = {"error": False, "code": status, "removed": True}
    if call.flag("returnOld"):
        body["old"] = written.old
    return Response.json(body, status)


def _remove_edges_at(call: Call, vertex_id: str) -> None:
    names = {name for g in call.database.graphs.values() for name in g.edge_collections()}
    for name in names:
        found = call.database.collections.get(name)
        if found is not None:
            for edge in found.edges(vertex_id, "any"):
                found.remove(edge["_key"])
