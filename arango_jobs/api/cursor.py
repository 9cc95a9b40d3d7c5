"""Rows of a query, batch by batch, from the Coordinator that ran it.

Wherever the first batch came from, a direct call or the result of a job, the
further ones are asked for directly: a cursor lives on the server for `ttl`
seconds after each access only, and no queue should come in between.
Server-protocol.md §9.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from typing_extensions import Self

from arango_jobs.api.connection import Connection
from arango_jobs.api.types import Json
from arango_jobs.checking import checked
from arango_jobs.errors import (
    CursorCloseError,
    CursorCountError,
    CursorEmptyError,
    CursorNextError,
    CursorStateError,
    JSONDecodeError,
    server_error,
)
from arango_jobs.operations import Request, Retry, quote_segment

__all__ = ["Cursor"]

# Statistics under python-arango's names; all others keep their own.
_STATISTICS = {
    "writesExecuted": "modified",
    "writesIgnored": "ignored",
    "documentLookups": "lookups",
    "scannedFull": "scanned_full",
    "scannedIndex": "scanned_index",
    "executionTime": "execution_time",
    "httpRequests": "http_requests",
    "peakMemoryUsage": "peak_memory_usage",
    "intermediateCommits": "intermediate_commits",
}


class Cursor:
    """Iterates over the rows of a query, also with `async for`."""

    __slots__ = (
        "_allow_retry",
        "_batch",
        "_cached",
        "_connection",
        "_count",
        "_extra",
        "_has_more",
        "_host",
        "_id",
        "_next_batch_id",
    )

    def __init__(
        self,
        connection: Connection,
        first: Json,
        host: int | None = None,
        allow_retry: bool = False,
    ) -> None:
        self._connection = connection
        self._host = host
        self._allow_retry = allow_retry
        self._batch: deque[Any] = deque()
        self._id: str | None = None
        self._count: int | None = None
        self._cached: bool | None = None
        self._extra: dict[str, Any] = {}
        self._next_batch_id: str | None = None
        self._has_more = False
        self._take(first)

    @property
    def id(self) -> str | None:
        """The server's id of the cursor, `None` where the first batch was all."""
        return self._id

    @property
    def type(self) -> str:
        """The kind of cursor, always "cursor"."""
        return "cursor"

    def batch(self) -> deque[Any]:
        """Return the rows that are here and not yet taken."""
        return self._batch

    def has_more(self) -> bool:
        """Return whether the server has more rows than those that are here."""
        return self._has_more

    def count(self) -> int | None:
        """Return how many rows there are in all, `None` unless the query was run with `count`."""
        return self._count

    def cached(self) -> bool | None:
        """Return whether the result came out of the query cache."""
        return self._cached

    def statistics(self) -> Json | None:
        """Return what the server counted."""
        return _statistics(self._extra)

    def profile(self) -> Json | None:
        """Return how long each phase took, in seconds, if the query was run with `profile`."""
        return self._extra.get("profile")

    def warnings(self) -> list[Json] | None:
        """Return the warnings that the query gave."""
        return self._extra.get("warnings")

    def plan(self) -> Json | None:
        """Return how the query was executed, if it was run with `profile=2`."""
        return self._extra.get("plan")

    def empty(self) -> bool:
        """Return whether no row is here; the server may have more."""
        return not self._batch

    def next(self) -> Any:
        """Return the next row, fetched if need be; raise `StopIteration` after the last."""
        while not self._batch:
            if not self._has_more:
                raise StopIteration
            self.fetch()
        return self._batch.popleft()

    def pop(self) -> Any:
        """Return the next row that is here; raise `CursorEmptyError` if none is."""
        if not self._batch:
            raise CursorEmptyError("current batch is empty")
        return self._batch.popleft()

    def fetch(self) -> Json:
        """Fetch the next batch and return it with what the server says of it.

        With `allow_retry` a batch whose answer broke can be fetched again;
        without, it is lost with its rows.
        """
        target = self._target()
        can_repeat = self._allow_retry and self._next_batch_id is not None
        if can_repeat:
            target += f"/{quote_segment(str(self._next_batch_id))}"
        request = Request("POST", target)
        retry = Retry.SAFE if can_repeat else Retry.NEVER
        response = self._connection.send(request, host=self._host, retry=retry)
        body = response.json()
        if not response.is_success:
            raise server_error(CursorNextError, response, "POST", target)
        self._take(body)
        return _seen(body)

    @checked
    def close(self, ignore_missing: bool = False) -> bool | None:
        """Make the server drop the cursor; return `None` where it never had one.

        Returns `False` where it is gone already and `ignore_missing`.
        """
        if self._id is None:
            return None
        request = Request("DELETE", self._target())
        response = self._connection.send(request, host=self._host, retry=Retry.NEVER)
        if response.is_success:
            return True
        if response.status == 404 and ignore_missing:
            return False
        raise server_error(CursorCloseError, response, "DELETE", request.target)

    def _target(self) -> str:
        if self._id is None:
            raise CursorStateError("cursor ID not set")
        database = quote_segment(self._connection.database)
        return f"/_db/{database}/_api/cursor/{quote_segment(self._id)}"

    def _take(self, body: Any) -> None:
        """Take in one batch."""
        # The abstract type is asked last, as that takes long.
        is_batch = (type(body) is dict or isinstance(body, Mapping)) and isinstance(
            body.get("result"), list
        )
        if not is_batch:
            raise JSONDecodeError("the answer to a query has no list of rows")
        if "id" in body:
            self._take_id(str(body["id"]))
        if "count" in body:
            self._count = body["count"]
        if "cached" in body:
            self._cached = body["cached"]
        if "nextBatchId" in body:
            self._next_batch_id = body["nextBatchId"]
        self._has_more = bool(body.get("hasMore"))
        self._batch.extend(body["result"])
        if extra := body.get("extra"):
            self._extra = {**self._extra, **extra} if self._extra else extra

    def _take_id(self, name: str) -> None:
        """Take the cursor's id; raise where the batch is another cursor's."""
        if self._id is not None and name != self._id:
            raise CursorStateError(
                f"the answer to a request for cursor {self._id} is a batch of cursor {name}"
            )
        self._id = name

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.next()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while not self._batch:
            if not self._has_more:
                raise StopAsyncIteration
            await asyncio.to_thread(self.fetch)
        return self._batch.popleft()

    def __len__(self) -> int:
        if self._count is None:
            raise CursorCountError("cursor count not enabled")
        return self._count

    def __bool__(self) -> bool:
        # Else `if cursor:` would ask for a length that it has only with `count`.
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: Any,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The server drops a cursor by itself with its last batch, unless that can be repeated.
        if self._has_more or self._allow_retry:
            self.close(ignore_missing=True)

    def __repr__(self) -> str:
        return f"<Cursor {self._id}>" if self._id else "<Cursor>"


def _statistics(extra: Mapping[str, Any]) -> Json | None:
    if "stats" not in extra:
        return None
    return {_STATISTICS.get(name, name): value for name, value in extra["stats"].items()}


def _seen(body: Mapping[str, Any]) -> Json:
    """Return what a batch says under python-arango's names."""
    seen: Json = {"has_more": bool(body.get("hasMore")), "batch": body["result"]}
    if "id" in body:
        seen["id"] = str(body["id"])
    for theirs, ours in (
        ("count", "count"),
        ("cached", "cached"),
        ("nextBatchId", "next_batch_id"),
    ):
        if theirs in body:
            seen[ours] = body[theirs]
    extra = body.get("extra") or {}
    seen.update((name, extra[name]) for name in ("profile", "warnings", "plan") if name in extra)
    if "stats" in extra:
        seen["statistics"] = _statistics(extra)
    return seen
