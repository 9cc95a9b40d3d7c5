"""The requests that a chunk becomes, and how the answers are read.

A chunk is one `Insert`, or two where some of its rows have a key of ours and others their
own. An insert whose answer leaves rows in doubt is followed by another insert, or by a
`Look` at what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from arango_jobs.errors import ArangoServerError
from arango_jobs.loader.chunks import Chunk
from arango_jobs.loader.rows import Outcome, Row
from arango_jobs.loader.verdicts import DUPLICATE

__all__ = ["Insert", "Look", "Part", "Target"]

# A row is ignored by refusing it: the server's own "ignore" does not tell which rows were.
_MODES = {"error": None, "ignore": None, "update": "update", "replace": "replace"}
# What its answer has besides where a document was there before, in both drivers' words.
_REPLACED = frozenset({"_old_rev", "_oldRev"})
# How the server's message begins to name the index that refused a key.
_PRIMARY = "index primary of type primary"


class Target(Protocol):
    """The calls of a managed collection that a load uses."""

    def insert_many(
        self, documents: Sequence[Any], *, overwrite_mode: str | None = None
    ) -> Future[Any]:
        """Insert documents; the result has metadata or an error for each."""
        ...

    def get_many(self, documents: Sequence[Any]) -> Future[Any]:
        """Return the documents that are there."""
        ...


class Part(Protocol):
    """One request of a chunk."""

    chunk: Chunk
    rows: list[Row]
    tries: int

    def send(self, target: Target) -> Future[Any]:
        """Submit it."""
        ...

    def read(self, answer: Any) -> Part | None:
        """Mark the rows that failed; return what has to be asked next."""
        ...

    def halves(self) -> list[Part]:
        """Return two requests for the same rows."""
        ...

    def again(self) -> Part:
        """Return the same request, after one whose outcome is unknown."""
        ...

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent again though it may have run."""
        ...


@dataclass(slots=True, eq=False)
class Insert:
    """Stores rows, all of whose keys are ours, or none of them."""

    chunk: Chunk
    rows: list[Row]
    on_duplicate: str
    in_doubt_below: int = 0
    """Rows with a lower number may have been stored by an earlier request."""
    tries: int = 0

    def send(self, target: Target) -> Future[Any]:
        """Submit it."""
        has_made_keys = self.rows[0].made_key is not None
        mode = "ignore" if has_made_keys else _MODES[self.on_duplicate]
        return target.insert_many([row.document for row in self.rows], overwrite_mode=mode)

    def read(self, answer: Any) -> Look | None:
        """Mark the rows that failed; return a look at those that may be stored already."""
        doubtful = []
        for row, outcome in zip(self.rows, answer, strict=True):
            if not isinstance(outcome, Exception):
                if isinstance(outcome, dict) and not _REPLACED.isdisjoint(outcome):
                    row.outcome = Outcome.UPDATED
                continue
            code = outcome.error_code if isinstance(outcome, ArangoServerError) else 0
            code = code or getattr(outcome, "error_code", None) or 0
            message = _message(outcome)
            if code == DUPLICATE and row.made_key is None:
                is_in_doubt = row.number < self.in_doubt_below
                if self.on_duplicate == "ignore" and not is_in_doubt and _PRIMARY in message:
                    row.outcome = Outcome.IGNORED
                    continue
                if is_in_doubt or self.on_duplicate == "ignore":
                    doubtful.append(row)
            row.fail(message, code)
        if not doubtful:
            return None
        return Look(self.chunk, doubtful, ignores=self.on_duplicate == "ignore")

    def halves(self) -> list[Part]:
        """Return two requests for the same rows."""
        middle = len(self.rows) // 2
        return [
            Insert(self.chunk, rows, self.on_duplicate, self.in_doubt_below, self.tries)
            for rows in (self.rows[:middle], self.rows[middle:])
        ]

    def again(self) -> Insert:
        """Return the same request, after one whose outcome is unknown."""
        beyond = self.rows[-1].number + 1
        return Insert(self.chunk, self.rows, self.on_duplicate, beyond, self.tries + 1)

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent again though it may have run: if every document has a key."""
        return all(row.document is not None and "_key" in row.document for row in self.rows)


@dataclass(slots=True, eq=False)
class Look:
    """Compares rows whose keys are taken with what is stored under them."""

    chunk: Chunk
    rows: list[Row]
    tries: int = 0
    is_repeatable: bool = True
    ignores: bool = False
    """Whether a row is ignored whose key holds another document."""

    def send(self, target: Target) -> Future[Any]:
        """Submit it."""
        return target.get_many([row.document["_key"] for row in self.rows if row.document])

    def read(self, answer: Any) -> None:
        """Take back the failure of rows that are stored as they were to be."""
        stored = {document["_key"]: document for document in answer}
        for row in self.rows:
            if row.document is None:
                continue
            if _is_stored(row.document, stored):
                row.problem = None
            elif self.ignores and row.document["_key"] in stored:
                row.problem, row.outcome = None, Outcome.IGNORED

    def halves(self) -> list[Part]:
        """Return two requests for the same rows."""
        middle = len(self.rows) // 2
        return [
            Look(self.chunk, rows, self.tries, ignores=self.ignores)
            for rows in (self.rows[:middle], self.rows[middle:])
        ]

    def again(self) -> Look:
        """Return the same request."""
        return Look(self.chunk, self.rows, self.tries + 1, ignores=self.ignores)


def _is_stored(document: dict[str, Any], stored: dict[str, Any]) -> bool:
    found = stored.get(document["_key"])
    if found is None:
        return False
    # What the server adds by itself.
    own = {name: value for name, value in found.items() if name not in ("_id", "_rev")}
    return own == {name: value for name, value in document.items() if name not in ("_id", "_rev")}


def _message(error: Exception) -> str:
    text = getattr(error, "error_message", None) or getattr(error, "message", None)
    return str(text or error)
