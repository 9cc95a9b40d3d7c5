"""The journal that a poller writes: one row a round, whatever happened in it.

    taken      [[kind, shape, first number, count, keys, sizes], …], bodies: joined
    jobs       in their order: [host, tries, spans] sent, [first part's number, id] accepted,
               [first part's number] refused
    ended      [spans of what succeeded, [[number, outcome, error], …]]
    servers    [[host, started after, started before], …], seconds since the epoch

Numbers are given in order to what is taken, kind by kind, so that the parts of
a merged job are mostly one span. On the hot path (`taken`, a call for every
operation) nothing is done but to append to a list.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson

from arango_jobs._core.host import Host, Identity
from arango_jobs._core.job import Job
from arango_jobs._runtime.endings import Ended
from arango_jobs._runtime.future import JobFuture
from arango_jobs.clock import Clock
from arango_jobs.ledger.ends import end_of
from arango_jobs.ledger.facts import KindFacts, facts_of
from arango_jobs.ledger.file import LedgerFile
from arango_jobs.ledger.grouping import batches, groups
from arango_jobs.ledger.reader import read_ledger
from arango_jobs.ledger.rewriting import rewrite
from arango_jobs.ledger.spans import ordered_spans_of, spans_of
from arango_jobs.ledger.text import dumps
from arango_jobs.operations import OperationKind

__all__ = ["LedgerWriter"]

_ROUND = 500
"""Bytes that a row takes beside its bodies, about."""
_COMPACT_EVERY = 16 * 1024 * 1024
_KINDS_KEPT = 1000

_Futures = list[JobFuture[Any]]
_payload_of = attrgetter("payload")
_key_of = attrgetter("key")
_number_of = attrgetter("number")


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    number: int
    facts: KindFacts


class LedgerWriter:
    """Writes what a poller tells it into a ledger."""

    def __init__(
        self,
        file: LedgerFile,
        *,
        clock: Clock,
        hosts: Sequence[str],
        next_number: int = 1,
        keep_done: bool = True,
        compact_every: int = _COMPACT_EVERY,
    ) -> None:
        self._file = file
        self._clock = clock
        self._next = next_number
        self._taken: _Futures = []
        self._jobs: list[tuple[Any, ...]] = []
        self._sending: list[Job] = []
        self._succeeded: list[int] = []
        self._ended: list[tuple[int, str, str]] = []
        self._unnumbered: deque[JobFuture[Any]] = deque()
        self._kinds: dict[OperationKind[Any], _Known] = {}
        self._kind_numbers: dict[bytes, int] = {}
        self._hosts: Sequence[Host] = ()
        self._identities: dict[int, Identity] = {}
        self._keeps_done = keep_done
        self._compact_every = compact_every
        self._written = 0
        file.begin()
        self._run = file.insert("run", clock.time(), os.getpid(), orjson.dumps(list(hosts)))
        self._read_kinds()
        self.taken: Callable[[JobFuture[Any]], None] = self._taken.append
        """Note an operation that was handed in."""

    @property
    def path(self) -> str:
        """Where the file is."""
        return self._file.path

    def look_at(self, hosts: Sequence[Host]) -> None:
        """Keep with the ids what is known of the servers that gave them."""
        self._hosts = hosts

    # ---- what the poller tells

    def sending(self, job: Job) -> None:
        """Note that the operations of `job` are about to be sent."""
        self._sending.append(job)

    def refused(self, job: Job) -> None:
        """Note that nothing of `job` was run."""
        self._jobs.append((job.parts[0].number,))

    def accepted(self, jobs: Iterable[Job]) -> None:
        """Note the ids that the server has given `jobs`."""
        for job in jobs:
            cargo = job.cargo
            if type(cargo) is not tuple:
                self._jobs.append((cargo.number, job.job_id))
            elif cargo:
                self._jobs.append((cargo[0].number, job.job_id))

    def ended(self, ended: Ended) -> None:
        """Note how operations have ended."""
        if ended.succeeded:
            self._succeeded.extend(map(_number_of, ended.succeeded))
        for future in (*ended.failed, *ended.cancelled, *ended.lost):
            if hasattr(future, "number"):
                self._ended.append(end_of(future))
            else:
                self._unnumbered.append(future)

    def cancelled(self, future: JobFuture[Any]) -> None:
        """Note that the user has cancelled an operation that was not sent."""
        self._unnumbered.append(future)

    def forget(self, numbers: Iterable[int]) -> None:
        """Note that nobody asks for these any more."""
        self._ended.extend((number, "forgotten", "") for number in numbers)

    def commit(self) -> None:
        """Make what was noted outlive this process."""
        taken = bodies = None
        if self._taken:
            taken, bodies = self._take_down_all()
        if self._unnumbered:
            self._note_unnumbered()
        if self._sending:
            self._note_sending()
        jobs, servers = self._jobs, self._servers()
        if not (taken or jobs or servers or self._succeeded or self._ended):
            return
        ended = None
        if self._succeeded or self._ended:
            ended = dumps((spans_of(self._succeeded), self._ended))
        jobs_text = dumps(jobs) if jobs else None
        values = (self._run, self._clock.time(), taken, bodies, jobs_text, ended, servers)
        self._file.append(*values)
        for each in (jobs, self._succeeded, self._ended):
            each.clear()
        if not self._keeps_done:
            self._written += len(bodies or b"") + _ROUND
            if self._written > self._compact_every:
                self._written = 0
                self._leave_out_what_has_ended()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def abandon(self) -> None:
        """Forget the file in a forked child."""
        self._file.abandon()

    def _leave_out_what_has_ended(self) -> None:
        rewrite(self._file, read_ledger(self._file))
        self._read_kinds()

    def _read_kinds(self) -> None:
        self._kinds.clear()
        self._kind_numbers = {facts: number for number, facts in self._file.table("kind")}

    # ---- what was taken

    def _take_down_all(self) -> tuple[bytes, bytes]:
        """Give numbers to what was taken; return the row's columns, the last one's if many."""
        # The list itself stays: `taken` is its `append`.
        all_taken = self._taken.copy()
        self._taken.clear()
        *full, last = batches(all_taken)
        for batch in full:
            taken, bodies = self._take_down(batch)
            values = (self._run, self._clock.time(), taken, bodies, None, None, None)
            self._file.append(*values)
        return self._take_down(last)

    def _take_down(self, taken: _Futures) -> tuple[bytes, bytes]:
        rows: list[Any] = []
        bodies: list[bytes] = []
        for kind, shape, futures in groups(taken):
            known = self._known(kind)
            first = number = self._next
            for number, future in enumerate(futures, first):
                future.number = number
            self._next = number + 1
            payloads = list(map(_payload_of, futures))
            if known.facts.withholds_body:
                payloads = [b""] * len(payloads)
            bodies += payloads
            # An insert's key is in its body.
            keys = None if shape[1] is not False else list(map(_key_of, futures))
            rows.append((known.number, shape, first, len(futures), keys, list(map(len, payloads))))
        return dumps(rows), b"".join(bodies)

    def _known(self, kind: OperationKind[Any]) -> _Known:
        known = self._kinds.get(kind)
        if known is not None:
            return known
        facts = facts_of(kind)
        text = facts.to_json()
        number = self._kind_numbers.get(text)
        if number is None:
            number = self._file.insert("kind", text)
            self._kind_numbers[text] = number
        if len(self._kinds) >= _KINDS_KEPT:
            # Wrappers without kinds of their own make one for each operation.
            self._kinds.clear()
        known = self._kinds[kind] = _Known(number, facts)
        return known

    def _note_unnumbered(self) -> None:
        for _ in range(len(self._unnumbered)):
            future = self._unnumbered.popleft()
            if hasattr(future, "number"):
                self._ended.append(end_of(future))
            else:
                # It is on its way in still.
                self._unnumbered.append(future)

    def _note_sending(self) -> None:
        for job in self._sending:
            cargo = job.cargo
            if type(cargo) is not tuple:
                spans = [cargo.number, 1]
            else:
                # An array's reply is in the order of its parts.
                spans = ordered_spans_of(list(map(_number_of, cargo)))
            self._jobs.append((job.host, 0 if job.more is None else job.tries, spans))
        self._sending.clear()

    def _servers(self) -> bytes | None:
        """Return what has become known of the servers since it was last asked for."""
        rows = []
        for host in self._hosts:
            identity = host.identity
            if identity is None or self._identities.get(host.index) is identity:
                continue
            self._identities[host.index] = identity
            ahead = self._clock.time() - self._clock.monotonic()
            rows.append(
                (host.index, identity.started_after + ahead, identity.started_before + ahead)
            )
        return dumps(rows) if rows else None
