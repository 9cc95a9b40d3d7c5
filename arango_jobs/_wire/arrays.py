"""Merged operations: one array request out, its reply taken apart (server-protocol.md §8.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from arango_jobs._wire.job_api import STORE
from arango_jobs.operations import MergePlan, Operation, OperationKind, Response, Template

__all__ = [
    "array_body",
    "array_template",
    "element_response",
    "has_other_keys",
    "is_array_reply",
    "is_write_conflict",
    "status_of",
]

Encode = Callable[[Any], bytes]

# The status that a single call has for the error number of an element (§8.1).
_STATUSES = {
    10: 400, 17: 400, 600: 400, 1205: 400, 1221: 400, 1227: 400, 1233: 400, 1501: 400, 1620: 400,
    11: 403, 1004: 403,
    404: 404, 1202: 404, 1203: 404, 1228: 404, 1600: 404, 1655: 404,
    21: 410, 1500: 410, 1654: 410,
    1200: 409, 1207: 409, 1210: 409, 1601: 409,
    412: 412,
    30: 503, 1429: 503, 1465: 503, 1478: 503, 21003: 503,
    1470: 501, 1471: 501, 1477: 501,
}  # fmt: skip
_CONFLICT = 1200
_WRITE_WRITE = "write-write"


@lru_cache(maxsize=256)
def array_template(kind: OperationKind[Any]) -> Template:
    """Ask for several operations of `kind` by one array, as a stored job."""
    plan = kind.merge
    assert plan is not None
    return Template(plan.method, plan.target, STORE + kind.headers, names_new=True)


def array_body(kind: OperationKind[Any], parts: Sequence[Any], encode: Encode) -> bytes:
    """Return the array for all of `parts`."""
    plan = kind.merge
    assert plan is not None
    if plan.is_body:
        elements = [part.payload for part in parts]
    else:
        elements = [_element(part, plan, encode) for part in parts]
    return b"[" + b",".join(elements) + b"]"


def _element(part: Any, plan: MergePlan, encode: Encode) -> bytes:
    operation: Operation[Any] = part.operation
    element = plan.element(operation)
    if element is operation.body and part.payload:
        return part.payload  # type: ignore[no-any-return]  # what the manager encoded
    return encode(element)


def is_array_reply(response: Response, reply: Any, count: int) -> bool:
    """Return whether `reply` answers an array of `count` elements, element by element."""
    return response.is_success and isinstance(reply, list) and len(reply) == count


def has_other_keys(reply: Sequence[Any], keys: Sequence[str | None]) -> bool:
    """Return whether an element of `reply` is about another document than the one asked for.

    `keys` has those that are known; an element that names none may be about any.
    """
    if not any(keys):
        return False
    told = [element.get("_key") if type(element) is dict else None for element in reply]
    if told == keys:
        return False
    return any(
        one is not None and key is not None and one != key
        for one, key in zip(told, keys, strict=True)
    )


def element_response(element: Any, plan: MergePlan, response: Response, encode: Encode) -> Response:
    """Return the response that the single call of this element would have got."""
    if not isinstance(element, dict) or not element.get("error"):
        return Response(plan.status, {}, encode(element), response.url, response.loads)
    number = element.get("errorNum")
    status = status_of(number)
    # A revision that does not match is 412 in a single call, two writers at once 409, and both
    # have the same number: only the words tell them apart.
    if number == _CONFLICT and _WRITE_WRITE not in str(element.get("errorMessage", "")):
        status = 412
    body = encode({"error": True, "code": status, **element})
    return Response(status, {}, body, response.url, response.loads)


def status_of(number: Any) -> int:
    """Return the status that a single call has for the error `number` of an element (§8.1)."""
    return _STATUSES.get(number, 500) if isinstance(number, int) else 500


def is_write_conflict(response: Response) -> bool:
    """Return whether the operation met another write of the same document and did nothing."""
    if response.status != 409:
        return False
    body = response.json()
    return isinstance(body, dict) and body.get("errorNum") == _CONFLICT
