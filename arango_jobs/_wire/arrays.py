"""Merged operations: one array request out, its reply taken apart (server-protocol.md §8.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from arango_jobs._wire.job_api import STORE, error_number
from arango_jobs.json import dumps
from arango_jobs.operations import MergePlan, Operation, OperationKind, Response, Template

__all__ = [
    "array_body",
    "array_template",
    "element_response",
    "has_other_keys",
    "is_array_reply",
    "is_refused_whole",
    "is_write_conflict",
    "may_refuse_whole",
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
_TOO_LARGE = 413
_BAD_REQUEST = 400
_BY_CONTENT = frozenset({_BAD_REQUEST, 403, 406, _TOO_LARGE, 422})
"""What the server, or a gateway in words of its own, answers to contents that it does not take."""
_BEFORE_ANY_RAN = frozenset(
    {
        600,  # the body is not what JSON is: it is read before anything else (§8.1)
        # One element for which a Coordinator knows no shard; it looks at all of them first (§8.2).
        1221,  # an illegal key
        1227,  # no object
        1466,  # a key where the server has to make it
        1468,  # not all of the attributes that it is sharded by
    }
)
"""Error numbers of an array as a whole that may be due to one of its elements."""
_CONFLICT = 1200
_WRITE_WRITE = "write-write"


@lru_cache(maxsize=256)
def array_template(kind: OperationKind[Any]) -> Template:
    """Ask for several operations of `kind` by one array, as a stored job."""
    plan = kind.merge
    assert plan is not None
    return Template(plan.method, plan.target, STORE + kind.headers, is_once=True, names_new=True)


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
    # Without a body it is a key that we put down, and no business of the user's serializer.
    return dumps(element) if operation.body is None else encode(element)


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


def may_refuse_whole(status: int) -> bool:
    """Return whether an answer with `status` is worth a look by `is_refused_whole`."""
    return status in _BY_CONTENT


def is_refused_whole(response: Response, *, was_job: bool, only_reads: bool) -> bool:
    """Return whether an array was refused before any of it ran, perhaps for one of its elements.

    What has nothing to do with its elements (no such collection, no rights) is no such refusal,
    nor is a failure half-way: in a cluster some shards may have stored their part (§8.2). What
    became no job (`was_job`) has not run, and what only reads may run again.
    """
    status = response.status
    if status == _TOO_LARGE:
        return True
    number = error_number(response)
    if was_job:
        return status == _BAD_REQUEST and (only_reads or number in _BEFORE_ANY_RAN)
    return status == _BAD_REQUEST or not number


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
