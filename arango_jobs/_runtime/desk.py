"""The desk where operations are handed in: what a manager has, and what its futures know of it.

    take(operation) ─ encode ─ gate ─ JobFuture ─▶ poller

Futures hold the desk and not the manager, so that a manager that nobody holds
any more can be noticed while futures of it are waited for.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import math
import os
import secrets
import threading
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from arango_jobs._core.engine import Engine
from arango_jobs._net.exchange import Transport
from arango_jobs._runtime.delivery import DeliveryThread
from arango_jobs._runtime.future import JobFuture
from arango_jobs._runtime.gate import Gate
from arango_jobs._runtime.journal import Journal
from arango_jobs._runtime.news import News
from arango_jobs._runtime.patching import Threads
from arango_jobs._runtime.poller import Poller
from arango_jobs._wire.signing import Signer
from arango_jobs.clock import Clock
from arango_jobs.errors import (
    InFlightLimitError,
    LedgerError,
    ManagerClosedError,
    ManagerDiedError,
    UnsupportedInContextError,
)
from arango_jobs.logs import logger
from arango_jobs.operations import Operation

__all__ = ["Desk", "DeskParts"]

_EXIT_PATIENCE = 10.0
"""Seconds that the end of the interpreter waits for what is outstanding."""
_TIDY_PATIENCE = 2.0
"""Seconds for deleting on the server what nobody waits for any more."""

_TIDY_GRACE = 0.5
"""Seconds of these that a shutdown waits when its own time is over; the rest go on behind it."""

_AT_ONCE = 25e-6
"""Seconds within which futures count as made at one time."""

_FORK_PATIENCE = 1.0
"""Seconds for which a fork waits for a poller, which may be in a slow decoder."""

_held: list[threading.RLock] = []
_desks: weakref.WeakSet[Desk] = weakref.WeakSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What a desk is built of; the functions make new ones in a forked child."""

    name: str
    clock: Clock
    new_engine: Callable[[], Engine]
    new_transport: Callable[[], Transport]
    signer: Signer
    encode: Callable[[Operation[Any]], bytes]
    dumps: Callable[[Any], bytes]
    loads: Callable[[bytes], Any]
    capacity: int
    blocks: bool
    submit_timeout: float | None
    request_timeout: float
    client_keys: bool
    conflict_retries: int = 0
    journal: Journal | None = None


