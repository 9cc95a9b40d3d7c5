"""Documents by their ids, whichever collection they lie in."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.collection import StandardCollection
from arango_jobs.api.context import C
from arango_jobs.api.group import ApiGroup
from arango_jobs.api.handles import collection_of
from arango_jobs.api.method import api_method, build_operation
from arango_jobs.api.types import Document, DocumentMeta, Json, Ref
from arango_jobs.operations import Operation

__all__ = ["DocumentsById"]


class DocumentsById(ApiGroup[C]):
    """Calls that find the collection by the id of what they are given."""

    @api_method
    def has_document(
        self, document: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[bool]:
        """Return whether the document is there."""
        return self._build(document, "has", rev=rev, check_rev=check_rev)

    @api_method
    def document(
        self, document: Ref, rev: str | None = None, check_rev: bool = True
    ) -> Operation[Document | None]:
        """Return the document, `None` where it is not there."""
        return self._build(document, "get", rev=rev, check_rev=check_rev)

    @api_method
    def insert_document(
        self,
        collection: str,
        document: Json,
        return_new: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        overwrite: bool = False,
        return_old: bool = False,
        overwrite_mode: str | None = None,
        keep_none: bool | None = None,
        merge: bool | None = None,
    ) -> Operation[DocumentMeta]:
        """Insert a document and return its metadata (`True` where `silent`)."""
        into: Any = StandardCollection(self._executor, collection)
        return _built(
            into.insert, document, return_new, sync, silent, overwrite, return_old,
            overwrite_mode, keep_none, merge,
        )  # fmt: skip

    @api_method
    def update_document(
        self,
        document: Json,
        check_rev: bool = True,
        merge: bool = True,
        keep_none: bool = True,
        return_new: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
    ) -> Operation[DocumentMeta]:
        """Change the attributes given and return the metadata (`True` where `silent`)."""
        return self._build(
            document,
            "update",
            check_rev=check_rev,
            merge=merge,
            keep_none=keep_none,
            return_new=return_new,
            return_old=return_old,
            sync=sync,
            silent=silent,
        )

    @api_method
    def replace_document(
        self,
        document: Json,
        check_rev: bool = True,
        return_new: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
    ) -> Operation[DocumentMeta]:
        """Replace a document and return the metadata (`True` where `silent`)."""
        return self._build(
            document,
            "replace",
            check_rev=check_rev,
            return_new=return_new,
            return_old=return_old,
            sync=sync,
            silent=silent,
        )

    @api_method
    def delete_document(
        self,
        document: Ref,
        rev: str | None = None,
        check_rev: bool = True,
        ignore_missing: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
    ) -> Operation[DocumentMeta | bool]:
        """Delete a document; return `False` where it is not there and `ignore_missing`."""
        return self._build(
            document,
            "delete",
            rev=rev,
            check_rev=check_rev,
            ignore_missing=ignore_missing,
            return_old=return_old,
            sync=sync,
            silent=silent,
        )

    def _build(self, document: Ref, method: str, **options: Any) -> Operation[Any]:
        collection: Any = StandardCollection(self._executor, collection_of(document))
        return _built(getattr(collection, method), document, **options)


def _built(method: Any, *args: Any, **options: Any) -> Operation[Any]:
    operation = build_operation(method, *args, **options)
    assert isinstance(operation, Operation)
    return operation
