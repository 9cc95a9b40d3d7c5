"""Single documents of a plain collection: read and deleted here, written in `writes.py`."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.group import dirty_read
from arango_jobs.api.handles import key_of, revision_header, revision_of
from arango_jobs.api.kinds import document_kind, meta, reference
from arango_jobs.api.kinds import silent as always_true
from arango_jobs.api.method import api_method
from arango_jobs.api.retry import delete_retry
from arango_jobs.api.types import Document, DocumentMeta, Ref
from arango_jobs.api.writes import DocumentWrites
from arango_jobs.errors import (
    DocumentDeleteError,
    DocumentGetError,
)
from arango_jobs.operations import Operation, Retry

__all__ = ["SingleDocuments"]

_PLAIN_INSERT = (False, None, False, False, False, None, None, None, None, None)
_NO_HEADERS = ()


class SingleDocuments(DocumentWrites[C]):
    """One document at a time."""

    @api_method
    def get(
        self,
        document: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        allow_dirty_read: bool = False,
    ) -> Operation[Document | None]:
        """Return the document, `None` where it is not there.

        Raises `DocumentRevisionError` where it has another revision than asked for.
        """
        return self._get(document, rev, check_rev, allow_dirty_read)

    @api_method
    def __getitem__(self, key: Ref) -> Operation[Document | None]:
        """Return the document, `None` where it is not there."""
        return self._get(key, None, True, False)

    def _get(
        self, document: Ref, rev: str | None, check_rev: bool, allow_dirty_read: bool
    ) -> Operation[Document | None]:
        options = (allow_dirty_read,)
        kind = self._kind("get", options) or self._keep(
            "get",
            options,
            document_kind(
                "document.get",
                "GET",
                self.db_name,
                self._name,
                _document,
                DocumentGetError,
                Retry.SAFE,
                missing=None,
                headers=dirty_read(allow_dirty_read),
                array_method="PUT",
                array_options={"onlyget": True, "ignoreRevs": False},
                element=reference,
            ),
        )
        revision = revision_of(document, rev, check_rev)
        return Operation(kind, None, key_of(document, self._name), revision_header(revision))

    @api_method
    def delete(
        self,
        document: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        ignore_missing: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        refill_index_caches: bool | None = None,
    ) -> Operation[DocumentMeta | bool]:
        """Delete a document and return its metadata (`True` where `silent`).

        Returns `False` where it is not there and `ignore_missing`.
        """
        options = (check_rev, ignore_missing, return_old, sync, silent, refill_index_caches)
        kind = self._kind("delete", options) or self._keep(
            "delete",
            options,
            document_kind(
                "document.delete",
                "DELETE",
                self.db_name,
                self._name,
                always_true if silent else meta,
                DocumentDeleteError,
                delete_retry(ignore_missing, return_old),
                options={
                    "ignoreRevs": False if check_rev else None,
                    "returnOld": return_old or None,
                    "waitForSync": sync,
                    "silent": silent or None,
                    "refillIndexCaches": refill_index_caches,
                },
                missing=False if ignore_missing else ...,
                element=reference,
            ),
        )
        revision = revision_of(document, rev, check_rev)
        return Operation(
            kind,
            None,
            key_of(document, self._name),
            revision_header(revision),
            False,
            None if revision is None else Retry.NEVER,
        )


def _document(body: Any) -> Any:
    body["_key"]  # a success that is no document is no success
    return body
