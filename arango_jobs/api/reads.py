"""Documents of a collection counted, listed and looked up; `finding.py` finds by contents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from arango_jobs.api.conditions import within
from arango_jobs.api.context import C
from arango_jobs.api.cursor import Cursor
from arango_jobs.api.decode import (
    a_list,
    an_object,
    check_elements,
    error_number,
    failure,
    json_of,
    reading,
    shaped,
)
from arango_jobs.api.finding import Finding
from arango_jobs.api.group import dirty_read
from arango_jobs.api.handles import key_of, revision_header, revision_of
from arango_jobs.api.kinds import document_kind, reference, revision_failure
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Document, Ref
from arango_jobs.errors import (
    DocumentCountError,
    DocumentGetError,
    DocumentIDsError,
    DocumentInError,
    DocumentKeysError,
)
from arango_jobs.operations import Operation, Response, Retry

__all__ = ["Reads"]

_ABSENT = (0, 1202, 1203)


class Reads(Finding[C]):
    """Reads that any kind of collection has."""

    @api_method
    def count(self) -> Operation[int]:
        """Return how many documents there are."""
        return self._operation(
            "collection.count",
            "GET",
            self._path("collection", "count"),
            reading(lambda body: int(body["count"])),
            DocumentCountError,
        )

    @api_method
    def has(
        self,
        document: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        allow_dirty_read: bool = False,
    ) -> Operation[bool]:
        """Return whether the document is there.

        Raises `DocumentRevisionError` where it has another revision than asked
        for. Goes out as GET, which is safe as a job; HEAD is not.
        """
        kind = self._kind("has", (allow_dirty_read,)) or self._keep(
            "has", (allow_dirty_read,), self._has_kind(allow_dirty_read)
        )
        revision = revision_of(document, rev, check_rev)
        return Operation(kind, None, key_of(document, self._name), revision_header(revision))

    def _has_kind(self, allow_dirty_read: bool) -> Any:
        return document_kind(
            "document.has",
            "GET",
            self.db_name,
            self._name,
            lambda body: an_object(body) is not None,
            DocumentInError,
            Retry.SAFE,
            headers=dirty_read(allow_dirty_read),
            array_method="PUT",
            array_options={"onlyget": True, "ignoreRevs": False},
            element=reference,
            decode=_is_there,
        )

    @api_method
    def get_many(
        self, documents: Sequence[Ref], allow_dirty_read: bool = False
    ) -> Operation[list[Document]]:
        """Return the documents that are there, in the order asked for."""
        return self._operation(
            "document.get_many",
            "PUT",
            self._path("document"),
            _found,
            DocumentGetError,
            query={"onlyget": True},
            body=[
                each if isinstance(each, str) else key_of(each, self._name) for each in documents
            ],
            headers=dirty_read(allow_dirty_read),
            retry=Retry.SAFE,
        )

    @api_method
    def ids(self, allow_dirty_read: bool = False) -> Operation[Cursor]:
        """Return a cursor over the documents' ids."""
        return self._each("ids", "RETURN doc._id", DocumentIDsError, allow_dirty_read)

    @api_method
    def keys(self, allow_dirty_read: bool = False) -> Operation[Cursor]:
        """Return a cursor over the documents' keys."""
        return self._each("keys", "RETURN doc._key", DocumentKeysError, allow_dirty_read)

    @api_method
    def all(
        self, skip: int | None = None, limit: int | None = None, allow_dirty_read: bool = False
    ) -> Operation[Cursor]:
        """Return a cursor over the documents, or a window of them, in no order."""
        return self._each(
            "all",
            f"{within(skip, limit)} RETURN doc",
            DocumentGetError,
            allow_dirty_read,
            count=True,
        )

    @api_method
    def random(self, allow_dirty_read: bool = False) -> Operation[Document | None]:
        """Return a document by chance, `None` where there is none."""
        return self._query_for(
            "document.random",
            "FOR doc IN @@collection SORT RAND() LIMIT 1 RETURN doc",
            {"@collection": self._name},
            DocumentGetError,
            lambda body: body["result"][0] if body["result"] else None,
            headers=dirty_read(allow_dirty_read),
        )

    def __len__(self) -> int:
        return int(self._now("len(collection)", "count()").count())

    def __iter__(self) -> Iterator[Document]:
        rows: Iterator[Document] = self._now("iterating over a collection", "all()").all()
        return rows

    def __contains__(self, document: Ref) -> bool:
        return bool(self._now("`in` a collection", "has()").has(document, check_rev=False))


def _found(response: Response, operation: Operation[list[Document]]) -> list[Document]:
    body = json_of(response, operation)
    check_elements(body, operation)
    return shaped(
        lambda items: [item for item in a_list(items) if "_id" in an_object(item)],
        body,
        operation,
    )


def _is_there(response: Response, operation: Operation[Any]) -> bool:
    if response.is_success:
        return shaped(lambda body: an_object(body) is not None, response.json(), operation)
    # A collection that is not there holds no document either; python-arango says so too.
    if response.status == 404 and error_number(response) in _ABSENT:
        return False
    raise revision_failure(response, operation) or failure(response, operation)
