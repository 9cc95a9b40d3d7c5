"""Vertices and edges, written and read through their graph, which keeps them consistent.

There is no array form of these calls, so they are never merged.
"""

from __future__ import annotations

from typing import Any

from arango_jobs.api.collection import Collection
from arango_jobs.api.context import C
from arango_jobs.api.decode import Decoder, error_number, failure, reading, shaped
from arango_jobs.api.executors import Executor
from arango_jobs.api.group import dirty_read, given
from arango_jobs.api.handles import (
    as_document,
    id_of,
    key_of,
    revision_header,
    revision_of,
    with_key,
)
from arango_jobs.api.kinds import NOT_FOUND, meta, revision_failure
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Document, Json, Ref
from arango_jobs.errors import (
    ArangoServerError,
    DocumentDeleteError,
    DocumentGetError,
    DocumentInsertError,
    DocumentReplaceError,
    DocumentUpdateError,
    EdgeListError,
)
from arango_jobs.operations import Headers, Operation, Response, Retry, quote_segment

__all__ = ["EdgeCollection", "VertexCollection"]


class _GraphCollection(Collection[C]):
    """What vertex and edge collections share."""

    _part = ""

    def __init__(self, executor: Executor, graph: str, name: str) -> None:
        super().__init__(executor, name)
        self._graph = graph

    @property
    def graph(self) -> str:
        """The name of the graph."""
        return self._graph

    def _get(self, document: Ref, rev: str | None, check_rev: bool) -> Operation[Document | None]:
        key = key_of(document, self._name)
        part = self._part
        return self._call(
            "get",
            "GET",
            key,
            _decoder(lambda body: body[part], missing=None),
            DocumentGetError,
            {},
            retry=Retry.SAFE,
            headers=revision_header(revision_of(document, rev, check_rev)),
        )

    def _insert(self, document: Json, sync: bool | None, return_new: bool) -> Operation[Json]:
        return self._call(
            "insert",
            "POST",
            None,
            reading(self._written),
            DocumentInsertError,
            {"returnNew": return_new or None, "waitForSync": sync},
            body=with_key(document, self._name, is_required=False),
        )

    def _overwrite(
        self,
        name: str,
        method: str,
        document: Json,
        check_rev: bool,
        error: type[ArangoServerError],
        query: Json,
    ) -> Operation[Json]:
        revision = revision_of(document, None, check_rev)
        is_harmless = revision is None and not query.get("returnOld")
        return self._call(
            name,
            method,
            key_of(as_document(document), self._name),
            _decoder(self._written),
            error,
            query,
            body=document,
            retry=Retry.IDEMPOTENT if is_harmless else Retry.NEVER,
            headers=revision_header(revision),
        )

    def _delete(
        self,
        document: Ref,
        rev: str | None,
        check_rev: bool,
        ignore_missing: bool,
        sync: bool | None,
        return_old: bool,
    ) -> Operation[Json | bool]:
        revision = revision_of(document, rev, check_rev)
        is_harmless = ignore_missing and revision is None and not return_old
        return self._call(
            "delete",
            "DELETE",
            key_of(document, self._name),
            _decoder(
                lambda body: {"old": body["old"]} if return_old else True,
                missing=False if ignore_missing else ...,
            ),
            DocumentDeleteError,
            {"returnOld": return_old or None, "waitForSync": sync},
            retry=Retry.IDEMPOTENT if is_harmless else Retry.NEVER,
            headers=revision_header(revision),
        )

    def _call(
        self,
        name: str,
        method: str,
        key: str | None,
        decode: Decoder[Any],
        error: type[ArangoServerError],
        query: Json,
        *,
        body: Any = None,
        retry: Retry = Retry.NEVER,
        headers: Headers = (),
    ) -> Operation[Any]:
        path = f"/_api/gharial/{quote_segment(self._graph)}/{self._part}/{self._quoted}"
        operation: Operation[Any] = self._operation(
            f"{self._part}.{name}", method, path, decode, error, query=query, body=body, retry=retry
        )
        operation.key = key
        operation.headers = headers
        return operation

    def _written(self, body: Any) -> Json:
        """Return the metadata, or an object of metadata, new and old where those were asked for."""
        written: Json = meta(body[self._part])
        more = {name: body[name] for name in ("new", "old") if name in body}
        return {self._part: written, **more} if more else written


class VertexCollection(_GraphCollection[C]):
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
        query = _query(sync, return_old, return_new, keepNull=None if keep_none else False)
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
        query = _query(sync, return_old, return_new)
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


class EdgeCollection(_GraphCollection[C]):
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
        query = _query(sync, return_old, return_new, keepNull=None if keep_none else False)
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
        query = _query(sync, return_old, return_new)
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


def _query(sync: bool | None, return_old: bool, return_new: bool, **more: Any) -> Json:
    return given(
        waitForSync=sync, returnOld=return_old or None, returnNew=return_new or None, **more
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


def _decoder(read: Any, *, missing: Any = ...) -> Decoder[Any]:
    def decode(response: Response, operation: Operation[Any]) -> Any:
        if response.is_success:
            return shaped(read, response.json(), operation)
        if missing is not ... and error_number(response) == NOT_FOUND:
            return missing
        raise revision_failure(response, operation) or failure(response, operation)

    return decode
