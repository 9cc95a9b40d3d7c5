"""Reading documents back, to tell what a repeated insert found: the first run's own document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from arango_jobs.operations import Operation, Request, Response

__all__ = ["first_result", "is_our_key_taken", "read_back_request"]

_UNIQUE = 1210
_CONFLICTING = "conflicting key:"


def is_our_key_taken(operation: Operation[Any], response: Response, tries: int) -> bool:
    """Return whether `response` says that a first run of ours has already inserted it."""
    if tries == 0 or not operation.made_key or response.status != 409:
        return False
    body = response.json()
    if not isinstance(body, dict) or body.get("errorNum") != _UNIQUE:
        return False
    # Another unique index may be violated, by a document of somebody else: that is its answer.
    _, found, key = str(body.get("errorMessage", "")).partition(_CONFLICTING)
    return not found or key.strip() == operation.key


def read_back_request(
    operations: Sequence[Operation[Any]], encode: Callable[[Any], bytes]
) -> Request:
    """Ask for the documents with the keys of `operations`, of one collection (§8.2, `onlyget`)."""
    target = f"{operations[0].kind.prefix}?onlyget=true"
    keys = [operation.key for operation in operations]
    return Request("PUT", target, (), encode(keys), is_quick=False)


def first_result(
    document: Any, operation: Operation[Any], response: Response, encode: Callable[[Any], bytes]
) -> Response:
    """Return the answer that the first run of the insert must have had."""
    body: dict[str, Any] = {name: document[name] for name in ("_id", "_key", "_rev")}
    if "returnNew=1" in operation.kind.query or "returnNew=true" in operation.kind.query:
        body["new"] = document
    return Response(202, {}, encode(body), response.url, response.loads)
