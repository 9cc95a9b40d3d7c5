"""Several documents with one call.

One answer carries a result or an error for each document, whatever its status
(server-protocol.md §8.2). Errors are values in the list and are not raised.
A silent answer is `True`, or a list of the errors alone if there are any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.decode import Decoder, a_list, an_object, check_elements, json_of, shaped
from arango_jobs.api.handles import key_of, with_key
from arango_jobs.api.importing import Importing
from arango_jobs.api.kinds import meta
from arango_jobs.api.method import api_method
from arango_jobs.api.retry import insert_retry, many_retry, overwrite_retry
from arango_jobs.api.types import Json, ManyResult, Ref
from arango_jobs.errors import (
    ArangoServerError,
    DocumentDeleteError,
    DocumentInsertError,
    DocumentReplaceError,
    DocumentRevisionError,
    DocumentUpdateError,
    operation_error,
)
from arango_jobs.operations import Operation, Response

__all__ = ["ManyDocuments"]

_CONFLICT = 1200


class ManyDocuments(Importing[C]):
    """Writes of several documents."""

    @api_method
    def insert_many(
        self,
        documents: Sequence[Json],
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
        raise_on_document_error: bool = False,
    ) -> Operation[ManyResult]:
        """Insert documents; return the metadata or the error of each.

        The options mean what they mean for `insert`; `raise_on_document_error`
        raises the first error of a document instead.
        """
        mode = overwrite_mode or ("replace" if overwrite else None)
        body = [with_key(document, self._name, is_required=False) for document in documents]
        retry = insert_retry(mode, return_old, version_attribute)
        return self._operation(
            "document.insert_many",
            "POST",
            self._path("document"),
            _each(DocumentInsertError, silent, raise_on_document_error),
            DocumentInsertError,
            query={
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
            body=body,
            retry=many_retry(retry, body, needs="_key"),
        )

    @api_method
    def update_many(
        self,
        documents: Sequence[Json],
        check_rev: bool = True,
        merge: bool = True,
        keep_none: bool = True,
        return_new: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        refill_index_caches: bool | None = None,
        raise_on_document_error: bool = False,
        version_attribute: str | None = None,
    ) -> Operation[ManyResult]:
        """Change the attributes given; return the metadata or the error of each document."""
        body = [with_key(document, self._name, is_required=True) for document in documents]
        retry = overwrite_retry(return_old, version_attribute)
        return self._operation(
            "document.update_many",
            "PATCH",
            self._path("document"),
            _each(DocumentUpdateError, silent, raise_on_document_error),
            DocumentUpdateError,
            query={
                "ignoreRevs": not check_rev,
                "keepNull": keep_none,
                "mergeObjects": merge,
                "returnNew": return_new or None,
                "returnOld": return_old or None,
                "silent": silent or None,
                "waitForSync": sync,
                "refillIndexCaches": refill_index_caches,
                "versionAttribute": version_attribute,
            },
            body=body,
            retry=many_retry(retry, body, bars="_rev" if check_rev else ""),
        )

    @api_method
    def replace_many(
        self,
        documents: Sequence[Json],
        check_rev: bool = True,
        return_new: bool = False,
        return_old: bool = False,
        sync: bool | None = None,
        silent: bool = False,
        refill_index_caches: bool | None = None,
        version_attribute: str | None = None,
    ) -> Operation[ManyResult]:
        """Replace documents; return the metadata or the error of each."""
        body = [with_key(document, self._name, is_required=True) for document in documents]
        retry = overwrite_retry(return_old, version_attribute)
        return self._operation(
            "document.replace_many",
            "PUT",
            self._path("document"),
            _each(DocumentReplaceError, silent, False),
            DocumentReplaceError,
            query={
                "ignoreRevs": not check_rev,
                "returnNew": return_new or None,
                "returnOld": return_old or None,
                "silent": silent or None,
                "waitForSync": sync,
                "refillIndexCaches": refill_index_caches,
                "versionAttribute": version_attribute,
            },
            body=body,
            retry=many_retry(retry, body, bars="_rev" if check_rev else ""),
        )

    @api_method
    def delete_many(
        self,
        documents: Sequence[Ref],
        return_old: bool = False,
        check_rev: bool = True,
        sync: bool | None = None,
        silent: bool = False,
        refill_index_caches: bool | None = None,
        raise_on_document_error: bool = False,
    ) -> Operation[ManyResult]:
        """Delete documents; return the metadata or the error of each."""
        return self._operation(
            "document.delete_many",
            "DELETE",
            self._path("document"),
            _each(DocumentDeleteError, silent, raise_on_document_error),
            DocumentDeleteError,
            query={
                "ignoreRevs": not check_rev,
                "returnOld": return_old or None,
                "silent": silent or None,
                "waitForSync": sync,
                "refillIndexCaches": refill_index_caches,
            },
            body=[self._deletion(document) for document in documents],
        )

    def _deletion(self, document: Any) -> Any:
        if isinstance(document, Mapping):
            return with_key(document, self._name, is_required=True)
        # An id of another collection is this document's error, not that of all.
        return document if isinstance(document, str) else key_of(document, self._name)


def _each(error: type[ArangoServerError], silent: bool, raises: bool) -> Decoder[ManyResult]:
    def decode(response: Response, operation: Operation[ManyResult]) -> ManyResult:
        body = json_of(response, operation)
        if silent and not isinstance(body, list):
            return True
        if not silent:
            check_elements(body, operation)
        results: list[Any] = shaped(
            lambda items: [
                _one(an_object(item), error, response, operation) for item in a_list(items)
            ],
            body,
            operation,
        )
        failed = next((each for each in results if isinstance(each, ArangoServerError)), None)
        if raises and failed is not None:
            raise failed
        return (results or True) if silent else results

    return decode


def _one(
    item: Any,
    error: type[ArangoServerError],
    response: Response,
    operation: Operation[Any],
) -> Any:
    if "_key" in item or "_id" in item:
        return meta(item)
    is_revision = item["errorNum"] == _CONFLICT and error is not DocumentInsertError
    cls = DocumentRevisionError if is_revision else error
    return operation_error(cls, response, operation, body=item)
