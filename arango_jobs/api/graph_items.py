"""Vertices and edges of a graph by their ids, whichever collection they lie in."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.edges import EdgeCollection
from arango_jobs.api.executors import Executor
from arango_jobs.api.group import ApiGroup
from arango_jobs.api.handles import collection_of
from arango_jobs.api.method import api_method, build_operation
from arango_jobs.api.types import Document, Json, Ref
from arango_jobs.api.vertices import VertexCollection
from arango_jobs.operations import Operation

__all__ = ["GraphItems"]


class GraphItems(ApiGroup[C]):
    """Calls that find the collection by the id of what they are given."""

    def __init__(self, executor: Executor, name: str) -> None:
        super().__init__(executor)
        self._name = name

    @property
    def name(self) -> str:
        """The graph's name."""
        return self._name

    def vertex_collection(self, name: str) -> VertexCollection[C]:
        """Return a vertex collection of the graph."""
        return VertexCollection(self._executor, self._name, name)

    def edge_collection(self, name: str) -> EdgeCollection[C]:
        """Return an edge collection of the graph."""
        return EdgeCollection(self._executor, self._name, name)

    @api_method
    def has_vertex(
        self, vertex: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[bool]:
        """Return whether the vertex is there."""
        return _build(self._vertices(vertex).has, vertex, rev, check_rev)

    @api_method
    def vertex(
        self, vertex: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[Document | None]:
        """Return the vertex, `None` where it is not there."""
        return _build(self._vertices(vertex).get, vertex, rev, check_rev)

    @api_method
    def insert_vertex(
        self, collection: str, vertex: Json, sync: bool | None = None
    ) -> Operation[Json]:
        """Insert a vertex and return its metadata."""
        return _build(self._vertices(collection).insert, vertex, sync)

    @api_method
    def update_vertex(
        self,
        vertex: Json,
        check_rev: bool = True,
        keep_none: bool = True,
        sync: bool | None = None,
    ) -> Operation[Json]:
        """Change the attributes given and return the metadata."""
        return _build(self._vertices(vertex).update, vertex, check_rev, keep_none, sync)

    @api_method
    def replace_vertex(
        self, vertex: Json, check_rev: bool = True, sync: bool | None = None
    ) -> Operation[Json]:
        """Replace a vertex and return the metadata."""
        return _build(self._vertices(vertex).replace, vertex, check_rev, sync)

    @api_method
    def delete_vertex(
        self,
        vertex: Json,
        rev: str | None = None,
        check_rev: bool = True,
        ignore_missing: bool = False,
        sync: bool | None = None,
    ) -> Operation[Json | bool]:
        """Delete a vertex and every edge of the graph at it."""
        return _build(self._vertices(vertex).delete, vertex, rev, check_rev, ignore_missing, sync)

    @api_method
    def has_edge(
        self, edge: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[bool]:
        """Return whether the edge is there."""
        return _build(self._edges(edge).has, edge, rev, check_rev)

    @api_method
    def edge(
        self, edge: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[Document | None]:
        """Return the edge, `None` where it is not there."""
        return _build(self._edges(edge).get, edge, rev, check_rev)

    @api_method
    def insert_edge(self, collection: str, edge: Json, sync: bool | None = None) -> Operation[Json]:
        """Insert an edge, which has `_from` and `_to`, and return its metadata."""
        return _build(self._edges(collection).insert, edge, sync)

    @api_method
    def update_edge(
        self,
        edge: Json,
        check_rev: bool = True,
        keep_none: bool = True,
        sync: bool | None = None,
    ) -> Operation[Json]:
        """Change the attributes given and return the metadata."""
        return _build(self._edges(edge).update, edge, check_rev, keep_none, sync)

    @api_method
    def replace_edge(
        self, edge: Json, check_rev: bool = True, sync: bool | None = None
    ) -> Operation[Json]:
        """Replace an edge and return the metadata."""
        return _build(self._edges(edge).replace, edge, check_rev, sync)

    @api_method
    def delete_edge(
        self,
        edge: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        ignore_missing: bool = False,
        sync: bool | None = None,
    ) -> Operation[Json | bool]:
        """Delete an edge."""
        return _build(self._edges(edge).delete, edge, rev, check_rev, ignore_missing, sync)

    @api_method
    def link(
        self,
        collection: str,
        from_vertex: Ref,
        to_vertex: Ref,
        data: Json | None = None,
        sync: bool | None = None,
    ) -> Operation[Json]:
        """Insert an edge between two vertices, given by id or as documents."""
        return _build(self._edges(collection).link, from_vertex, to_vertex, data, sync)

    @api_method
    def edges(self, collection: str, vertex: Ref, direction: str | None = None) -> Operation[Json]:
        """Return the edges at a vertex: all, or those that go "in" or "out"."""
        return _build(self._edges(collection).edges, vertex, direction)

    def _vertices(self, of: Ref) -> Any:
        return self.vertex_collection(_name(of))

    def _edges(self, of: Ref) -> Any:
        return self.edge_collection(_name(of))


def _name(of: Ref) -> str:
    """Return the collection's name: `of` itself, or the collection that it lies in."""
    return of if isinstance(of, str) and "/" not in of else collection_of(of)


def _build(method: Any, *args: Any) -> Operation[Any]:
    operation = build_operation(method, *args)
    assert isinstance(operation, Operation)
    return operation
