"""What stands for a future and its operation in tests of the engine alone."""

from __future__ import annotations

import itertools
from typing import Any

from arango_jobs._core.job import Job
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import MergePlan, Operation, OperationKind, Retry

_numbers = itertools.count(1)


def kind_of(name: str = "document.insert", **changes: Any) -> OperationKind[Any]:
    """Return a kind; `merge=True` gives it a plan."""
    if changes.pop("merge", False):
        changes["merge"] = MergePlan(
            "POST", "/_db/test/_api/document/c", lambda o: o.body, dict, 202
        )
    settings: dict[str, Any] = {
        "method": "POST",
        "database": "test",
        "path": "/_api/document/c",
        "decode": lambda response, operation: response,
        "error": ArangoServerError,
        **changes,
    }
    return OperationKind(name, **settings)


class FakePart:
    """A future as far as the engine sees one; `ends` has all that it was ended with."""

    def __init__(
        self,
        kind: OperationKind[Any],
        *,
        key: str | None = None,
        size: int = 10,
        retry: Retry | None = None,
        made_key: bool = False,
    ) -> None:
        self.number = next(_numbers)
        self.kind = kind
        self.key = key
        self.retry = retry
        self.operation: Operation[Any] = Operation(
            kind, None, key, is_keyless=True, retry=retry, made_key=made_key
        )
        self.particular: Operation[Any] | None = self.operation
        self.payload: bytes | None = b"x" * size
        self.job: Job | None = None
        self.is_started = False
        self.ends: list[Any] = []

    def done(self) -> bool:
        return bool(self.ends)

    def start(self) -> bool:
        """Mark it as sent; say False if it has ended before."""
        self.is_started = not self.ends
        return self.is_started

    def __repr__(self) -> str:
        return f"<FakePart {self.number} {self.kind.name} {self.ends}>"
