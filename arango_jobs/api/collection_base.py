"""What all collections have: a name, their kinds of operations, and what answers at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.executors import Executor
from arango_jobs.api.group import ApiGroup
from arango_jobs.operations import OperationKind, quote_segment

__all__ = ["CollectionBase"]


class CollectionBase(ApiGroup[C]):
    """A collection by name."""

    def __init__(self, executor: Executor, name: str, *, ordered: bool = False) -> None:
        super().__init__(executor)
        self._ordered = ordered
        self._call_it(name)

    def _call_it(self, name: str) -> None:
        self._name = name
        self._quoted = quote_segment(name)
        self._plain_insert: OperationKind[Any] | None = None

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._name

    def _kind(self, method: str, options: tuple[Any, ...]) -> OperationKind[Any] | None:
        """Return the kind kept for these options, the same for every handle of the collection."""
        return self._connection.kinds.get((method, self._name, options, self._ordered))

    def _keep(
        self, method: str, options: tuple[Any, ...], kind: OperationKind[Any]
    ) -> OperationKind[Any]:
        """Keep `kind`, unless another thread was faster; return the one that is kept."""
        kind = replace(
            kind,
            order=f"{self.db_name}/{self._name}" if self._ordered else kind.order,
            destination=self._connection.destination,
        )
        slot = (method, self._name, options, self._ordered)
        return self._connection.kinds.setdefault(slot, kind)

    def _path(self, of: str, *more: str) -> str:
        """Return the path of this collection below `/_api/<of>/`."""
        return "/".join(("/_api", of, self._quoted, *more))

    def _now(self, what: str, instead: str) -> Any:
        """Return this collection, if its calls give their results at once."""
        self._answer_at_once(what, f"{self._name}.{instead}")
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"
