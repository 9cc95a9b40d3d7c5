"""`JobManager`: any ArangoDB operation as a future, with one poller for all of them."""

from __future__ import annotations

import importlib
import itertools
import os
import random
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ALL_COMPLETED, Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, TypeVar, overload

from typing_extensions import ParamSpec, Self

from arango_jobs import progress as progress_of
from arango_jobs._core.engine import Engine
from arango_jobs._net.choose import choose_transport
from arango_jobs._net.exchange import Transport
from arango_jobs._net.settings import NetSettings
from arango_jobs._runtime.desk import Desk, DeskParts
from arango_jobs._runtime.future import JobFuture
from arango_jobs._runtime.leaving import leave, leave_in_loop
from arango_jobs._wire.signing import Signer
from arango_jobs.api.aql import AQL
from arango_jobs.api.collection import StandardCollection
from arango_jobs.api.connection import Connection
from arango_jobs.api.context import Managed
from arango_jobs.api.database import Database, StandardDatabase
from arango_jobs.api.destination import Destination
from arango_jobs.api.graph import Graph
from arango_jobs.api.method import build_operation
from arango_jobs.checking import checked, shown
from arango_jobs.errors import OptionError, UnsupportedTargetError
from arango_jobs.ledger import Decoders, LedgerWriter, Recovered, open_writer, recover, resume
from arango_jobs.logs import logger
from arango_jobs.managed import ManagedExecutor, TaskBoundExecutor
from arango_jobs.manager_options import ManagerOptions
from arango_jobs.operations import Operation, Retry
from arango_jobs.options import check_names, positive_seconds

__all__ = ["Handles", "HostStats", "JobManager", "ManagedDatabase", "Stats", "View"]

P = ParamSpec("P")
T = TypeVar("T")

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class HostStats:
    """One Coordinator, as a manager sees it now."""

    name: str
    jobs: int
    window: int
    queue_time: float | None
    is_reachable: bool


@dataclass(frozen=True, slots=True)
class Stats:
    """What a manager has done so far, and what it does now."""

    in_flight: int
    waiting: int
    max_in_flight: int
    succeeded: int
    failed: int
    cancelled: int
    lost: int
    requests: int
    transport: str
    """Which way requests go."""
    transport_reason: str
    """Why it is that one."""
    hosts: tuple[HostStats, ...]


class ManagedDatabase(Database[Managed]):
    """A database whose calls return futures."""


