"""From what a ledger kept back to operations that can be sent and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from arango_jobs.api.database import Database
from arango_jobs.api.kinds import reference
from arango_jobs.errors import ArangoServerError, AsyncJobResultError, operation_error
from arango_jobs.ledger.facts import KindFacts
from arango_jobs.ledger.reader import ReadOperation
from arango_jobs.ledger.recipes import RECIPES, Remains
from arango_jobs.operations import MergePlan, Operation, OperationKind, Response, Retry

__all__ = ["Decoders", "Rebuilder"]

Decoders = Mapping[str, Callable[[Response, Operation[Any]], Any]]
"""Decoders of operations that are not ours, by their names."""


_BY_BODY = frozenset(
    {
        "aql.execute",
        "collection.create",
        "graph.create",
        "graph.create_vertex_collection",
        "graph.create_edge_definition",
    }
)
"""Names whose decoder depends on the body."""


def _element(operation: Operation[Any]) -> Any:
    return reference(operation) if operation.body is None else operation.body


# For what is not ours: an element of an array's reply is the result as it is.
_PLAIN_PLAN = MergePlan("", "", _element, lambda element: element, 200)


class Rebuilder:
    """Makes operations for `db`; those with the same facts have the same kind."""

    def __init__(
        self,
        db: Database[Any],
        loads: Callable[[bytes], Any],
        decoders: Decoders | None = None,
    ) -> None:
        self._db = db
        self._loads = loads
        self._decoders = decoders or {}
        self._kinds: dict[KindFacts, OperationKind[Any]] = {}

    def operation(self, read: ReadOperation) -> Operation[Any]:
        """Return the operation that `read` is what was kept of."""
        shape = read.shape
        body: Any = read.body or None
        if body is not None and not read.facts.is_text:
            body = self._loads(body)
        return Operation(
            self._kind(read.facts, body),
            body,
            read.key,
            shape.headers,
            shape.keyless is not False,
            None if shape.retry is None else Retry(shape.retry),
            shape.made_key,
        )

    def _kind(self, facts: KindFacts, body: Any) -> OperationKind[Any]:
        known = self._kinds.get(facts)
        if known is not None:
            return known
        name, recipe = facts.name, RECIPES.get(facts.name)
        if name in self._decoders:
            kind = _kind_of(facts, self._decoders[name], ArangoServerError, _PLAIN_PLAN)
        elif recipe is not None:
            made: OperationKind[Any] = recipe(Remains(self._db, facts, body)).kind
            kind = _kind_of(facts, made.decode, made.error, made.merge)
        else:
            kind = _kind_of(facts, _plain_response, AsyncJobResultError, _PLAIN_PLAN)
        if name not in _BY_BODY:
            self._kinds[facts] = kind
        return kind


def _kind_of(
    facts: KindFacts, decode: Any, error: type[ArangoServerError], plan: MergePlan | None
) -> OperationKind[Any]:
    if plan is not None and facts.merge is not None:
        method, target, status = facts.merge
        plan = replace(plan, method=method, target=target, status=status)
    return OperationKind(
        facts.name,
        facts.method,
        facts.database,
        facts.path,
        decode,
        error,
        query=facts.query,
        headers=facts.headers,
        retry=Retry(facts.retry),
        is_text=facts.is_text,
        is_query=facts.is_query,
        merge=None if facts.merge is None else plan,
        order=facts.order,
        is_direct=facts.is_direct,
    )


def _plain_response(response: Response, operation: Operation[Any]) -> Response:
    if response.is_success:
        return response
    raise operation_error(operation.kind.error, response, operation)
