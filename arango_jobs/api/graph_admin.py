"""The graphs of a database: listed, made and dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs.api import shapes
from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, failure, reading
from arango_jobs.api.graph import Graph
from arango_jobs.api.group import ApiGroup, given
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.errors import GraphCreateError, GraphDeleteError, GraphListError
from arango_jobs.operations import Operation, Response, Retry, quote_segment

__all__ = ["Graphs"]

_GRAPH_NOT_FOUND = 1924


class Graphs(ApiGroup[C]):
    """Calls about graphs."""

    def graph(self, name: str) -> Graph[C]:
        """Return a graph by name, whether it is there or not."""
        return Graph(self._executor, name)

    @api_method
    def has_graph(self, name: str) -> Operation[bool]:
        """Return whether there is a graph of this name."""
        return self._operation(
            "graph.has", "GET", f"/_api/gharial/{quote_segment(name)}", _is_there, GraphListError
        )

    @api_method
    def graphs(self) -> Operation[list[Json]]:
        """Return all graphs."""
        return self._operation(
            "graph.list",
            "GET",
            "/_api/gharial",
            reading(lambda body: [_listed(each) for each in a_list(body["graphs"])]),
            GraphListError,
        )

    @api_method
    def create_graph(
        self,
        name: str,
        edge_definitions: Sequence[Json] | None = None,
        orphan_collections: Sequence[str] | None = None,
        smart: bool | None = None,
        disjoint: bool | None = None,
        smart_field: str | None = None,
        shard_count: int | None = None,
        replication_factor: int | str | None = None,
        write_concern: int | None = None,
        satellite_collections: Sequence[str] | None = None,
        sync: bool | None = None,
    ) -> Operation[Graph[C]]:
        """Make a graph and return it.

        `edge_definitions` are dicts with `edge_collection`,
        `from_vertex_collections` and `to_vertex_collections`.
        """
        definitions = (
            None if edge_definitions is None else [_definition(d) for d in edge_definitions]
        )
        orphans = None if orphan_collections is None else list(orphan_collections)
        options = given(
            isSmart=smart,
            isDisjoint=disjoint,
            smartGraphAttribute=smart_field,
            numberOfShards=shard_count,
            replicationFactor=replication_factor,
            writeConcern=write_concern,
            satellites=None if satellite_collections is None else list(satellite_collections),
        )
        return self._operation(
            "graph.create",
            "POST",
            "/_api/gharial",
            reading(lambda _: self.graph(name)),
            GraphCreateError,
            query={"waitForSync": sync},
            body=given(
                name=name, options=options, edgeDefinitions=definitions, orphanCollections=orphans
            ),
        )

    @api_method
    def delete_graph(
        self, name: str, ignore_missing: bool = False, drop_collections: bool | None = None
    ) -> Operation[bool]:
        """Drop a graph, and collections that no other graph uses if `drop_collections`."""
        return self._operation(
            "graph.delete",
            "DELETE",
            f"/_api/gharial/{quote_segment(name)}",
            reading(lambda _: True, false_on=(_GRAPH_NOT_FOUND,) if ignore_missing else ()),
            GraphDeleteError,
            query={"dropCollections": drop_collections},
            retry=Retry.IDEMPOTENT if ignore_missing else Retry.NEVER,
        )


def _is_there(response: Response, operation: Operation[bool]) -> bool:
    if response.is_success:
        return True
    if response.status == 404:
        return False
    raise failure(response, operation)


def _definition(definition: Json) -> Json:
    return {
        "collection": definition["edge_collection"],
        "from": list(definition["from_vertex_collections"]),
        "to": list(definition["to_vertex_collections"]),
    }


def _listed(body: Any) -> Json:
    return {
        "id": body["_id"],
        "name": body["_key"],
        "revision": body["_rev"],
        "orphan_collections": body["orphanCollections"],
        "edge_definitions": [
            shapes.edge_definition(each) for each in a_list(body["edgeDefinitions"])
        ],
        "shard_count": body.get("numberOfShards"),
        "replication_factor": body.get("replicationFactor"),
    }
