"""One run of a query: its warnings, its counters, and the moments when it may be stopped.

Knows nothing of syntax.
"""

from __future__ import annotations

import sys
from typing import Any

from arango_jobs.local.aql.context import DatabaseLike, QueryContext, QueryOptions
from arango_jobs.local.errors import ArangoError

__all__ = ["CHUNK", "Run", "failure"]

# So many rows pass between two looks at the clock and at the cancel flag.
CHUNK = 256
_PAGE = 32768
_ROW = 64


def failure(number: int, message: str, status: int | None = None) -> ArangoError:
    """Return an error of the execution phase, worded as ArangoDB does."""
    return ArangoError(number, f"AQL: {message} (while executing)", status)


def _size(value: Any) -> int:
    """Estimate the bytes that `value` takes."""
    total, stack = 0, [value]
    while stack:
        item = stack.pop()
        total += sys.getsizeof(item)
        if type(item) is list:
            stack.extend(item)
        elif type(item) is dict:
            stack.extend(item.values())
    return total


def _require(allowed: bool, name: str) -> None:
    if not allowed:
        raise ArangoError(11, f"AQL: not authorized to access collection '{name}'", 403)


class Run:
    """The mutable state of one run; used by one thread at a time."""

    __slots__ = (
        "_readable", "commits", "context", "database", "filtered", "full_count", "ignored",
        "memory", "nodes", "options", "peak", "scanned_full", "scanned_index", "warnings",
        "written",
    )  # fmt: skip

    def __init__(
        self, context: QueryContext, options: QueryOptions, database: DatabaseLike | None = None
    ) -> None:
        self.context = context
        # The database as this query sees it.
        self.database = context.database if database is None else database
        self._readable: set[str] = set()
        self.options = options
        self.warnings: list[dict[str, Any]] = []
        self.written = self.ignored = self.scanned_full = self.scanned_index = self.filtered = 0
        self.full_count: int | None = None
        self.commits = 0
        self.memory = self.peak = 0
        self.nodes: list[dict[str, Any]] = []

    def require_readable(self, name: str) -> None:
        """Raise 11 unless the user may read the collection; asked once for each."""
        if name not in self._readable:
            _require(self.context.can_read(name), name)
            self._readable.add(name)

    def is_readable(self, name: str) -> bool:
        """Tell whether the user may read the collection."""
        try:
            self.require_readable(name)
        except ArangoError:
            return False
        return True

    def require_writable(self, name: str) -> None:
        """Raise 11 unless the user may write to the collection."""
        _require(self.context.can_write(name), name)

    def check(self) -> None:
        """Raise 1500 if the query was killed or its time is over."""
        context = self.context
        if context.cancelled.is_set():
            raise ArangoError(1500, "query killed", 410)
        deadline = context.deadline
        if deadline is not None and context.clock.monotonic() >= deadline:
            raise ArangoError(1500, "query killed", 410)

    def sleep(self, seconds: float) -> None:
        """Wait, ending early with 1500 when the query is killed or its time is over."""
        context, clock = self.context, self.context.clock
        until = clock.monotonic() + seconds
        while True:
            self.check()
            now = clock.monotonic()
            end = until if context.deadline is None else min(until, context.deadline)
            if now >= end:
                break
            # In portions: a lock cannot wait for centuries.
            clock.wait(context.cancelled, min(end - now, 86400.0))
        self.check()

    def warn(self, number: int, message: str) -> None:
        """Note a warning, or raise it when warnings are to fail the query."""
        if self.options.fail_on_warning:
            raise failure(number, message, 400)
        if len(self.warnings) < self.options.max_warning_count:
            self.warnings.append({"code": number, "message": message})

    def hold(self, value: Any) -> None:
        """Count memory for a value that the query keeps; raise 32 beyond the limit."""
        limit = self.context.memory_limit
        self.memory += _size(value) if limit else _ROW
        self.peak = max(self.peak, self.memory)
        if limit and self.memory > limit:
            raise failure(32, f"query would use more memory than allowed: {self.memory} > {limit}")

    def note_write(self) -> None:
        """Count a write, and commit what was written if that was enough."""
        self.written += 1
        if not self.written % self.options.intermediate_commit_count:
            self.commits += self.database.commit_so_far()

    def stats(self, seconds: float) -> dict[str, Any]:
        """Return the counters as `extra.stats` shows them."""
        stats: dict[str, Any] = {
            "writesExecuted": self.written,
            "writesIgnored": self.ignored,
            "documentLookups": 0,
            "seeks": 0,
            "scannedFull": self.scanned_full,
            "scannedIndex": self.scanned_index,
            "cursorsCreated": 0,
            "cursorsRearmed": 0,
            "cacheHits": 0,
            "cacheMisses": 0,
            "filtered": self.filtered,
            "httpRequests": 0,
            "executionTime": seconds,
            "peakMemoryUsage": (self.peak // _PAGE + 1) * _PAGE,
            "intermediateCommits": self.commits,
        }
        if self.full_count is not None:
            stats["fullCount"] = self.full_count
        return stats
