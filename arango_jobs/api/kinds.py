"""The kinds of single-document operations, one object per connection, collection and options.

Operations are merged by the identity of their kind, and a load makes one per
document: so kinds are kept, and building one is off the hot path.

Results are python-arango's: a write gives the document's metadata with
`_old_rev` instead of `_oldRev`, or `True` where it is silent. The reply to an
array that is silent cannot be taken apart (server-protocol.md §8.2), so the
array is never silent, whatever the single call is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arango_jobs.api.decode import Decoder, error_number, failure, shaped
from arango_jobs.api.query import encode_query
from arango_jobs.errors import ArangoServerError, DocumentRevisionError, operation_error
from arango_jobs.operations import (
    Headers,
    MergePlan,
    Operation,
    OperationKind,
    Response,
    Retry,
    quote_segment,
)

__all__ = [
    "NOT_FOUND",
    "Value",
    "document_decoder",
    "document_kind",
    "meta",
    "reference",
    "revision_failure",
    "silent",
]

NOT_FOUND = 1202
_CONFLICT = 1200

Value = Callable[[Any], Any]


def meta(body: Any) -> Any:
    """Return the metadata of a written document, under python-arango's names."""
    body["_key"]  # a success without metadata is no success
    if "_oldRev" in body:
        body["_old_rev"] = body.pop("_oldRev")
    return body


def silent(body: Any) -> bool:
    """Return what a silent write gives."""
    return True


def revision_failure(response: Response, operation: Operation[Any]) -> Exception | None:
    """Return the error for a revision that is not the one asked for, `None` for other answers."""
    is_wrong = response.status == 412 or (
        # Inside an array both kinds of conflict have this number; only one of them was asked for.
        error_number(response) == _CONFLICT and _checks_revision(operation)
    )
    if not is_wrong:
        return None
    return operation_error(DocumentRevisionError, response, operation)


def _checks_revision(operation: Operation[Any]) -> bool:
    if any(name == "if-match" for name, _ in operation.headers):
        return True
    body = operation.body
    return "ignoreRevs=false" in operation.kind.query and isinstance(body, dict) and "_rev" in body


def document_kind(
    name: str,
    method: str,
    database: str,
    collection: str,
    value: Value,
    error: type[ArangoServerError],
    retry: Retry,
    *,
    options: dict[str, Any] | None = None,
    missing: Any = ...,
    decode: Decoder[Any] | None = None,
    headers: Headers = (),
    array_method: str | None = None,
    array_options: dict[str, Any] | None = None,
    element: Callable[[Operation[Any]], Any] | None = None,
) -> OperationKind[Any]:
    """Return a kind of operation on one document of `collection`.

    `element` gives what stands in an array for an operation, the body of the single
    call where it is `None`. `missing` is the result where the document is not there; `...` raises.
    `decode` stands in for the usual reading of the single answer.
    """
    path = "/_api/document/" + quote_segment(collection)
    array_query = encode_query({**(options or {}), **(array_options or {}), "silent": None})
    return OperationKind(
        name,
        method,
        database,
        path,
        decode or document_decoder(value, missing),
        error,
        query=encode_query(options),
        headers=headers,
        retry=retry,
        merge=MergePlan(
            array_method or method,
            f"/_db/{quote_segment(database)}{path}{array_query}",
            element or _body,
            value,
            _status(method, options or {}),
            is_body=element is None,
        ),
    )


def _status(method: str, options: dict[str, Any]) -> int:
    if method == "GET":
        return 200
    is_synced = bool(options.get("waitForSync"))
    if method == "DELETE":
        return 200 if is_synced else 202
    return 201 if is_synced else 202


def document_decoder(value: Value, missing: Any = ...) -> Decoder[Any]:
    """Return a decoder for what `value` makes of a success's JSON.

    `missing` is the result where the document is not there; `...` raises.
    """

    def decode(response: Response, operation: Operation[Any]) -> Any:
        if response.is_success:
            return shaped(value, response.json(), operation)
        if missing is not ... and error_number(response) == NOT_FOUND:
            return missing
        raise revision_failure(response, operation) or failure(response, operation)

    return decode


def _body(operation: Operation[Any]) -> Any:
    return operation.body


def reference(operation: Operation[Any]) -> Any:
    """Return what stands in an array for an operation that names a document by key and revision."""
    for name, value in operation.headers:
        if name == "if-match":
            return {"_key": operation.key, "_rev": value}
    return operation.key
