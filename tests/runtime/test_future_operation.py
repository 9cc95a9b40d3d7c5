"""A future tells of its operation, though it keeps only the parts that it cannot do without."""

from __future__ import annotations

from typing import Any

import pytest

from arango_jobs import ArangoServerError, Operation, Retry
from arango_jobs._runtime.future import JobFuture
from arango_jobs.operations import OperationKind

_KIND: OperationKind[Any] = OperationKind(
    "document.x",
    "PUT",
    "db",
    "/_api/document/c",
    lambda response, _operation: response,
    ArangoServerError,
    query="?silent=true",
)


@pytest.mark.parametrize(
    "operation",
    [
        Operation(_KIND, {"v": 1}),
        Operation(_KIND, {"v": 1}, "k", (), True, Retry.NEVER),
        Operation(_KIND, {"v": 1}, "k", (("if-match", "r"),)),
        Operation(_KIND, None, "a/b"),
        Operation(_KIND, {"_key": "k"}, "k", (), True, made_key=True),
    ],
)
def test_nothing_is_forgotten(operation: Operation[Any]) -> None:
    """Whether the operation is kept or built again, it says the same."""
    future = JobFuture(operation)
    told = future.operation
    assert told is not None
    for name in ("kind", "body", "key", "headers", "retry", "made_key", "target"):
        assert getattr(told, name) == getattr(operation, name)
    assert told.effective_retry is operation.effective_retry
    # Whoever finds nothing particular takes the kind's own target and headers.
    is_told = (operation.target, operation.headers) == (operation.kind.target, ())
    assert future.particular is operation or is_told
