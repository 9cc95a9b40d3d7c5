"""Single documents written: insert, update, replace. Insert is the hot path of every load."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.collection_base import CollectionBase
from arango_jobs.api.context import C
from arango_jobs.api.handles import as_document, key_of, with_key
from arango_jobs.api.kinds import document_kind, meta
from arango_jobs.api.kinds import silent as always_true
from arango_jobs.api.method import api_method
from arango_jobs.api.retry import insert_retry, overwrite_retry
from arango_jobs.api.types import DocumentMeta, Json
from arango_jobs.errors import (
    DocumentInsertError,
    DocumentParseError,
    DocumentReplaceError,
    DocumentUpdateError,
)
from arango_jobs.operations import Operation, OperationKind, Retry

__all__ = ["DocumentWrites"]

_PLAIN_INSERT = (False, None, False, False, False, None, None, None, None, None)
_NO_HEADERS = ()
# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_NEVER = Retry.NEVER


class DocumentWrites(CollectionBase[C]):
    """Writes one document at a time."""

    @api_method
    def insert(
        self,
        document: Json,
        return_new: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        overwrite: bool = False,
        return_old: bool = False,
        overwrite_mode: str | None = None,
        keep_none: bool | None = None,
        merge: bool | None = None,
        refill_index_caches: bool | None = None,
        version_attribute: str | None = None,
    ) -> Operation[DocumentMeta]:
        """Insert a document and return its metadata (`True` where `silent`).

        `overwrite_mode` says what becomes of a key that is taken: "conflict"
        (an error), "ignore", "replace" or "update"; `overwrite` is "replace".
        """
        options = (
            return_new, sync, silent, overwrite, return_old, overwrite_mode,
            keep_none, merge, refill_index_caches, version_attribute,
        )  # fmt: skip
        kind = self._plain_insert if options == _PLAIN_INSERT else self._kind("insert", options)
        if kind is None:
            kind = self._keep("insert", options, self._insert_kind(*options))
            if options == _PLAIN_INSERT:
                self._plain_insert = kind
        try:
            key = document.get("_key")
        except AttributeError:
            raise DocumentParseError(
                f"a document must be a dict, not a {type(document).__name__}"
            ) from None
        if key is None:
            if "_id" not in document:
                retry = None if kind.retry is _NEVER else _NEVER
                return Operation(kind, document, None, _NO_HEADERS, True, retry)
            document = with_key(document, self._name, is_required=False)
            key = document["_key"]
        return Operation(kind, document, key if type(key) is str else None, _NO_HEADERS, True)

    def _insert_kind(
        self,
        return_new: bool,
        sync: bool | None,
        silent: bool,
        overwrite: bool,
        return_old: bool,
        overwrite_mode: str | None,
        keep_none: bool | None,
        merge: bool | None,
        refill_index_caches: bool | None,
        version_attribute: str | None,
    ) -> OperationKind[Any]:
        # `overwrite` is gone from ArangoDB 4.0; the mode says the same since 3.7.
        mode = overwrite_mode or ("replace" if overwrite else None)
        return document_kind(
            "document.insert",
            "POST",
            self.db_name,
            self._name,
            always_true if silent else meta,
            DocumentInsertError,
            insert_retry(mode, return_old, version_attribute),
            options={
                "returnNew": return_new or None,
                "returnOld": return_old or None,
                "silent": silent or None,
                "waitForSync": sync,
                "overwriteMode": mode,
                "keepNull": keep_none,
                "mergeObjects": merge,
                "refillIndexCaches": refill_index_caches,
                "versionAttribute": version_attribute,
            },
        )

    @api_method
    def update(
        self,
        document: Json,
        check_rev: bool = True,
        merge: bool = True,
        keep_none: bool = True,
        return_new: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        refill_index_caches: bool | None = None,
        version_attribute: str | None = None,
    ) -> Operation[DocumentMeta]:
        """Change the attributes given and return the metadata (`True` where `silent`).

        A `_rev` in `document` must be the stored one if `check_rev`; else
        `DocumentRevisionError`.
        """
        options = (
            check_rev, merge, keep_none, return_new, return_old, sync, silent,
            refill_index_caches, version_attribute,
        )  # fmt: skip
        kind = self._kind("update", options) or self._keep(
            "update",
            options,
            document_kind(
                "document.update",
                "PATCH",
                self.db_name,
                self._name,
                always_true if silent else meta,
                DocumentUpdateError,
                overwrite_retry(return_old, version_attribute),
                options={
                    "ignoreRevs": False if check_rev else None,
                    "mergeObjects": None if merge else False,
                    "keepNull": None if keep_none else False,
                    "returnNew": return_new or None,
                    "returnOld": return_old or None,
                    "waitForSync": sync,
                    "silent": silent or None,
                    "refillIndexCaches": refill_index_caches,
                    "versionAttribute": version_attribute,
                },
                element=_keyed_body,
            ),
        )
        return self._overwrite(kind, document, check_rev)

    @api_method
    def replace(
        self,
        document: Json,
        check_rev: bool = True,
        return_new: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        refill_index_caches: bool | None = None,
        version_attribute: str | None = None,
    ) -> Operation[DocumentMeta]:
        """Replace a document and return the metadata (`True` where `silent`).

        A `_rev` in `document` must be the stored one if `check_rev`; else
        `DocumentRevisionError`.
        """
        options = (
            check_rev, return_new, return_old, sync, silent,
            refill_index_caches, version_attribute,
        )  # fmt: skip
        kind = self._kind("replace", options) or self._keep(
            "replace",
            options,
            document_kind(
                "document.replace",
                "PUT",
                self.db_name,
                self._name,
                always_true if silent else meta,
                DocumentReplaceError,
                overwrite_retry(return_old, version_attribute),
                options={
                    "ignoreRevs": False if check_rev else None,
                    "returnNew": return_new or None,
                    "returnOld": return_old or None,
                    "waitForSync": sync,
                    "silent": silent or None,
                    "refillIndexCaches": refill_index_caches,
                    "versionAttribute": version_attribute,
                },
                element=_keyed_body,
            ),
        )
        return self._overwrite(kind, document, check_rev)

    def _overwrite(
        self, kind: OperationKind[Any], document: Json, check_rev: bool
    ) -> Operation[Any]:
        key = key_of(as_document(document), self._name)
        retry = Retry.NEVER if check_rev and "_rev" in document else None
        return Operation(kind, document, key, _NO_HEADERS, False, retry)


def _keyed_body(operation: Operation[Any]) -> Any:
    body = operation.body
    return body if "_key" in body else {**body, "_key": operation.key}
