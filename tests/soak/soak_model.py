"""What the documents of a chaos run may look like, by the outcomes that were reported.

Knows no server: outcomes go in, and `breaches` compares with what is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from arango_jobs import (
    JobDeadlineError,
    JobFuture,
    JobLostError,
    SubmitOutcomeUnknownError,
)
from arango_jobs.errors import ArangoServerError, HostUnreachableError

UNKNOWN = (SubmitOutcomeUnknownError, JobLostError)
UNCHANGED = (ArangoServerError, HostUnreachableError, JobDeadlineError)


@dataclass(frozen=True, slots=True)
class Face:
    """One thing that a document may be: not there (`value` is None), or with these attributes."""

    value: int | None
    runs: int = 0
    """How often a query has counted it up."""


ABSENT = Face(None)


@dataclass(slots=True)
class Doc:
    """A document that one thread works on, one operation after another."""

    number: int
    key: str | None
    faces: tuple[Face, ...] = (ABSENT,)

    @property
    def face(self) -> Face:
        """Return what it is; only asked while there is no doubt."""
        (face,) = self.faces
        return face


@dataclass(slots=True)
class Try:
    """One operation under way: on success its documents look like `after`."""

    name: str
    docs: list[Doc]
    future: JobFuture[Any]
    after: Face | None = None
    """None: it only reads."""
    must_fail: bool = False


@dataclass
class Account:
    """All documents of a round, all outcomes, and what was wrong."""

    docs: list[Doc] = field(default_factory=list)
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: list[str] = field(default_factory=list)

    def enter(self, attempt: Try, value: Any) -> bool:
        """Take in how `attempt` ended; tell whether its documents are beyond doubt."""
        error = attempt.future.exception()
        self.outcomes[attempt.name][_name(error)] += 1
        if error is None:
            self._succeeded(attempt, value)
            return True
        if isinstance(error, UNKNOWN):
            if attempt.after is None:
                self._blame(attempt, f"reads are repeated, not {error!r}")
                return True
            for doc in attempt.docs:
                doc.faces = (*doc.faces, attempt.after)
            return False
        if not isinstance(error, UNCHANGED) or not attempt.must_fail:
            self._blame(attempt, f"{error!r} {getattr(error, 'attempts', '')}")
        return True

    def _succeeded(self, attempt: Try, value: Any) -> None:
        if attempt.must_fail:
            self._blame(attempt, f"should have been refused: {value}")
        elif attempt.after is None:
            (doc,) = attempt.docs
            found = ABSENT if value is None else Face(value["v"], value["runs"])
            if found != doc.face:
                self._blame(attempt, f"read {value}")
        else:
            for doc in attempt.docs:
                doc.faces = (attempt.after,)

    def _blame(self, attempt: Try, what: str) -> None:
        self.wrong.append(f"{attempt.name} of {attempt.docs}: {what}")

    def breaches(self, stored: Iterable[dict[str, Any]]) -> list[str]:
        """Compare with the documents that are stored."""
        found = defaultdict(list)
        for document in stored:
            found[document["n"]].append(document)
        wrong = list(self.wrong)
        for doc in self.docs:
            there = found.pop(doc.number, [])
            faces = [Face(each["v"], each["runs"]) for each in there] or [ABSENT]
            keys = {each["_key"] for each in there} - {doc.key or each["_key"] for each in there}
            if len(faces) > 1 or faces[0] not in doc.faces or keys:
                wrong.append(f"{doc} is stored as {there}")
        return wrong + [f"nobody has made {document}" for document in found.values()]

    def total(self) -> Counter[str]:
        """Return how often each end came."""
        return sum(self.outcomes.values(), Counter())


def _name(error: BaseException | None) -> str:
    if error is None:
        return "result"
    return type(error).__name__
