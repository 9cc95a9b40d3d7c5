"""What was taken in a round, put together so that a row says as little as possible of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter, is_
from typing import Any

from arango_jobs._runtime.future import JobFuture
from arango_jobs.ledger.facts import public_headers
from arango_jobs.operations import Operation, OperationKind

__all__ = ["batches", "groups"]

_ROW = 64 * 1024 * 1024
"""Bytes of bodies in one row: SQLite takes no more than 1e9."""

_Futures = list[JobFuture[Any]]
_kind_of = attrgetter("kind")
_special_of = attrgetter("particular")
_retry_of = attrgetter("retry")
_payload_of = attrgetter("payload")


def batches(taken: _Futures) -> Iterator[_Futures]:
    """Give parts of `taken` whose bodies one row can hold."""
    sizes = [len(payload) for payload in map(_payload_of, taken)]
    start = total = 0
    if sum(sizes) > _ROW:
        for at, size in enumerate(sizes):
            if total + size > _ROW and at > start:
                yield taken[start:at]
                start, total = at, 0
            total += size
    yield taken[start:] if start else taken


def groups(
    taken: _Futures,
) -> Iterable[tuple[OperationKind[Any], tuple[Any, ...], _Futures]]:
    """Put together what differs in key and body alone."""
    first = taken[0]
    is_uniform = (
        not any(map(_special_of, taken))
        and _are_all(first.kind, map(_kind_of, taken))
        and _are_all(first.retry, map(_retry_of, taken))
    )
    if is_uniform:
        assert first.kind is not None
        return [(first.kind, _shape(first, first.particular), taken)]
    found: dict[Any, _Futures] = {}
    for future in taken:
        slot = (future.kind, _shape(future, future.particular))
        found.setdefault(slot, []).append(future)
    return [(kind, shape, futures) for (kind, shape), futures in found.items()]


def _are_all(one: Any, values: Iterable[Any]) -> bool:
    # By identity, as an enum's hash is slow.
    return all(map(partial(is_, one), values))


def _shape(future: JobFuture[Any], operation: Operation[Any] | None) -> tuple[Any, ...]:
    """Return retry, whether the key is in the path (`None`: there is none), made key, headers."""
    retry = None if future.retry is None else future.retry.value
    if operation is None:
        return (retry, None, False, ())
    headers = public_headers(operation.headers)
    withheld = headers != operation.headers
    keyless = None if operation.is_keyless else False
    return (retry, keyless, operation.made_key, headers, *((True,) if withheld else ()))
