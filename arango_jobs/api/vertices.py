"""Vertices, through their graph."""

from __future__ import annotations

from arango_jobs.api.context import C
from arango_jobs.api.graph_collection import GraphCollection, write_query
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Document, Json, Ref
from arango_jobs.errors import DocumentReplaceError, DocumentUpdateError
from arango_jobs.operations import Operation

__all__ = ["VertexCollection"]


class VertexCollection(GraphCollection[C]):
    """A vertex collection of a graph."""

    _part = "vertex"

    @api_method
    def get(
        self, vertex: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[Document | None]:
        """Return the vertex, `None` where it is not there."""
        return self._get(vertex, rev, check_rev)

    @api_method
    def __getitem__(self, key: Ref) -> Operation[Document | None]:
        """Return the vertex, `None` where it is not there."""
        return self._get(key, None, True)

    @api_method
    def insert(
        self, vertex: Json, sync: bool | None = None, return_new: bool = False
    ) -> Operation[Json]:
        """Insert a vertex and return its metadata."""
        return self._insert(vertex, sync, return_new)

    @api_method
    def update(
        self,
        vertex: Json,
        check_rev: bool = True,
        keep_none: bool = True,
        sync: bool | None = None,
        return_old: bool = False,
        return_new: bool = False,
    ) -> Operation[Json]:
        """Change the attributes given and return the metadata."""
        query = write_query(sync, return_old, return_new, keepNull=None if keep_none else False)
        return self._overwrite("update", "PATCH", vertex, check_rev, DocumentUpdateError, query)

    @api_method
    def replace(
        self,
        vertex: Json,
        check_rev: bool = True,
        sync: bool | None = None,
        return_old: bool = False,
        return_new: bool = False,
    ) -> Operation[Json]:
        """Replace a vertex and return the metadata."""
        query = write_query(sync, return_old, return_new)
        return self._overwrite("replace", "PUT", vertex, check_rev, DocumentReplaceError, query)

    @api_method
    def delete(
        self,
        vertex: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        ignore_missing: bool = False,
        sync: bool | None = None,
        return_old: bool = False,
    ) -> Operation[Json | bool]:
        """Delete a vertex and every edge of the graph at it."""
        return self._delete(vertex, rev, check_rev, ignore_missing, sync, return_old)
