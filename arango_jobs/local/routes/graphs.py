"""`/_api/gharial`: graphs, their collections and edge definitions."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import success
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Graph
from arango_jobs.local.store.collection import DOCUMENT, EDGE

__all__ = ["EDGES", "VERTICES", "find_graph", "position_of", "route"]

route = RouteTable()
_GRAPH = "/_api/gharial/{graph}"
VERTICES, EDGES = _GRAPH + "/vertex", _GRAPH + "/edge"


def find_graph(call: Call) -> Graph:
    """Return the graph of the path, or raise 1924."""
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
    return success(graph=_show(call, find_graph(call)))


@route(f"DELETE {_GRAPH}")
def drop(call: Call) -> Response:
    """Drop a graph, with ``dropCollections`` also those that no other graph uses."""
    call.check_database_write()
    graph = find_graph(call)
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


@route(f"GET {VERTICES}")
def vertex_collections(call: Call) -> Response:
    """List a graph's vertex collections."""
    return success(collections=find_graph(call).vertex_collections())


@route(f"POST {VERTICES}")
def add_vertex_collection(call: Call) -> Response:
    """Add a vertex collection, created if it is missing."""
    graph = find_graph(call)
    name = call.json_object().get("collection")
    if not isinstance(name, str) or not name:
        raise ArangoError(10, "'collection' is missing")
    if name in graph.vertex_collections():
        raise ArangoError(1938, f"collection '{name}' is used in the graph already", 400)
    _ensure(call, name, DOCUMENT)
    graph.orphans = sorted([*graph.orphans, name])
    return _changed(call, graph, 202)


@route(f"DELETE {VERTICES}/{{collection}}")
def remove_vertex_collection(call: Call) -> Response:
    """Take away a vertex collection that no edge definition uses."""
    graph, name = find_graph(call), call.params["collection"]
    if name not in graph.vertex_collections():
        raise ArangoError(1926, status=404)
    if name not in graph.orphans:
        raise ArangoError(1928, "collection is used in an edge definition")
    graph.orphans.remove(name)
    if call.flag("dropCollection"):
        _drop_unused(call, name)
    return _changed(call, graph, 202)


# edge definitions


@route(f"GET {EDGES}")
def edge_collections(call: Call) -> Response:
    """List a graph's edge collections."""
    return success(collections=find_graph(call).edge_collections())


@route(f"POST {EDGES}")
def add_edge_definition(call: Call) -> Response:
    """Add an edge definition; its collections are created if they are missing."""
    graph, definition = find_graph(call), _definition(call.json_object())
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


@route(f"PUT {EDGES}/{{collection}}")
def replace_edge_definition(call: Call) -> Response:
    """Replace an edge definition."""
    graph, definition = find_graph(call), _definition(call.json_object())
    position = position_of(graph, call.params["collection"])
    _ensure_all(call, definition)
    before = set(graph.vertex_collections())
    graph.edge_definitions[position] = definition
    _settle_orphans(graph, before)
    return _changed(call, graph, 202)


@route(f"DELETE {EDGES}/{{collection}}")
def remove_edge_definition(call: Call) -> Response:
    """Remove an edge definition; its vertex collections stay as orphans."""
    graph, name = find_graph(call), call.params["collection"]
    before = set(graph.vertex_collections())
    del graph.edge_definitions[position_of(graph, name)]
    _settle_orphans(graph, before)
    if call.flag("dropCollections") or call.flag("dropCollection"):
        _drop_unused(call, name)
    return _changed(call, graph, 202)


def position_of(graph: Graph, name: str) -> int:
    """Return where the definition of an edge collection stands, or raise 1930."""
    for position, definition in enumerate(graph.edge_definitions):
        if definition["collection"] == name:
            return position
    raise ArangoError(1930)
