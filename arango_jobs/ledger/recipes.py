"""How an operation with the decoder of each name is built again, by our wrappers themselves.

A recipe calls the wrapper with whatever arguments give the right decoder; what
is sent is put in afterwards (`rebuilding.py`). So a recipe only has to know what
the decoder depends on: the query, the body, the path, or whether it was lenient
(`probes.py`). Names that are not here, as what their decoder looks for is no
part of the request (`collection.has`, `user.has`, …), give the plain response.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from arango_jobs.api.collection import StandardCollection
from arango_jobs.api.database import Database
from arango_jobs.api.edges import EdgeCollection
from arango_jobs.api.graph import Graph
from arango_jobs.api.method import build_operation
from arango_jobs.api.vertices import VertexCollection
from arango_jobs.ledger.facts import KindFacts
from arango_jobs.operations import Operation

__all__ = ["RECIPES", "Recipe", "Remains"]

_KEYED = {"_key": "k"}
_EDGE = {"_from": "v/1", "_to": "v/2"}


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of an operation."""

    db: Database[Any]
    facts: KindFacts
    body: Any

    @property
    def lenient(self) -> bool:
        """Whether its decoder returned what others raise."""
        return bool(self.facts.lenient)

    def option(self, name: str) -> bool:
        """Return whether the query says yes to `name`."""
        values = parse_qs(self.facts.query.removeprefix("?")).get(name, [""])
        return values[-1] in ("true", "1")

    def segment(self, index: int) -> str:
        """Return a part of the path; 0 comes after `/_api`."""
        parts = self.facts.path.split("/")[2:]
        return unquote(parts[index]) if index < len(parts) else "c"

    @property
    def silent(self) -> bool:
        """Whether the answer to a write has no metadata."""
        return self.option("silent")

    @property
    def collection(self) -> Any:
        """The collection that the path names."""
        return StandardCollection(self.db._executor, self.segment(1))

    @property
    def graph(self) -> Any:
        """The graph that the path names."""
        return Graph(self.db._executor, self.segment(1))

    @property
    def vertices(self) -> Any:
        """The vertex collection that the path names."""
        return VertexCollection(self.db._executor, self.segment(1), self.segment(3))

    @property
    def edges(self) -> Any:
        """The edge collection that the path names."""
        return EdgeCollection(self.db._executor, self.segment(1), self.segment(3))


Recipe = Callable[[Remains], Any]


def _on(of: str, method: str, *args: Any, **named: Any) -> Recipe:
    """Return the recipe of a method whose decoder is always the same."""

    def build(remains: Remains) -> Operation[Any] | Any:
        target = remains.db
        for name in filter(None, of.split(".")):
            target = getattr(remains if name in _OF_PATH else target, name)
        return build_operation(getattr(target, method), *args, **named)

    return build


_OF_PATH = frozenset({"collection", "graph", "vertices", "edges"})


def _silent(method: str) -> Recipe:
    return lambda r: build_operation(getattr(r.collection, method), _KEYED, silent=r.silent)


def _several(method: str) -> Recipe:
    return lambda r: build_operation(
        getattr(r.collection, method),
        [],
        silent=r.silent,
        # `replace_many` has no such option, and is always lenient.
        **({} if r.lenient else {"raise_on_document_error": True}),
    )


def _ignoring(of: str, method: str, *args: Any) -> Recipe:
    def build(remains: Remains) -> Any:
        return _on(of, method, *args, ignore_missing=remains.lenient)(remains)

    return build


def _graph_delete(of: str) -> Recipe:
    return lambda r: build_operation(
        getattr(r, of).delete,
        "k",
        ignore_missing=r.lenient,
        return_old=r.option("returnOld"),
    )


def _execute(remains: Remains) -> Any:
    options = remains.body.get("options") if isinstance(remains.body, dict) else None
    allows = bool(isinstance(options, dict) and options.get("allowRetry"))
    return build_operation(remains.db.aql.execute, "RETURN 1", allow_retry=allows)


