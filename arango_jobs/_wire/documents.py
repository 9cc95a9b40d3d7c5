"""Reading documents back, to tell what a repeated insert found: the first run's own document."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from arango_jobs._wire.arrays import status_of
from arango_jobs.json import dumps
from arango_jobs.operations import Operation, Request, Response

__all__ = [
    "ReadBack",
    "first_result",
    "is_our_key_taken",
    "read_back",
    "read_back_request",
]

_UNIQUE = 1210
_NOT_FOUND = 1202
_SYSTEM_ATTRIBUTES = frozenset({"_id", "_key", "_rev"})
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


def read_back_request(operations: Sequence[Operation[Any]]) -> Request:
    """Ask for the documents with the keys of `operations`, of one collection (§8.2, `onlyget`)."""
    target = f"{operations[0].kind.prefix}?onlyget=true"
    keys = [operation.key for operation in operations]
    return Request("PUT", target, (), dumps(keys), is_quick=False)


def first_result(
    document: Any, operation: Operation[Any], response: Response, encode: Callable[[Any], bytes]
) -> Response:
    """Return the answer that the first run of the insert must have had."""
    body: dict[str, Any] = {name: document[name] for name in ("_id", "_key", "_rev")}
    if "returnNew=1" in operation.kind.query or "returnNew=true" in operation.kind.query:
        body["new"] = document
    return Response(202, {}, encode(body), response.url, response.loads)


class ReadBack(enum.Enum):
    """What one element of the answer to `read_back_request` says."""

    FOUND = "it is the document"
    GONE = "there is no such document"
    REFUSED = "it cannot be read, now or later"
    UNREAD = "nothing about the document: another try may say more"


def read_back(element: Any, key: str | None) -> ReadBack:
    """Say what `element`, which stands for the document with `key`, says.

    Only 1202 says that the document is gone. Any other error is about the reading of it, and
    those that a single call would have with a status of 500 and more may pass (§8.2: a shard
    that gives no answer, without a message).
    """
    if not isinstance(element, dict):
        return ReadBack.UNREAD
    if element.get("error"):
        number = element.get("errorNum")
        if number == _NOT_FOUND:
            return ReadBack.GONE
        return ReadBack.UNREAD if status_of(number) >= 500 else ReadBack.REFUSED
    is_it = element.keys() >= _SYSTEM_ATTRIBUTES and str(element["_key"]) == str(key)
    return ReadBack.FOUND if is_it else ReadBack.UNREAD