class Handles:
    """The managed wrappers, and `submit` and `map`, with the options of one handle."""

    _executor: ManagedExecutor

    @property
    def db(self) -> ManagedDatabase:
        """The database, each of whose calls returns a `JobFuture`."""
        return ManagedDatabase(self._executor)

    @property
    def aql(self) -> AQL[Managed]:
        """AQL, each of whose calls returns a `JobFuture`."""
        return self.db.aql

    @checked
    def collection(self, name: str, *, ordered: bool = False) -> StandardCollection[Managed]:
        """Return the collection `name`, each of whose calls returns a `JobFuture`.

        With `ordered`, calls about one document take effect in the order in which they
        are made through ordered handles; else the server runs them in any order. Such a
        write is not repeated while its first run may be under way (docs/outcomes.md).
        """
        return StandardCollection(self._executor, name, ordered=ordered)

    @checked
    def graph(self, name: str) -> Graph[Managed]:
        """Return the graph `name`, each of whose calls returns a `JobFuture`."""
        return self.db.graph(name)

    @overload
    def submit(self, target: Operation[T], /) -> JobFuture[T]: ...
    @overload
    def submit(
        self, target: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> JobFuture[T]: ...
    def submit(self, target: Any, /, *args: Any, **kwargs: Any) -> JobFuture[Any]:
        """Take an operation, or a bound method of a wrapper with its arguments, and give a future.

        Takes the place of `ThreadPoolExecutor.submit`. Raises `UnsupportedTargetError`
        for anything else, and for a wrapper of another server or another user;
        `InFlightLimitError` where there is no room, `ManagerClosedError` after `shutdown`.
        """
        return self._executor.execute(self._operation(target, args, kwargs))

    @overload
    async def asubmit(self, target: Operation[T], /) -> JobFuture[T]: ...
    @overload
    async def asubmit(
        self, target: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> JobFuture[T]: ...
    async def asubmit(self, target: Any, /, *args: Any, **kwargs: Any) -> JobFuture[Any]:
        """Do as `submit` in a running event loop, which is never blocked: waits for room."""
        return await self._executor.execute_async(self._operation(target, args, kwargs))

    @checked
    def map(
        self,
        target: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """Return the results for the items of `iterables`, in their order.

        At most `buffersize` operations are ahead of the one whose result is next
        (`None`: all of them at once); `timeout` is seconds for each wait.
        """
        if buffersize is not None and buffersize < 1:
            raise OptionError(f"buffersize must be a whole number from 1, not {buffersize!r}")
        submit = partial(self.submit, target)
        return _results(submit, zip(*iterables, strict=False), timeout, buffersize)

    def _operation(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what `submit` is to send for its arguments."""
        if isinstance(target, Operation):
            if args or kwargs:
                raise UnsupportedTargetError("an Operation takes no further arguments")
            self._check_destination(target.kind.destination, target)
            return target
        operation = build_operation(target, *args, **kwargs)
        connection = target.__self__.conn
        if connection is not self._executor.connection:
            self._check_destination(connection.destination, target.__self__)
        return operation

    def _check_destination(self, theirs: object, target: object) -> None:
        """Raise `UnsupportedTargetError` unless `target` means this server and this user."""
        ours = self._executor.connection.destination
        if isinstance(theirs, Destination):
            ours.check(theirs, target)


class View(Handles):
    """A manager's handles with other options."""

    def __init__(self, executor: ManagedExecutor) -> None:
        self._executor = executor


class JobManager(Handles):
    """Turns any ArangoDB operation into a `JobFuture`, with one poller for all of them.

    `db` is a `StandardDatabase` of ours or of python-arango's. The options are
    those of `ManagerOptions`: `max_in_flight`, `when_full`, `submit_timeout`,
    `deadline`, `merge`, `client_keys` and so on. Raises `OptionError` for one
    that cannot be used. Threads start with the first operation and end when
    nothing is outstanding.
    """

    def __new__(cls, db: Any = None, **options: Any) -> Any:
        """Make a manager of the kind that `db` needs."""
        families = {kind.__module__.partition(".")[0] for kind in type(db).__mro__}
        for driver in families & _DRIVERS.keys() if cls is JobManager else ():
            # By name, so that nobody who does not use that driver needs it.
            adapter = importlib.import_module(_DRIVERS[driver])
            return super().__new__(adapter.ManagerClass)
        return super().__new__(cls)

    def __init__(self, db: StandardDatabase[Any], **options: Any) -> None:
        if not isinstance(db, StandardDatabase):
            raise OptionError(
                "JobManager takes a StandardDatabase of arango_jobs or python-arango, "
                f"not {type(db).__name__}"
            )
        self._start(db.conn, **options)

    def _start(self, connection: Connection, **options: Any) -> None:
        check_names("JobManager", options, ManagerOptions.__slots__)
        self._options = ManagerOptions(**options)
        self._deadline = self._options.deadline or connection.sender.timeouts.job
        self._connection = connection
        self._name = f"JobManager-{next(_numbers)}"
        self._chosen = _ChosenTransport(connection, self._name)
        self._ledger = self._open_ledger()
        try:
            self._desk = Desk(self._parts(), weakref.ref(self))
        except BaseException:
            if self._ledger is not None:
                self._ledger.close()
            raise
        if self._ledger is not None:
            self._ledger.look_at(self._desk.poller.engine.hosts)
        self._executor = ManagedExecutor(connection, self._desk, self._deadline, owner=self)
        # Futures hold the desk: it goes on until they have ended, though the manager is gone.
        self._finalizer = weakref.finalize(self, self._desk.close)
        self._finalizer.atexit = False

    def _open_ledger(self) -> LedgerWriter | None:
        options = self._options
        if options.ledger is None:
            return None
        return open_writer(options.ledger, self._connection, keep_done=options.ledger_keep_done)

    def _parts(self) -> DeskParts:
        connection, options = self._connection, self._options
        sender = connection.sender
        signer = Signer(connection.credentials, sender.clock.time)
        return DeskParts(
            name=self._name,
            clock=sender.clock,
            new_engine=partial(_engine, sender.hosts, options, signer.can_renew),
            new_transport=self._chosen,
            signer=signer,
            encode=connection.encode,
            dumps=connection.encoder,
            loads=sender.loads,
            capacity=options.max_in_flight,
            blocks=options.when_full == "block",
            submit_timeout=options.submit_timeout,
            request_timeout=options.request_timeout,
            client_keys=options.client_keys,
            conflict_retries=options.conflict_retries,
            journal=self._ledger,
        )

    @classmethod
    @checked
    def recover(
        cls,
        ledger: str | os.PathLike[str],
        db: Any,
        *,
        decoders: Decoders | None = None,
        trust: bool = False,
        **options: Any,
    ) -> Recovered:
        """Return what the ledger of a process that is gone tells, and go on with it.

        `options` are those of the new manager, which writes to the same ledger.
        `decoders` read the answers of operations that are not ours, by their names.
        With `trust`, jobs are fetched by their ids also where the server does not
        tell whether it has restarted, and may have given them to others since.
        Raises `LedgerError` where the file cannot be used; where it is damaged, the
        error's `entries` are what can still be read.
        """
        if decoders is not None and not isinstance(decoders, Mapping):
            raise OptionError(f"decoders must be a dict or None, not {shown('', decoders)}")
        resumed = resume(ledger)
        try:
            manager = cls(db, ledger=resumed, **options)
        except BaseException:
            resumed.file.close()
            raise
        writer = manager._ledger
        assert writer is not None
        try:
            return recover(
                manager,
                manager._executor,
                writer,
                resumed.account,
                decoders=decoders,
                trust=trust,
            )
        except BaseException:
            manager.shutdown(wait=False)
            raise

    @checked
    def with_options(
        self,
        *,
        deadline: float | None = None,
        retry: Retry | str | None = None,
        cancel_with_task: bool = False,
    ) -> View:
        """Return handles whose operations have a deadline of their own, or another `retry`.

        `deadline`: seconds from submission to the end. `retry`: "safe", "idempotent"
        or "never", what a second run would do where the first may have run.
        `cancel_with_task`: whether an asyncio task that is cancelled while it awaits a
        future has its job cancelled on the server. Raises `OptionError`.
        """
        positive_seconds("deadline", deadline)
        try:
            chosen = None if retry is None else Retry(retry)
        except ValueError:
            raise OptionError(
                f"retry must be 'safe', 'idempotent', 'never' or None, not {shown('retry', retry)}"
            ) from None
        limit = self._deadline if deadline is None else deadline
        kind = TaskBoundExecutor if cancel_with_task else ManagedExecutor
        executor = kind(self._connection, self._desk, limit, chosen, owner=self)
        return self._view(executor)

    def _view(self, executor: ManagedExecutor) -> View:
        return View(executor)

    @checked
    def wait(
        self,
        futures: Iterable[Future[Any]],
        timeout: float | None = None,
        return_when: str = ALL_COMPLETED,
        *,
        progress: bool | str | progress_of.Update = False,
    ) -> progress_of.DoneAndNotDone:
        """Wait as `concurrent.futures.wait` does; with `progress`, show how far it is.

        `progress`: true for the best bar that is installed; "tqdm", "rich" or "plain"; a
        function of how many have ended and how many of them failed.
        """
        return progress_of.wait(futures, timeout, return_when, progress=progress)

    def stats(self) -> Stats:
        """Return what it has done so far, and what it does now."""
        desk = self._desk
        engine, counts = desk.poller.engine, desk.news.counts
        hosts = tuple(
            HostStats(
                host.name,
                host.in_flight,
                int(host.window.limit),
                host.queue_time,
                host.down_since is None,
            )
            for host in engine.hosts
        )
        return Stats(
            in_flight=desk.gate.in_use,
            waiting=engine.waiting.count,
            max_in_flight=desk.gate.capacity,
            succeeded=counts.succeeded,
            failed=counts.failed,
            cancelled=counts.cancelled,
            lost=counts.lost,
            requests=engine.requests,
            transport=desk.poller.transport.describe(),
            transport_reason=self._chosen.reason,
            hosts=hosts,
        )

    @checked
    def shutdown(
        self, wait: bool = True, cancel_futures: bool = False, timeout: float | None = None
    ) -> None:
        """Take nothing more; with `wait`, return when everything has ended.

        `cancel_futures` cancels what has not been sent. What has not ended within
        `timeout` seconds ends with `ManagerClosedError`, and is deleted on the server.
        """
        positive_seconds("timeout", timeout)
        self._desk.shutdown(wait=wait, cancel=cancel_futures, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        leave(self._desk, kind=kind, timeout=self._options.shutdown_timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await leave_in_loop(self._desk, kind=kind, timeout=self._options.shutdown_timeout)

    def __repr__(self) -> str:
        """Show the state in one line."""
        gate = self._desk.gate
        state = "closed" if gate.is_closed else "open"
        counts = self._desk.news.counts
        return (
            f"<{type(self).__name__} {self._connection.database} {state}: {gate.in_use} of "
            f"{gate.capacity} in flight, {counts.succeeded} succeeded, {counts.failed} failed, "
            f"{counts.cancelled} cancelled, {counts.lost} lost>"
        )


_DRIVERS = {"arango": "arango_jobs.integrations.python_arango"}


class _ChosenTransport:
    """Makes transports, and knows why they are what they are.

    It outlives the manager, which therefore must not be reached from here.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self.reason = ""
        self._connection = connection
        self._name = name

    def __call__(self) -> Transport:
        sender = self._connection.sender
        settings = NetSettings(
            connect_timeout=sender.timeouts.connect or 10.0, verify=sender.verify
        )
        transport, reason = choose_transport(
            sender.hosts, sender.session, settings, clock=sender.clock
        )
        if reason != self.reason:
            logger.info("%s: %s", self._name, reason)
        self.reason = reason
        return transport


def _engine(hosts: tuple[str, ...], options: ManagerOptions, can_renew: bool) -> Engine:
    return Engine(hosts, options.for_engine(can_renew=can_renew), random.Random())


def _results(
    submit: Callable[..., JobFuture[T]],
    items: Iterable[tuple[Any, ...]],
    timeout: float | None,
    buffersize: int | None,
) -> Iterator[T]:
    """Submit now what may be ahead, and the rest as results are taken."""
    items = iter(items)
    ahead = deque(submit(*item) for item in itertools.islice(items, buffersize))

    def results() -> Iterator[T]:
        try:
            while ahead:
                future = ahead.popleft()
                result = future.result(timeout)
                ahead.extend(submit(*item) for item in itertools.islice(items, 1))
                yield result
        finally:
            for future in ahead:
                future.cancel()

    return results()