def _of_body(name: str, build: Callable[[Remains, str], Any]) -> Recipe:
    """Return the recipe of a method that returns what the body names."""
    return lambda r: build(r, r.body[name])


RECIPES: dict[str, Recipe] = {
    # Documents
    "document.get": _on("collection", "get", "k"),
    "document.has": _on("collection", "has", "k"),
    "document.insert": _silent("insert"),
    "document.update": _silent("update"),
    "document.replace": _silent("replace"),
    "document.delete": lambda r: build_operation(
        r.collection.delete, "k", silent=r.silent, ignore_missing=r.lenient
    ),
    "document.get_many": _on("collection", "get_many", []),
    "document.insert_many": _several("insert_many"),
    "document.update_many": _several("update_many"),
    "document.replace_many": _several("replace_many"),
    "document.delete_many": _several("delete_many"),
    "document.import_bulk": _on("collection", "import_bulk", []),
    "document.update_match": _on("collection", "update_match", {}, {}),
    "document.replace_match": _on("collection", "replace_match", {}, {}),
    "document.delete_match": _on("collection", "delete_match", {}),
    "document.all": _on("collection", "all"),
    "document.ids": _on("collection", "ids"),
    "document.keys": _on("collection", "keys"),
    "document.random": _on("collection", "random"),
    "document.find": _on("collection", "find", {}),
    "document.find_near": _on("collection", "find_near", 0, 0),
    "document.find_in_range": _on("collection", "find_in_range", "x", 0, 1),
    "document.find_in_radius": _on("collection", "find_in_radius", 0, 0, 1),
    "document.find_by_text": _on("collection", "find_by_text", "x", "y"),
    # Collections
    "collection.count": _on("collection", "count"),
    "collection.properties": _on("collection", "properties"),
    "collection.info": _on("collection", "info"),
    "collection.configure": _on("collection", "configure"),
    "collection.statistics": _on("collection", "statistics"),
    "collection.revision": _on("collection", "revision"),
    "collection.checksum": _on("collection", "checksum"),
    "collection.shards": lambda r: build_operation(
        r.collection.shards, details=r.option("details")
    ),
    "collection.responsible_shard": _on("collection", "responsible_shard", {}),
    "collection.compact": _on("collection", "compact"),
    "collection.recalculate_count": _on("collection", "recalculate_count"),
    "collection.truncate": _on("collection", "truncate"),
    "collection.rename": _on("collection", "rename", "c"),
    "collection.list": _on("", "collections"),
    "collection.key_generators": _on("", "key_generators"),
    "collection.delete": _ignoring("", "delete_collection", "c"),
    "collection.create": _of_body(
        "name", lambda r, name: build_operation(r.db.create_collection, name)
    ),
    # Indexes
    "index.list": _on("collection", "indexes"),
    "index.get": _on("collection", "get_index", "1"),
    "index.load": _on("collection", "load_indexes"),
    "index.delete": _ignoring("collection", "delete_index", "1"),
    "index.add": lambda r: build_operation(r.collection.add_index, {}, formatter=r.lenient),
    # AQL
    "aql.execute": _execute,
    "aql.explain": _on("aql", "explain", ""),
    "aql.validate": _on("aql", "validate", ""),
    "aql.kill": _on("aql", "kill", "1"),
    "aql.queries": _on("aql", "queries"),
    "aql.slow_queries": _on("aql", "slow_queries"),
    "aql.clear_slow_queries": _on("aql", "clear_slow_queries"),
    "aql.tracking": _on("aql", "tracking"),
    "aql.set_tracking": _on("aql", "set_tracking"),
    "aql.history": _on("aql", "history"),
    "aql.functions": _on("aql", "functions"),
    "aql.create_function": _on("aql", "create_function", "f", ""),
    "aql.delete_function": _ignoring("aql", "delete_function", "f"),
    "aql.query_rules": _on("aql", "query_rules"),
    "aql_cache.properties": _on("aql.cache", "properties"),
    "aql_cache.configure": _on("aql.cache", "configure"),
    "aql_cache.entries": _on("aql.cache", "entries"),
    "aql_cache.clear": _on("aql.cache", "clear"),
    "aql_cache.plan_entries": _on("aql.cache", "plan_entries"),
    "aql_cache.clear_plan": _on("aql.cache", "clear_plan"),
    # Graphs
    "graph.has": _on("", "has_graph", "g"),
    "graph.list": _on("", "graphs"),
    "graph.create": _of_body("name", lambda r, name: build_operation(r.db.create_graph, name)),
    "graph.delete": _ignoring("", "delete_graph", "g"),
    "graph.properties": _on("graph", "properties"),
    "graph.vertex_collections": _on("graph", "vertex_collections"),
    "graph.create_vertex_collection": _of_body(
        "collection", lambda r, name: build_operation(r.graph.create_vertex_collection, name)
    ),
    "graph.delete_vertex_collection": _on("graph", "delete_vertex_collection", "v"),
    "graph.edge_definitions": _on("graph", "edge_definitions"),
    "graph.edge_collections": _on("graph", "edge_collections"),
    "graph.create_edge_definition": _of_body(
        "collection", lambda r, name: build_operation(r.graph.create_edge_definition, name, [], [])
    ),
    "graph.replace_edge_definition": lambda r: build_operation(
        r.graph.replace_edge_definition, r.segment(3), [], []
    ),
    "graph.delete_edge_definition": _on("graph", "delete_edge_definition", "e"),
    "vertex.get": _on("vertices", "get", "k"),
    "vertex.insert": _on("vertices", "insert", {}),
    "vertex.update": _on("vertices", "update", _KEYED),
    "vertex.replace": _on("vertices", "replace", _KEYED),
    "vertex.delete": _graph_delete("vertices"),
    "edge.get": _on("edges", "get", "k"),
    "edge.insert": _on("edges", "insert", _EDGE),
    "edge.update": _on("edges", "update", _KEYED),
    "edge.replace": _on("edges", "replace", _KEYED),
    "edge.delete": _graph_delete("edges"),
    "edge.edges": _on("edges", "edges", "v/1"),
    # Databases, users, jobs, server
    "database.properties": _on("", "properties"),
    "database.list": _on("", "databases"),
    "database.list_accessible": _on("", "databases_accessible_to_user"),
    "database.create": _on("", "create_database", "d"),
    "database.delete": _ignoring("", "delete_database", "d"),
    "user.list": _on("", "users"),
    "user.get": _on("", "user", "u"),
    "user.create": _on("", "create_user", "u", "p"),
    "user.update": _on("", "update_user", "u", "p"),
    "user.replace": _on("", "replace_user", "u", "p"),
    "user.delete": _ignoring("", "delete_user", "u"),
    "permission.list": _on("", "permissions", "u"),
    "permission.get": _on("", "permission", "u", "d"),
    "permission.update": _on("", "update_permission", "u", "rw", "d"),
    "permission.reset": _on("", "reset_permission", "u", "d"),
    "job.list": _on("", "async_jobs", "done"),
    "job.clear": _on("", "clear_async_jobs"),
    "server.version": lambda r: build_operation(r.db.version, details=r.option("details")),
    "server.details": _on("", "details"),
    "server.engine": _on("", "engine"),
    "server.status": _on("", "status"),
    "server.check_availability": _on("", "check_availability"),
    "server.role": _on("", "role"),
    "server.mode": _on("", "mode"),
    "server.time": _on("", "time"),
    "server.echo": _on("", "echo"),
    "server.statistics": lambda r: build_operation(
        r.db.statistics, description=r.facts.path.endswith("-description")
    ),
    "server.metrics": _on("", "metrics"),
    "server.shutdown_progress": _on("", "shutdown_progress"),
    # Any request
    **{
        f"request.{method}": lambda r: build_operation(
            r.db.request, r.facts.method, "/", check=not r.lenient
        )
        for method in ("get", "post", "put", "patch", "delete", "head", "options")
    },
}
