"""What traversals and path searches share: their edge collections, start vertices and options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, problem
from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.pipeline import evaluate_early
from arango_jobs.local.aql.run import Run, failure
from arango_jobs.local.aql.values import is_number

__all__ = ["Network", "compile_network", "read_steps", "vertex_id"]

_EDGE = 3
Document = dict[str, Any]
_REVERSED = {"outbound": "inbound", "inbound": "outbound", "any": "any"}


def vertex_id(value: Any) -> str | None:
    """Return the id that a string or a document gives, or None."""
    identifier = value.get("_id") if type(value) is dict else value
    return identifier if type(identifier) is str and "/" in identifier else None


@dataclass(frozen=True, slots=True)
class Network:
    """Edge collections with the direction to follow in each, and where vertices are found."""

    run: Run
    edges: tuple[tuple[CollectionLike, str], ...]
    vertex_collections: frozenset[str] | None = None
    weight_attribute: str | None = None
    default_weight: float = 1

    def neighbours(self, vertex: str, *, backwards: bool = False) -> Iterator[tuple[Document, str]]:
        """Yield the edges at `vertex` with the id at their other end."""
        for collection, direction in self.edges:
            way = _REVERSED[direction] if backwards else direction
            for edge in collection.edges(vertex, way):
                self.run.scanned_index += 1
                other = _other_end(edge, vertex, way)
                if self._is_allowed(other):
                    yield edge, other

    def _is_allowed(self, vertex: str) -> bool:
        allowed = self.vertex_collections
        return allowed is None or vertex.partition("/")[0] in allowed

    def vertex(self, identifier: str) -> Document | None:
        """Return a vertex, or None with a warning if it does not exist."""
        name, _, key = identifier.partition("/")
        collection = self.run.database.find(name)
        document: Document | None = None if collection is None else collection.get(key)
        if document is None:
            self.run.warn(1202, f"document not found: {identifier}")
        return document

    def weight(self, edge: Document) -> float:
        """Return what following `edge` costs."""
        if self.weight_attribute is None:
            return 1
        value = edge.get(self.weight_attribute)
        weight: float = value if value is not None and is_number(value) else self.default_weight
        if weight < 0:
            raise failure(10, "bad parameter: an edge has a negative weight", 400)
        return weight

    def start(self, value: Any) -> str | None:
        """Return the id of a start or target vertex, or None with a warning."""
        identifier = vertex_id(value)
        if identifier is None:
            self.run.warn(
                10, "Invalid input for traversal: Only id strings or objects with _id are allowed"
            )
        return identifier


def _other_end(edge: Document, vertex: str, way: str) -> str:
    if way == "outbound" or (way == "any" and edge["_from"] == vertex):
        return str(edge["_to"])
    return str(edge["_from"])


def _graph_edges(
    unit: Compilation, target: nodes.Node, direction: str
) -> list[tuple[CollectionLike, str]]:
    name = unit.constant(target)
    if not isinstance(name, str):
        raise problem(1501, "syntax error, a graph's name must be a string", 400)
    graph = unit.run.database.graphs.get(name)
    if graph is None:
        raise problem(1924, f"graph '{name}' not found", 404)
    for vertices in _vertex_collections(graph):
        unit.reading(vertices)
    names = [definition["collection"] for definition in graph.edge_definitions]
    return [(unit.reading(collection), direction) for collection in names]


def _vertex_collections(graph: Any) -> list[str]:
    names = dict.fromkeys(graph.orphans)
    for definition in graph.edge_definitions:
        names |= dict.fromkeys([*definition["from"], *definition["to"]])
    return list(names)


def _listed_edges(
    unit: Compilation, edges: tuple[nodes.Edge, ...], direction: str
) -> list[tuple[CollectionLike, str]]:
    listed = []
    for edge in edges:
        collection = unit.reading(unit.collection_name(edge.collection))
        if collection.type != _EDGE:
            raise problem(1218, f"collection type invalid: {collection.name} has no edges", 400)
        listed.append((collection, edge.direction or direction))
    return listed


def _names(value: Any) -> frozenset[str] | None:
    if isinstance(value, str):
        return frozenset((value,))
    return frozenset(value) if isinstance(value, list) and value else None


def compile_network(
    unit: Compilation, direction: str, targets: Any, options: dict[str, Any]
) -> Network:
    """Return the edges to follow, as a graph or a list of collections and the options say."""
    if isinstance(targets, tuple):
        edges = _listed_edges(unit, targets, direction)
    else:
        edges = _graph_edges(unit, targets, direction)
    wanted = _names(options.get("edgeCollections"))
    if wanted is not None:
        edges = [item for item in edges if item[0].name in wanted]
    weight, default = options.get("weightAttribute"), options.get("defaultWeight", 1)
    return Network(
        unit.run,
        tuple(edges),
        _names(options.get("vertexCollections")),
        weight if isinstance(weight, str) else None,
        default if is_number(default) else 1,
    )


def read_steps(unit: Compilation, node: nodes.Node | None) -> tuple[int, int]:
    """Return the least and the greatest number of edges to follow."""
    if node is None:
        return 1, 1
    if isinstance(node, nodes.Range):
        low, high = (
            evaluate_early(unit, part, "traversal depth") for part in (node.low, node.high)
        )
    else:
        low = high = evaluate_early(unit, node, "traversal depth")
    if not (is_number(low) and is_number(high)) or low < 0 or high < low:
        raise problem(1501, "syntax error, a traversal depth must be a number or a range", 400)
    return int(low), int(high)
