"""After a crash: what the server still holds goes on, and everything else is told of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

from typing_extensions import Self

from arango_jobs._runtime.desk import Desk
from arango_jobs._runtime.future import JobFuture
from arango_jobs.api.database import Database
from arango_jobs.ledger.asking import Servers
from arango_jobs.ledger.entries import EntryState, LedgerEntry
from arango_jobs.ledger.reader import Account, ReadJob, ReadOperation
from arango_jobs.ledger.rebuilding import Decoders, Rebuilder
from arango_jobs.ledger.writer import LedgerWriter
from arango_jobs.managed import ManagedExecutor
from arango_jobs.operations import Operation

__all__ = ["Recovered", "recover"]

Futures = list[JobFuture[Any]]


class Recovered:
    """What a ledger tells, and the manager that goes on with it.

    Every operation that was ever handed in is in exactly one of `done`, `held`,
    `unknown` and `never_sent`. As a context manager it shuts `manager` down.
    """

    def __init__(
        self,
        manager: Any,
        desk: Desk,
        writer: LedgerWriter,
        account: Account,
        rebuilder: Rebuilder,
    ) -> None:
        self.manager = manager
        """A `JobManager` that writes to the same ledger."""
        self.done: tuple[LedgerEntry, ...] = ()
        """Their futures had ended."""
        self.held: tuple[LedgerEntry, ...] = ()
        """The server has them: `futures` are theirs, in the same order."""
        self.futures: tuple[JobFuture[Any], ...] = ()
        self.unknown: tuple[LedgerEntry, ...] = ()
        """They may have run, or have run and their results are gone."""
        self.never_sent: tuple[LedgerEntry, ...] = ()
        """They have not run."""
        self._desk = desk
        self._writer = writer
        self._account = account
        self._rebuilder = rebuilder
        self._sent_again: dict[int, JobFuture[Any]] = {}

    def resubmit(self) -> Futures:
        """Send what was never sent; return the futures, in the order of `never_sent`.

        Waits for room as `submit` does. What is not `is_complete` is left out. A
        second call sends nothing and returns the same futures.
        """
        chosen = [entry for entry in self.never_sent if entry.is_complete]
        return self._send(chosen, self._hand_in)

    def resubmit_unknown(self) -> Futures:
        """Send again what may have run, where that does no harm: what `is_repeatable`.

        Otherwise as `resubmit`.
        """
        chosen = [each for each in self.unknown if each.is_repeatable and each.is_complete]
        return self._send(chosen, self._hand_in_again)

    def forget(self) -> None:
        """Close the account of what is unknown or was never sent, and was not sent again."""
        numbers = [
            entry.number
            for entry in (*self.unknown, *self.never_sent)
            if entry.number not in self._sent_again
        ]
        self._desk.poller.call(lambda _now: self._writer.forget(numbers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.manager.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self._writer.path}: {len(self.done)} done, "
            f"{len(self.futures)} held, {len(self.unknown)} unknown, "
            f"{len(self.never_sent)} never sent>"
        )

    # ---- sending again

    def _send(self, entries: list[LedgerEntry], hand_in: Callable[[Futures], None]) -> Futures:
        desk = self._desk
        ready: Futures = []
        for entry in entries:
            if entry.number in self._sent_again:
                continue
            if not desk.has_room():
                hand_in(ready)
                ready = []
                desk.wait_for_room()
            future = desk.unadmitted(self._operation(entry.number), entry.body or b"")
            future.number = entry.number
            self._sent_again[entry.number] = future
            ready.append(future)
        hand_in(ready)
        return [self._sent_again[entry.number] for entry in entries]

    def _hand_in(self, futures: Futures) -> None:
        def add(now: float) -> None:
            for future in futures:
                self._desk.poller.engine.add(future, now)

        self._desk.poller.call(add)

    def _hand_in_again(self, futures: Futures) -> None:
        def resend(now: float) -> None:
            for parts, tries in self._as_before(futures):
                self._desk.poller.engine.resend(parts, tries, now)

        self._desk.poller.call(resend)

    def _as_before(self, futures: Futures) -> Iterator[tuple[Futures, int]]:
        """Give together what was sent together, with how often it may have run."""
        groups: dict[int, Futures] = {}
        for future in futures:
            groups.setdefault(id(self._account.operations[future.number].job), []).append(future)
        for parts in groups.values():
            job = self._account.operations[parts[0].number].job
            tries = 1 if job is None else job.tries + 1
            if parts[0].kind is not None and parts[0].kind.merge is None:
                yield from (([part], tries) for part in parts)
            else:
                yield parts, tries

    def _operation(self, number: int) -> Operation[Any]:
        return self._rebuilder.operation(self._account.operations[number])


def recover(
    manager: Any,
    executor: ManagedExecutor,
    writer: LedgerWriter,
    account: Account,
    *,
    decoders: Decoders | None = None,
    trust: bool = False,
) -> Recovered:
    """Ask the servers for what is open in `account`, and watch what they have."""
    connection, desk = executor.connection, executor.desk
    rebuilder = Rebuilder(Database(executor), connection.sender.loads, decoders)
    servers = Servers(connection, trust=trust)
    recovered = Recovered(manager, desk, writer, account, rebuilder)
    jobs = account.open_jobs()
    reasons = servers.missing(job for job in jobs if job.job_id is not None)
    by_state: dict[EntryState, list[LedgerEntry]] = {state: [] for state in EntryState}
    for read in account.operations.values():
        state, reason = _state_of(read, reasons)
        by_state[state].append(read.entry(state, reason))
    recovered.done = tuple(by_state[EntryState.DONE])
    recovered.unknown = tuple(by_state[EntryState.UNKNOWN])
    recovered.never_sent = tuple(by_state[EntryState.NEVER_SENT])
    held = {entry.number: entry for entry in by_state[EntryState.HELD]}
    watched = [job for job in jobs if job.job_id is not None and id(job) not in reasons]
    futures = _adopt(recovered, watched, servers, held)
    recovered.held = tuple(held[future.number] for future in futures)
    recovered.futures = tuple(futures)
    return recovered


def _state_of(read: ReadOperation, reasons: dict[int, str]) -> tuple[EntryState, str]:
    job = read.job
    if read.outcome:
        return EntryState.DONE, ""
    if job is None:
        return EntryState.NEVER_SENT, "it was waiting to be sent"
    if job.job_id is not None:
        reason = reasons.get(id(job), "")
        return (EntryState.UNKNOWN, reason) if reason else (EntryState.HELD, "")
    if job.is_refused and job.tries == 0:
        return EntryState.NEVER_SENT, "the server had refused it and run nothing of it"
    return EntryState.UNKNOWN, "it was sent, and no answer had come"


def _adopt(
    recovered: Recovered,
    jobs: Iterable[ReadJob],
    servers: Servers,
    held: dict[int, LedgerEntry],
) -> Futures:
    desk, account = recovered._desk, recovered._account
    adopted: list[tuple[Futures, ReadJob]] = []
    for job in jobs:
        parts: Futures = []
        for number in job.numbers:
            read = account.operations[number]
            future = desk.unadmitted(recovered._rebuilder.operation(read), read.body)
            future.number = number
            if number in held and read.job is job:
                future.start()
            else:
                # An array's reply tells of it, and nobody waits for that any more.
                future.end_cancelled()
            parts.append(future)
        adopted.append((parts, job))
    futures = [part for parts, _job in adopted for part in parts if not part.done()]
    if not futures:
        return []
    # Nothing else is in flight yet, so that there is room for any number.
    desk.has_room(len(futures))

    poller = desk.poller
    # Nor is there a thread: it would start with this, and futures show their job at once.
    with poller.working:
        now = poller.now()
        for parts, job in adopted:
            index, job_id = servers.index(job.host), job.job_id
            assert job_id is not None
            poller.engine.adopt(parts, index, job_id, now, tries=job.tries)
    poller.wake()
    return futures