class Desk:
    """Takes operations in and gives futures."""

    def __init__(self, parts: DeskParts, sender: Callable[[], Any]) -> None:
        self._parts = parts
        self._sender = sender
        self._encode = parts.encode
        self._dumps = parts.dumps
        self._client_keys = parts.client_keys
        self._monotonic = parts.clock.monotonic
        self._build()
        _desks.add(self)

    def _build(self) -> None:
        parts = self._parts
        self._threads = Threads()
        self.gate = Gate(parts.capacity)
        self._at_hand = self.gate.at_hand
        self._acquire = self.gate.acquire
        self._delivery = DeliveryThread(f"{parts.name}-delivery")
        self.news = News(self.gate, self._delivery, self._sender, self._monotonic)
        self.poller = Poller(
            parts.new_engine(),
            parts.new_transport(),
            clock=parts.clock,
            signer=parts.signer,
            encode=parts.dumps,
            loads=parts.loads,
            news=self.news,
            request_timeout=parts.request_timeout,
            conflict_retries=parts.conflict_retries,
            journal=parts.journal,
            refuse=self.gate.close,
            name=f"{parts.name}-poller",
        )
        self._now = -math.inf
        """The time, as it was told last: futures made at about the same share the object."""
        self._keys = itertools.count()
        # A key of ours must be one that nobody else makes: 64 random bits a desk.
        self._prefix = secrets.token_hex(8)

    # ---- taking in

    def take(self, operation: Operation[Any], deadline: float | None = None) -> JobFuture[Any]:
        """Take `operation`, which ends within `deadline` seconds; wait for room where that is due.

        Raises `InFlightLimitError`, `ManagerClosedError` and `JSONEncodeError`; nothing
        has been taken then.
        """
        if deadline is not None or self._client_keys:
            operation = self._prepared(operation, deadline)
        body = operation.body
        if body is None or operation.kind.is_text:
            payload = self._encode(operation)
        else:
            payload = self._dumps(body)
        try:
            del self._at_hand[-1]
        except IndexError:
            # That is so now and then only.
            self.poller.let_catch_up()
            if not self._acquire(1, None, False):
                self._wait_for_room()
        # As `_enter` does, but without the call: Ctrl-C at its beginning would cost the permit.
        future: JobFuture[Any] | None = None
        try:
            now, last = self._monotonic(), self._now
            if now - last < _AT_ONCE:
                now = last
            else:
                self._now = now
            future = JobFuture(operation, self, now, payload)
            if self.news.is_idle:
                self.news.started()
            poller = self.poller
            poller.inbox.append(future if deadline is None else (future, now + deadline))
            if poller.is_asleep:
                self._wake()
        except BaseException:
            self._taken_back(future)
            raise
        return future

    async def take_async(
        self, operation: Operation[Any], deadline: float | None = None
    ) -> JobFuture[Any]:
        """Do as `take` without ever blocking the running loop."""
        return await self.take_encoded_async(*self.encoded(operation, deadline), deadline)

    def encoded(
        self, operation: Operation[Any], deadline: float | None
    ) -> tuple[Operation[Any], bytes]:
        """Return what is sent for `operation`, with its body; raise `JSONEncodeError`."""
        operation = self._prepared(operation, deadline)
        return operation, self._encode(operation)

    def take_encoded(
        self, operation: Operation[Any], payload: bytes, deadline: float | None
    ) -> JobFuture[Any]:
        """Do as `take` for what is encoded already."""
        if not self._acquire(1, None, False):
            self._wait_for_room()
        return self._enter(operation, payload, deadline)

    async def take_encoded_async(
        self, operation: Operation[Any], payload: bytes, deadline: float | None
    ) -> JobFuture[Any]:
        """Do as `take_async` for what is encoded already."""
        if not await self.gate.acquire_async(1, self._parts.submit_timeout):
            raise self._full()
        return self._enter(operation, payload, deadline)

    def _enter(
        self, operation: Operation[Any], payload: bytes, deadline: float | None
    ) -> JobFuture[Any]:
        future: JobFuture[Any] | None = None
        try:
            now = self._monotonic()
            future = JobFuture(operation, self, now, payload)
            if self.news.is_idle:
                self.news.started()
            if self.poller.is_asleep:
                self._check_threads()
            self.poller.submit(future, None if deadline is None else now + deadline)
        except BaseException:
            self._taken_back(future)
            raise
        return future

    def _wake(self) -> None:
        self._check_threads()
        self.poller.wake()

    def _check_threads(self) -> None:
        if self._threads.are_replaced():
            raise UnsupportedInContextError(
                f"{self.describe()} was made before gevent or eventlet replaced the threads of the "
                "standard library, and would block every greenlet; call monkey.patch_all() first "
                "and make the manager after it, with gunicorn --preload in each worker"
            )

    def _taken_back(self, future: JobFuture[Any] | None) -> None:
        """Give the permit of a submission back that was interrupted, or found no thread."""
        if future is None:
            self.gate.release()
        else:
            # If it is on its way already, it ends like any other, though nobody has it.
            future.cancel()

    def _prepared(self, operation: Operation[Any], deadline: float | None) -> Operation[Any]:
        kind = operation.kind
        if self._client_keys and kind.name == "document.insert" and "_key" not in operation.body:
            key = f"{self._prefix}{next(self._keys):x}"
            body, retry = {**operation.body, "_key": key}, operation.effective_retry
            return replace(operation, body=body, key=key, retry=retry, made_key=True)
        if deadline is not None and kind.is_query and isinstance(operation.body, dict):
            return replace(operation, body=_with_runtime(operation.body, deadline))
        return operation

    def _wait_for_room(self) -> None:
        gate, parts = self.gate, self._parts
        self.news.saturated(gate.in_use, gate.capacity)
        if not parts.blocks or not gate.acquire(1, parts.submit_timeout):
            raise self._full()

    def _full(self) -> InFlightLimitError:
        gate, timeout = self.gate, self._parts.submit_timeout
        waited = "" if timeout is None or not self._parts.blocks else f" after {timeout:g} s"
        return InFlightLimitError(
            f"{self.describe()}: {gate.in_use} operations are in flight, the limit is "
            f"{gate.capacity}{waited}; wait for some of them or raise max_in_flight"
        )

    # ---- what an earlier process has left: whoever calls these hands it in to the poller

    def unadmitted(self, operation: Operation[Any], payload: bytes) -> JobFuture[Any]:
        """Return a future for an operation that is encoded already."""
        future: JobFuture[Any] = JobFuture(operation, self, self._monotonic(), payload)
        return future

    def has_room(self, count: int = 1) -> bool:
        """Take `count` permits, if that needs no waiting; say whether it has them."""
        if not self._acquire(count, None, False):
            return False
        if self.news.is_idle:
            self.news.started()
        return True

    def wait_for_room(self) -> None:
        """Take one permit, or raise, as for an operation that is handed in."""
        self._wait_for_room()
        if self.news.is_idle:
            self.news.started()

    # ---- what futures ask of their owner

    def note_cancelled(self, future: JobFuture[Any]) -> None:
        """Learn that a future was cancelled before it was sent."""
        journal = self._parts.journal
        if journal is not None:
            journal.cancelled(future)
            self.poller.wake()
        self.news.cancelled_before_sent(future)

    def deliver(self, future: JobFuture[Any], callbacks: tuple[Any, ...]) -> None:
        """Have `callbacks` called on the delivery thread."""
        self._delivery.put_all([(callback, (future,)) for callback in callbacks])

    def ask_to_cancel(self, future: JobFuture[Any], timeout: float | None) -> None:
        """Cancel `future`, or ask the server to; do not wait for what comes of it."""
        if not future.cancel() and not future.done():
            self.poller.call(lambda now: self.poller.engine.cancel(future, timeout, now))

    def was_sent(self, future: JobFuture[Any]) -> bool:
        """Say whether `future`, which was cancelled, had been sent by then."""
        return future.was_running()

    def is_io_thread(self) -> bool:
        """Say whether the calling thread is the one that ends futures."""
        return self.poller.is_current()

    def describe(self) -> str:
        """Name it in an error message."""
        return self._parts.name

    # ---- the end

    def close(self) -> None:
        """Take nothing more in; the thread ends when everything has ended."""
        self.gate.close(ManagerClosedError(f"{self.describe()} has been shut down"))
        self.poller.close_when_idle()

    def shutdown(self, *, wait: bool, cancel: bool, timeout: float | None) -> None:
        """Close; `cancel` what has not been sent; `wait` at most `timeout` seconds for the rest.

        What has not ended by then ends with `ManagerClosedError`, and is deleted on the server.
        """
        end = None if timeout is None else self._monotonic() + timeout
        self.close()
        if cancel:
            self.poller.call(lambda _now: self.poller.cancel_waiting())
        if not wait:
            return
        gate = self.gate
        if timeout is not None and not gate.wait_empty(timeout):
            logger.warning(
                "%s: %d operations had not ended within %g s", self.describe(), gate.in_use, timeout
            )
            self._end_late(timeout)
        elif timeout is None:
            gate.wait_empty(None)
        self._end_threads(None if end is None else end - self._monotonic())

    def ends_within(self, timeout: float) -> bool:
        """Close, cancel what has not been sent, and say whether the rest ends in time."""
        self.shutdown(wait=False, cancel=True, timeout=None)
        return self.gate.wait_empty(timeout)

    def stop_all(self, timeout: float) -> None:
        """Cancel what has not been sent, and ask the server to cancel the rest; do not wait."""
        self.poller.call(lambda now: self.poller.stop_all(timeout, now))

    def end_all(self, timeout: float) -> None:
        """End what had not ended within `timeout` seconds; do not wait."""
        error = ManagerClosedError(
            f"{self.describe()} was shut down; it had not ended within {timeout:g} s"
        )
        self.poller.call(lambda now: self.poller.end_all(error, now))

    def _end_late(self, timeout: float) -> None:
        self.end_all(timeout)
        self.gate.wait_empty(_TIDY_PATIENCE)

    def _end_threads(self, left: float | None = None) -> None:
        """End the threads, or leave the poller's to tidy up where `left` seconds are too few."""
        patience = _TIDY_PATIENCE
        if left is not None:
            patience = min(patience, max(_TIDY_GRACE, left))
        if not self.poller.join(patience):
            if left is None:
                self.poller.stop(patience)
            else:
                self.poller.stop_after(_TIDY_PATIENCE)
        self._delivery.stop(patience)
        self._delivery.run_rest()

    def at_exit(self) -> None:
        """Wait a while for what is outstanding at the end of the interpreter."""
        count = self.gate.in_use
        if not count:
            self.close()
            self._end_threads()
            return
        name = self.describe()
        _warn(
            f"{name}: {count} operations are outstanding at exit; "
            f"waiting for them for up to {_EXIT_PATIENCE:g} s"
        )
        self.close()
        if not self.gate.wait_empty(_EXIT_PATIENCE):
            _warn(f"{name}: {self.gate.in_use} operations had not ended by then")
            self._end_late(_EXIT_PATIENCE)
        self._end_threads()

    def after_fork(self) -> None:
        """Start afresh in a forked child; what was open there is the parent's."""
        reason = f"{self.describe()} belongs to the parent process; this is a forked child"
        for future in self.poller.open_futures():
            future.abandon(ManagerDiedError(reason))
        is_closed = self.gate.is_closed
        journal = self._parts.journal
        if journal is not None:
            journal.abandon()
            self._parts = replace(self._parts, journal=None)
        self._build()
        if journal is not None:
            self.gate.close(LedgerError(f"{self.describe()}: its ledger is the parent process's"))
        if is_closed:
            self.close()


def _with_runtime(body: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Return the query with the deadline as its `maxRuntime`, where it has no smaller one."""
    options = dict(body.get("options") or {})
    own = options.get("maxRuntime")
    options["maxRuntime"] = deadline if not own else min(own, deadline)
    return {**body, "options": options}


def _warn(message: str) -> None:
    """Say it to whoever listens at the end: handlers of the log are often gone by then."""
    logger.warning("%s", message)
    with contextlib.suppress(RuntimeWarning):
        warnings.warn(message, RuntimeWarning, stacklevel=2)


def _at_exit() -> None:
    for desk in list(_desks):
        desk.at_exit()


def _before_fork() -> None:
    """Let rounds that are under way end: the child must find every open future."""
    for desk in list(_desks):
        if desk.poller.working.acquire(timeout=_FORK_PATIENCE):
            _held.append(desk.poller.working)


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop().release()


def _after_fork() -> None:
    _held.clear()
    for desk in list(_desks):
        desk.after_fork()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork
    )
