"""Vertices and edges, written and read through their graph, which keeps them consistent.

There is no array form of these calls, so they are never merged.
"""

from __future__ import annotations

from typing import Any

from arango_jobs.api.collection import Collection
from arango_jobs.api.context import C
from arango_jobs.api.decode import Decoder, reading
from arango_jobs.api.executors import Executor
from arango_jobs.api.group import given
from arango_jobs.api.handles import (
    as_document,
    key_of,
    revision_header,
    revision_of,
    with_key,
)
from arango_jobs.api.kinds import document_decoder, meta
from arango_jobs.api.types import Document, Json, Ref
from arango_jobs.errors import (
    ArangoServerError,
    DocumentDeleteError,
    DocumentGetError,
    DocumentInsertError,
)
from arango_jobs.operations import Headers, Operation, Retry, quote_segment

__all__ = ["GraphCollection", "write_query"]


class GraphCollection(Collection[C]):
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
            document_decoder(lambda body: body[part], missing=None),
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
            document_decoder(self._written),
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
            document_decoder(
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


def write_query(sync: bool | None, return_old: bool, return_new: bool, **more: Any) -> Json:
    """Return the options of a write as a query."""
    return given(
        waitForSync=sync, returnOld=return_old or None, returnNew=return_new or None, **more
    )
