"""One row of the input on its way to the server, and what became of those that failed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

__all__ = ["Outcome", "Problem", "Row"]


class Outcome(enum.Enum):
    """What a row did to the collection."""

    CREATED = "created"
    UPDATED = "updated"
    """It was laid over the document with its key, or stored in its place."""
    IGNORED = "ignored"
    """There was a document with its key, which stayed as it was."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was not loaded; `code` is ArangoDB's error number, 0 for our own."""

    message: str
    code: int = 0


@dataclass(slots=True, eq=False)
class Row:
    """One row: `number` counts from 1, `line` is its line in a text file.

    `original` is what the input held, `document` what will be sent. They may be
    one object, so neither is changed in place.
    """

    number: int
    line: int | None = None
    original: dict[str, Any] | None = None
    document: dict[str, Any] | None = None
    problem: Problem | None = None
    text: str | None = None
    """What stood in the file, where it could not be read as a row."""
    made_key: str | None = None
    """The key that we gave it, so that finding it taken means that it was stored before."""
    outcome: Outcome = Outcome.CREATED
    """What became of it, where it has not failed."""
    size: int = 0
    """Bytes of the document as JSON."""

    @property
    def place(self) -> str:
        """Say where it is, for people."""
        return f"row {self.number}" if self.line is None else f"line {self.line}"

    def fail(self, message: str, code: int = 0) -> None:
        """Say why it cannot be loaded."""
        self.problem = Problem(message, code)
