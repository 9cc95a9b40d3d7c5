"""AQL queries as operations whose result is a cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from arango_jobs.api.context import C
from arango_jobs.api.cursor import Cursor
from arango_jobs.api.decode import json_of, shaped
from arango_jobs.api.group import ApiGroup
from arango_jobs.api.types import Json
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import Headers, Operation, OperationKind, Response, Retry

__all__ = ["QueryGroup"]

T = TypeVar("T")


class QueryGroup(ApiGroup[C]):
    """Builds operations that run a query."""

    def _query(
        self,
        name: str,
        query: str,
        bind_vars: Json | None,
        error: type[ArangoServerError],
        *,
        more: Json | None = None,
        headers: Headers = (),
        retry: Retry = Retry.SAFE,
        allow_retry: bool = False,
    ) -> Operation[Cursor]:
        """Build a query whose rows come through a cursor."""
        connection = self._connection
        slot = (name, error, headers, retry, allow_retry)
        kind: OperationKind[Cursor] | None = connection.kinds.get(slot)
        if kind is not None:
            # Building a kind costs more than all the rest, and a load makes one query often.
            return Operation(kind, _body(query, bind_vars, more))

        def decode(response: Response, operation: Operation[Cursor]) -> Cursor:
            body = json_of(response, operation)
            return Cursor(connection, body, connection.host_of(response), allow_retry)

        operation = self._any_query(name, query, bind_vars, error, decode, more, headers, retry)
        connection.kinds[slot] = operation.kind
        return operation

    def _query_for(
        self,
        name: str,
        query: str,
        bind_vars: Json,
        error: type[ArangoServerError],
        read: Callable[[Any], T],
        *,
        headers: Headers = (),
        retry: Retry = Retry.SAFE,
    ) -> Operation[T]:
        """Build a query whose first answer says all: `read` gets its JSON."""

        def decode(response: Response, operation: Operation[T]) -> T:
            return shaped(read, json_of(response, operation), operation)

        return self._any_query(name, query, bind_vars, error, decode, None, headers, retry)

    def _any_query(
        self,
        name: str,
        query: str,
        bind_vars: Json | None,
        error: type[ArangoServerError],
        decode: Callable[[Response, Operation[T]], T],
        more: Json | None,
        headers: Headers,
        retry: Retry,
    ) -> Operation[T]:
        return self._operation(
            name,
            "POST",
            "/_api/cursor",
            decode,
            error,
            body=_body(query, bind_vars, more),
            headers=headers,
            retry=retry,
            is_query=True,
        )


def _body(query: str, bind_vars: Json | None, more: Json | None) -> Json:
    body: Json = {"query": query}
    if bind_vars is not None:
        body["bindVars"] = bind_vars
    if more:
        body.update(more)
    return body
