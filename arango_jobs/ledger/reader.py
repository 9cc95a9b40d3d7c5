"""What a ledger says: every operation, and where it stood when the last word was written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from arango_jobs.errors import LedgerError
from arango_jobs.ledger.entries import EntryState, LedgerEntry
from arango_jobs.ledger.facts import KindFacts
from arango_jobs.ledger.file import DamageError, LedgerFile
from arango_jobs.ledger.spans import numbers_of
from arango_jobs.operations import Headers, Retry, quote_segment

__all__ = ["Account", "ReadJob", "ReadOperation", "Shape", "read_ledger"]

_MEANINGLESS = (ValueError, KeyError, IndexError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Shape:
    """What an operation has beside its kind, key and body."""

    retry: str | None
    keyless: bool | None
    made_key: bool
    headers: Headers
    withheld: bool

    @classmethod
    def of(cls, values: list[Any]) -> Shape:
        """Return what the writer has put down."""
        retry, keyless, made_key, headers = values[:4]
        own = tuple((name, value) for name, value in headers)
        return cls(retry, keyless, made_key, own, len(values) > 4)

    def to_list(self) -> list[Any]:
        """Return what `of` takes."""
        values: list[Any] = [self.retry, self.keyless, self.made_key, self.headers]
        return [*values, True] if self.withheld else values


@dataclass(slots=True, eq=False)
class ReadJob:
    """One submission of some operations."""

    host: str
    tries: int
    run: int
    host_index: int
    job_id: str | None = None
    accepted_at: float = 0.0
    """By our clock, in seconds since the epoch."""
    is_refused: bool = False
    numbers: list[int] = field(default_factory=list)
    """Of its parts, in the order in which an array's reply tells of them."""
    started: tuple[float, float] | None = None
    """Between which times the server had been started that gave the id, where that was known."""


@dataclass(slots=True, eq=False)
class ReadOperation:
    """One operation."""

    number: int
    facts: KindFacts
    shape: Shape
    path_key: str | None
    body: bytes
    job: ReadJob | None = None
    outcome: str = ""
    error: str = ""

    @property
    def key(self) -> str | None:
        """The key of the one document that it is about."""
        if self.path_key is not None or self.shape.keyless is False:
            return self.path_key
        if not self.body.startswith(b"{"):
            return None
        try:
            key = orjson.loads(self.body).get("_key")
        except ValueError:
            return None  # compressed, or written by a serializer of the user's own
        return key if isinstance(key, str) else None

    @property
    def is_repeatable(self) -> bool:
        """Whether a second run does no harm where the first may have run."""
        retry = self.shape.retry or self.facts.retry
        return self.shape.made_key or retry != Retry.NEVER.value

    @property
    def is_complete(self) -> bool:
        """Whether all of it was kept."""
        facts = self.facts
        return not (facts.withholds_body or facts.withholds_headers or self.shape.withheld)

    def entry(self, state: EntryState, reason: str = "") -> LedgerEntry:
        """Return what users are told of it."""
        facts, job, key = self.facts, self.job, self.key
        target = f"/_db/{quote_segment(facts.database)}{facts.path}"
        if self.path_key is not None:
            target += "/" + quote_segment(self.path_key)
        return LedgerEntry(
            number=self.number,
            state=state,
            operation=facts.name,
            target=target + facts.query,
            key=key,
            outcome=self.outcome,
            error=self.error,
            job_id=None if job is None else job.job_id,
            host="" if job is None else job.host,
            reason=reason,
            is_repeatable=self.is_repeatable,
            is_complete=self.is_complete,
            body=self.body or None,
        )


@dataclass(slots=True)
class Account:
    """All operations of a ledger by their numbers."""

    operations: dict[int, ReadOperation] = field(default_factory=dict)

    @property
    def next_number(self) -> int:
        """The first number that is free."""
        return max(self.operations, default=0) + 1

    def open(self) -> list[ReadOperation]:
        """Return those that have not ended."""
        return [each for each in self.operations.values() if not each.outcome]

    def open_jobs(self) -> list[ReadJob]:
        """Return the jobs that have any of those."""
        return list({id(each.job): each.job for each in self.open() if each.job}.values())


