"""Edges, through their graph."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.decode import reading
from arango_jobs.api.graph_collection import GraphCollection, write_query
from arango_jobs.api.group import dirty_read
from arango_jobs.api.handles import id_of
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Document, Json, Ref
from arango_jobs.errors import DocumentReplaceError, DocumentUpdateError, EdgeListError
from arango_jobs.operations import Operation

__all__ = ["EdgeCollection"]


class EdgeCollection(GraphCollection[C]):
    """An edge collection of a graph."""

    _part = "edge"

    @api_method
    def get(
        self, edge: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[Document | None]:
        """Return the edge, `None` where it is not there."""
        return self._get(edge, rev, check_rev)

    @api_method
    def __getitem__(self, key: Ref) -> Operation[Document | None]:
        """Return the edge, `None` where it is not there."""
        return self._get(key, None, True)

    @api_method
    def insert(
        self, edge: Json, sync: bool | None = None, return_new: bool = False
    ) -> Operation[Json]:
        """Insert an edge, which has `_from` and `_to`, and return its metadata."""
        return self._insert(edge, sync, return_new)

    @api_method
    def update(
        self,
        edge: Json,
        check_rev: bool = True,
        keep_none: bool = True,
        sync: bool | None = None,
        return_old: bool = False,
        return_new: bool = False,
    ) -> Operation[Json]:
        """Change the attributes given and return the metadata."""
        query = write_query(sync, return_old, return_new, keepNull=None if keep_none else False)
        return self._overwrite("update", "PATCH", edge, check_rev, DocumentUpdateError, query)

    @api_method
    def replace(
        self,
        edge: Json,
        check_rev: bool = True,
        sync: bool | None = None,
        return_old: bool = False,
        return_new: bool = False,
    ) -> Operation[Json]:
        """Replace an edge and return the metadata."""
        query = write_query(sync, return_old, return_new)
        return self._overwrite("replace", "PUT", edge, check_rev, DocumentReplaceError, query)

    @api_method
    def delete(
        self,
        edge: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        ignore_missing: bool = False,
        sync: bool | None = None,
        return_old: bool = False,
    ) -> Operation[Json | bool]:
        """Delete an edge."""
        return self._delete(edge, rev, check_rev, ignore_missing, sync, return_old)

    @api_method
    def link(
        self,
        from_vertex: Ref,
        to_vertex: Ref,
        data: Json | None = None,
        sync: bool | None = None,
        return_new: bool = False,
    ) -> Operation[Json]:
        """Insert an edge between two vertices, given by id or as documents."""
        edge = {"_from": id_of(from_vertex), "_to": id_of(to_vertex), **(data or {})}
        return self._insert(edge, sync, return_new)

    @api_method
    def edges(
        self, vertex: Ref, direction: str | None = None, allow_dirty_read: bool = False
    ) -> Operation[Json]:
        """Return the edges at a vertex: all, or those that go "in" or "out"."""
        return self._operation(
            "edge.edges",
            "GET",
            self._path("edges"),
            reading(_edges),
            EdgeListError,
            query={"vertex": id_of(vertex), "direction": direction},
            headers=dirty_read(allow_dirty_read),
        )


def _edges(body: Any) -> Json:
    statistics = body.get("stats") or body
    return {
        "edges": body["edges"],
        "stats": {
            "filtered": statistics.get("filtered", 0),
            "scanned_index": statistics.get("scannedIndex", 0),
        },
    }
