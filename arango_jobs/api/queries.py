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
from arango_jobs.operations import Headers, Operation, Response, Retry

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

        def decode(response: Response, operation: Operation[Cursor]) -> Cursor:
            body = json_of(response, operation)
            return Cursor(connection, body, connection.host_of(response), allow_retry)

        return self._any_query(name, query, bind_vars, error, decode, more, headers, retry)

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
        body: Json = {"query": query}
        if bind_vars is not None:
            body["bindVars"] = bind_vars
        if more:
            body.update(more)
        return self._operation(
            name,
            "POST",
            "/_api/cursor",
            decode,
            error,
            body=body,
            headers=headers,
            retry=retry,
            is_query=True,
        )