def read_ledger(file: LedgerFile) -> Account:
    """Return what `file` says.

    Raises `LedgerError` where it cannot be read, or was changed or cut; its `entries`
    have what can still be read.
    """
    replay = _Replay()
    try:
        for run, _, _, hosts in file.table("run"):
            replay.note_run(run, hosts)
        for kind, facts in file.table("kind"):
            replay.note_kind(kind, facts)
        for record in file.records():
            replay.note(*record)
    except DamageError as error:
        raise LedgerError(str(error), path=error.path, entries=_salvage(file)) from None
    except _MEANINGLESS as error:
        # The bytes are those that were written, by a version that writes otherwise.
        message = f"the ledger {file.path} is damaged: {type(error).__name__}: {error}"
        raise LedgerError(message, path=file.path, entries=_salvage(file)) from error
    return replay.account


def _salvage(file: LedgerFile) -> tuple[LedgerEntry, ...]:
    """Return what can still be read of a damaged ledger.

    What is not known to have ended is `UNKNOWN`, however it stood: what followed may be missing.
    """
    replay = _Replay()
    notes: dict[str, Callable[..., None]] = {
        "run": lambda run, _at, _pid, hosts: replay.note_run(run, hosts),
        "kind": replay.note_kind,
        "round": replay.note,
    }
    for name, note in notes.items():
        for values in file.readable(name):
            with contextlib.suppress(*_MEANINGLESS):
                note(*values)
    return tuple(
        each.entry(EntryState.DONE)
        if each.outcome
        else each.entry(EntryState.UNKNOWN, "the ledger is damaged")
        for each in replay.account.operations.values()
    )


class _Replay:
    def __init__(self) -> None:
        self.account = Account()
        self._shapes: dict[str, Shape] = {}
        self._kinds: dict[int, KindFacts] = {}
        self._hosts: dict[int, list[str]] = {}
        self._accepted: dict[tuple[int, int], list[ReadJob]] = {}
        self._started: dict[tuple[int, int], tuple[float, float]] = {}

    def note_run(self, number: int, hosts: bytes) -> None:
        self._hosts[number] = orjson.loads(hosts)

    def note_kind(self, number: int, facts: bytes) -> None:
        self._kinds[number] = KindFacts.from_json(facts)

    def note(
        self,
        run: int,
        at: float,
        taken: bytes | None,
        bodies: bytes | None,
        jobs: bytes | None,
        ended: bytes | None,
        servers: bytes | None,
    ) -> None:
        if taken is not None:
            self._take(orjson.loads(taken), bodies or b"")
        for event in orjson.loads(jobs) if jobs is not None else ():
            self._follow(event, run, at)
        if ended is not None:
            self._end(*orjson.loads(ended))
        for server in orjson.loads(servers) if servers is not None else ():
            self._identify(run, *server)

    def _take(self, rows: Iterable[Any], bodies: bytes) -> None:
        operations = self.account.operations
        start = 0
        for kind, shape_values, first, count, keys, sizes in rows:
            facts, shape = self._kinds[kind], self._shape(shape_values)
            for index in range(count):
                end = start + sizes[index]
                body = bodies[start:end]
                if len(body) != sizes[index]:
                    raise ValueError("a body is cut off")
                key = None if keys is None else keys[index]
                number = first + index
                operations[number] = ReadOperation(number, facts, shape, key, body)
                start = end

    def _shape(self, values: list[Any]) -> Shape:
        name = repr(values)
        shape = self._shapes.get(name)
        if shape is None:
            shape = self._shapes[name] = Shape.of(values)
        return shape

    def _follow(self, event: list[Any], run: int, at: float) -> None:
        operations = self.account.operations
        if len(event) == 3:
            index, tries, spans = event
            job = ReadJob(self._hosts[run][index], tries, run, index)
            job.numbers = list(numbers_of(spans))
            for number in job.numbers:
                operations[number].job = job
            return
        found = operations[event[0]].job
        if found is None:
            raise ValueError("an id of a job that was not sent")
        if len(event) == 1:
            found.is_refused = True
            return
        found.job_id, found.accepted_at = event[1], at
        found.started = self._started.get((run, found.host_index))
        self._accepted.setdefault((run, found.host_index), []).append(found)

    def _identify(self, run: int, index: int, after: float, before: float) -> None:
        """Take which process answers from now on; it may have before it was asked."""
        self._started[run, index] = (after, before)
        for job in self._accepted.get((run, index), ()):
            if job.accepted_at >= after:
                job.started = (after, before)

    def _end(self, spans: list[int], others: list[Any]) -> None:
        operations = self.account.operations
        for number in numbers_of(spans):
            operations[number].outcome = "succeeded"
        for number, outcome, error in others:
            operations[number].outcome = outcome
            operations[number].error = error
