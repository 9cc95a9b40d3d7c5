"""Graphs: what they consist of, and their vertices and edges by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs.api import shapes
from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.edges import EdgeCollection
from arango_jobs.api.executors import Executor
from arango_jobs.api.graph_items import GraphItems
from arango_jobs.api.group import given
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.api.vertices import VertexCollection
from arango_jobs.errors import (
    EdgeCollectionListError,
    EdgeDefinitionCreateError,
    EdgeDefinitionDeleteError,
    EdgeDefinitionListError,
    EdgeDefinitionReplaceError,
    GraphPropertiesError,
    VertexCollectionCreateError,
    VertexCollectionDeleteError,
    VertexCollectionListError,
)
from arango_jobs.operations import Operation, quote_segment

__all__ = ["Graph"]


class Graph(GraphItems[C]):
    """A named graph."""

    def __init__(self, executor: Executor, name: str) -> None:
        super().__init__(executor, name)
        self._graph_path = f"/_api/gharial/{quote_segment(name)}"

    @api_method
    def properties(self) -> Operation[Json]:
        """Return the graph's properties."""
        return self._operation(
            "graph.properties",
            "GET",
            self._graph_path,
            reading(lambda body: shapes.graph(body["graph"])),
            GraphPropertiesError,
        )

    @api_method
    def vertex_collections(self) -> Operation[list[str]]:
        """Return the names of the vertex collections."""
        return self._operation(
            "graph.vertex_collections",
            "GET",
            self._graph_path + "/vertex",
            reading(lambda body: sorted(set(a_list(body["collections"])))),
            VertexCollectionListError,
        )

    @api_method
    def has_vertex_collection(self, name: str) -> Operation[bool]:
        """Return whether the graph has a vertex collection of this name."""
        return self._operation(
            "graph.has_vertex_collection",
            "GET",
            self._graph_path + "/vertex",
            reading(lambda body: name in a_list(body["collections"])),
            VertexCollectionListError,
        )

    @api_method
    def create_vertex_collection(
        self, name: str, options: Json | None = None
    ) -> Operation[VertexCollection[C]]:
        """Add a vertex collection, made if it is not there."""
        return self._operation(
            "graph.create_vertex_collection",
            "POST",
            self._graph_path + "/vertex",
            reading(lambda _: self.vertex_collection(name)),
            VertexCollectionCreateError,
            body=given(collection=name, options=options),
        )

    @api_method
    def delete_vertex_collection(self, name: str, purge: bool = False) -> Operation[bool]:
        """Take a vertex collection out of the graph, and drop it if `purge`."""
        return self._operation(
            "graph.delete_vertex_collection",
            "DELETE",
            f"{self._graph_path}/vertex/{quote_segment(name)}",
            reading(lambda _: True),
            VertexCollectionDeleteError,
            query={"dropCollection": purge},
        )

    @api_method
    def edge_definitions(self) -> Operation[list[Json]]:
        """Return the edge definitions."""
        return self._of_definitions(
            "edge_definitions", lambda found: [shapes.edge_definition(each) for each in found]
        )

    @api_method
    def has_edge_definition(self, name: str) -> Operation[bool]:
        """Return whether the graph has an edge definition for this collection."""
        return self._of_definitions(
            "has_edge_definition", lambda found: any(each["collection"] == name for each in found)
        )

    @api_method
    def has_edge_collection(self, name: str) -> Operation[bool]:
        """Return whether the graph has an edge collection of this name."""
        return self._of_definitions(
            "has_edge_collection", lambda found: any(each["collection"] == name for each in found)
        )

    @api_method
    def edge_collections(self) -> Operation[list[str]]:
        """Return the names of the edge collections."""
        return self._operation(
            "graph.edge_collections",
            "GET",
            self._graph_path + "/edge",
            reading(lambda body: sorted(a_list(body["collections"]))),
            EdgeCollectionListError,
        )

    @api_method
    def create_edge_definition(
        self,
        edge_collection: str,
        from_vertex_collections: Sequence[str],
        to_vertex_collections: Sequence[str],
        options: Json | None = None,
    ) -> Operation[EdgeCollection[C]]:
        """Add an edge collection and what its edges connect; collections are made if need be."""
        body = {
            "collection": edge_collection,
            "from": list(from_vertex_collections),
            "to": list(to_vertex_collections),
            **given(options=options),
        }
        return self._operation(
            "graph.create_edge_definition",
            "POST",
            self._graph_path + "/edge",
            reading(lambda _: self.edge_collection(edge_collection)),
            EdgeDefinitionCreateError,
            body=body,
        )

    @api_method
    def replace_edge_definition(
        self,
        edge_collection: str,
        from_vertex_collections: Sequence[str],
        to_vertex_collections: Sequence[str],
        sync: bool | None = None,
        purge: bool = False,
    ) -> Operation[EdgeCollection[C]]:
        """Change what the edges of a collection connect."""
        body = {
            "collection": edge_collection,
            "from": list(from_vertex_collections),
            "to": list(to_vertex_collections),
        }
        return self._operation(
            "graph.replace_edge_definition",
            "PUT",
            f"{self._graph_path}/edge/{quote_segment(edge_collection)}",
            reading(lambda _: self.edge_collection(edge_collection)),
            EdgeDefinitionReplaceError,
            query={"waitForSync": sync, "dropCollections": purge or None},
            body=body,
        )

    @api_method
    def delete_edge_definition(
        self, name: str, purge: bool = False, sync: bool | None = None
    ) -> Operation[bool]:
        """Take an edge definition out of the graph, and drop its collection if `purge`."""
        return self._operation(
            "graph.delete_edge_definition",
            "DELETE",
            f"{self._graph_path}/edge/{quote_segment(name)}",
            reading(lambda _: True),
            EdgeDefinitionDeleteError,
            query={"dropCollections": purge, "waitForSync": sync},
        )

    def _of_definitions(self, name: str, read: Any) -> Operation[Any]:
        return self._operation(
            f"graph.{name}",
            "GET",
            self._graph_path,
            reading(lambda body: read(body["graph"]["edgeDefinitions"])),
            EdgeDefinitionListError,
        )

    def __repr__(self) -> str:
        return f"<Graph {self.name}>"
