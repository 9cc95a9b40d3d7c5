"""What every wrapper has: a connection, a context, and a way to build operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from arango_jobs.api.connection import Connection
from arango_jobs.api.context import C
from arango_jobs.api.decode import Decoder
from arango_jobs.api.executors import Executor
from arango_jobs.api.query import encode_query
from arango_jobs.errors import ArangoServerError, UnsupportedInContextError
from arango_jobs.operations import Headers, Operation, OperationKind, Retry

__all__ = ["DIRTY_READ", "ApiGroup", "dirty_read", "given"]

T = TypeVar("T")

DIRTY_READ: Headers = (("x-arango-allow-dirty-read", "true"),)


def dirty_read(allowed: bool) -> Headers:
    """Return the header that lets followers answer, where that is allowed."""
    return DIRTY_READ if allowed else ()


def given(**options: Any) -> dict[str, Any]:
    """Return the options that are not `None`."""
    return {name: value for name, value in options.items() if value is not None}


class ApiGroup(Generic[C]):
    """Base of every wrapper."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._connection = executor.connection
        # Bound once: it is looked up for every document of a load.
        self._execute = executor.execute

    @property
    def context(self) -> str:
        """What becomes of calls: "default", "async" or "managed"."""
        return self._executor.context

    @property
    def conn(self) -> Connection:
        """The connection that calls go over."""
        return self._connection

    @property
    def db_name(self) -> str:
        """The name of the database."""
        return self._connection.database

    @property
    def username(self) -> str | None:
        """The name of the user, `None` where a token does not tell it."""
        return self._connection.username

    def _operation(
        self,
        name: str,
        method: str,
        path: str,
        decode: Decoder[T],
        error: type[ArangoServerError],
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Headers = (),
        retry: Retry | None = None,
        is_text: bool = False,
        is_query: bool = False,
    ) -> Operation[T]:
        """Build an operation of a kind of its own; reads are safe to repeat unless told else."""
        return Operation(
            OperationKind(
                name,
                method,
                self._connection.database,
                path,
                decode,
                error,
                query=encode_query(query),
                headers=headers,
                retry=retry or (Retry.SAFE if method == "GET" else Retry.NEVER),
                is_text=is_text,
                is_query=is_query,
                is_direct=method == "HEAD" or path.startswith("/_api/job/"),
                destination=self._connection.destination,
            ),
            body,
        )

    def _answer_at_once(self, what: str, instead: str) -> None:
        """Raise unless the context gives answers at once; nothing has been sent then."""
        if self._executor.context != "default":
            raise UnsupportedInContextError(
                f"{what} needs an answer at once, which the {self._executor.context} context "
                f"cannot give; call {instead} instead"
            )
