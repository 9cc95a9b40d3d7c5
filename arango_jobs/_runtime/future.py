"""`JobFuture`: a `concurrent.futures.Future` that costs a tenth of one.

    user's thread                       poller's thread
    JobFuture() ─ PENDING               start() / start_all() ─▶ RUNNING
    cancel() ──▶ CANCELLED_AND_…        end_…() / end_all_with_results() ─▶ FINISHED

Nothing here knows the engine or the job protocol, starts a thread or reads a clock.

One lock guards the states of all futures and what is attached to them, and
nobody waits, calls or tells while holding it. An attachment is installed under
it and never taken away, so a change that finds none is finished before anybody
can begin to wait, and whoever waits later sees the change.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError, TimeoutError
from concurrent.futures import wait as wait_for
from concurrent.futures._base import (
    CANCELLED,
    CANCELLED_AND_NOTIFIED,
    FINISHED,
    PENDING,
    RUNNING,
)
from types import FunctionType
from typing import Any, NoReturn, Protocol, TypeVar

from arango_jobs._runtime.attachment import CLOSED, Attachment, Callback, Callbacks, tell
from arango_jobs._runtime.bell import lock as _lock
from arango_jobs._runtime.in_loop import in_running_loop, is_callback, wait_in_loop
from arango_jobs.checking import checked
from arango_jobs.errors import UnsupportedInContextError
from arango_jobs.logs import user_code_logger
from arango_jobs.operations import Operation, OperationKind, Retry
from arango_jobs.signals import Timings

__all__ = [
    "CancelOutcome",
    "FutureOwner",
    "JobFuture",
    "JobView",
    "end_all_with_results",
    "start_all",
]

T = TypeVar("T")

# Callbacks of a future without an owner are the standard library's affair, its logger included.
_futures_logger = logging.getLogger("concurrent.futures")

_WAITING = (PENDING,)
_OPEN = (RUNNING, PENDING)
_CANCELLED = (CANCELLED, CANCELLED_AND_NOTIFIED)
_ENDED = (*CLOSED, CANCELLED)

# A future with callbacks must live until they are called, also where nobody else holds it.
_kept: set[JobFuture[Any]] = set()


_WAS_RUNNING = object()
"""Stands in the place of a result where a future was cancelled after it had been sent."""


class _Raised:
    """An error, where else the result is."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class CancelOutcome(enum.Enum):
    """What became of an attempt to cancel a job on the server."""

    CANCELLED = "cancelled"
    """The server confirmed it."""
    NOT_SENT = "not sent"
    """It was cancelled before it was sent."""
    FINISHED = "finished"
    """It had ended, or ended with its own result."""
    UNKNOWN = "unknown"
    """No word came within the timeout."""


class JobView(Protocol):
    """What a future shows of the engine's record."""

    @property
    def job_id(self) -> str | None:
        """The server's id, once it gave one."""

    @property
    def host_name(self) -> str:
        """Where it was sent."""

    @property
    def timings(self) -> tuple[float | None, float | None, float | None, float | None]:
        """When it was submitted, sent, accepted and resolved, on the owner's clock."""


class FutureOwner(Protocol):
    """What a future needs of whoever made it. No method may wait for a lock of the user's."""

    def note_cancelled(self, future: JobFuture[Any]) -> None:
        """Learn that a future was cancelled before it was sent.

        It may never come when a second Ctrl-C strikes: `start()` saying False tells the same.
        """

    def deliver(self, future: JobFuture[Any], callbacks: Callbacks) -> None:
        """Have `callbacks` called with `future` on a thread of its own."""

    def ask_to_cancel(self, future: JobFuture[Any], timeout: float | None) -> None:
        """Cancel `future` wherever it is by now, without waiting for the server's word.

        The server is asked for at most `timeout` seconds, or a short default.
        """

    def was_sent(self, future: JobFuture[Any]) -> bool:
        """Say whether anything of `future`, which was cancelled, had been sent by then."""

    def is_io_thread(self) -> bool:
        """Say whether the calling thread is the one that ends futures."""

    def describe(self) -> str:
        """Name it in an error message."""


class JobFuture(Future[T]):
    """The outcome of one operation, as a `concurrent.futures.Future` that can be awaited.

    `cancel()` works until the operation has been sent; afterwards it returns
    False and the operation goes on. So it does when a task that awaits the
    future is cancelled. `cancel_on_server` asks the server.
    """

    # They shadow every attribute of the base, whose __dict__ so is made for a `number` only.
    cancels_with_task: bool = False
    """Whether a task that is cancelled while it awaits this has the job cancelled; set where so."""

    __slots__ = (
        "_attachment",
        "_born",
        "_result",
        "body",
        "job",
        "key",
        "kind",
        "owner",
        "particular",
        "payload",
        "state",
    )

    def __init__(
        self,
        operation: Operation[T] | None = None,
        owner: FutureOwner | None = None,
        born: float = 0.0,
        payload: bytes | None = None,
    ) -> None:
        self.particular: Operation[T] | None
        """What it is the future of, where that cannot be told from the parts kept here."""
        self.kind: OperationKind[T] | None
        self.key: str | None
        self.body: Any
        self.number: int
        """What the journal calls it; set by that, where there is one."""
        # The base's __init__ would make the Condition that this class does without.
        self.state = PENDING
        self._result: Any = None
        self._attachment: Attachment | None = None
        self._born = born
        self.owner = owner
        self.job: JobView | None = None
        self.payload = payload
        """The encoded body, until it is not needed any more."""
        if operation is None:
            self.kind = self.key = self.body = self.particular = None
            return
        # A second object that lives as long costs more in the garbage collector than all of
        # this, so an operation that can be told from its parts is not kept.
        self.kind = operation.kind
        self.key = key = operation.key
        self.body = operation.body
        is_plain = key is None or (operation.is_keyless and not operation.made_key)
        is_plain = is_plain and operation.retry is None and not operation.headers
        self.particular = None if is_plain else operation

    # What the standard library reaches for.

    @property
    def _state(self) -> str:
        """The state, as the thread that asks saw it when it acquired the condition."""
        # The state first: where it tells of an end, the attachment does so too.
        state, attachment = self.state, self._attachment
        if attachment is None or not attachment.is_over or not attachment.is_unseen():
            return state
        return RUNNING

    @_state.setter
    def _state(self, state: str) -> None:
        self.state = state

    @property
    def _exception(self) -> BaseException | None:
        """Its error. It is kept in the place of a result, as there is either none or one."""
        result = self._result
        return result.error if type(result) is _Raised else None

    @_exception.setter
    def _exception(self, error: BaseException | None) -> None:
        if error is not None:
            self._result = _Raised(error)
        elif type(self._result) is _Raised:
            self._result = None

    @property
    def _condition(self) -> Attachment:  # type: ignore[override]  # as much of one as is used
        attachment = self._attachment
        if attachment is not None:
            return attachment
        with _lock:
            if self._attachment is None:
                self._attachment = Attachment()
            return self._attachment

    @property
    def _waiters(self) -> Attachment:  # type: ignore[override]  # as much of a list as is used
        return self._condition

    @property
    def _done_callbacks(self) -> list[Callback]:
        return list(self._condition.callbacks)

    # What a job adds.

    @property
    def operation(self) -> Operation[T] | None:
        """What it is the future of; without the body once that has succeeded."""
        if self.particular is not None or self.kind is None:
            return self.particular
        return Operation(self.kind, self.body, self.key, (), True)

    @property
    def retry(self) -> Retry | None:
        """Whether it may be repeated, where somebody has said so."""
        return None if self.particular is None else self.particular.retry

    @property
    def job_id(self) -> str | None:
        """The server's id of the job, `None` until it was accepted."""
        return None if self.job is None else self.job.job_id

    @property
    def host(self) -> str | None:
        """Where it was sent, `None` until a host was chosen."""
        return None if self.job is None else self.job.host_name

    @property
    def timings(self) -> Timings:
        """When its steps happened, in seconds since the future was made (to 25 µs)."""
        if self.job is None:
            return Timings()
        born = self._born
        submitted, sent, accepted, resolved = self.job.timings
        return Timings(
            None if submitted is None else submitted - born,
            None if sent is None else sent - born,
            None if accepted is None else accepted - born,
            None if resolved is None else resolved - born,
        )

    def seconds_until(self, moment: float) -> float:
        """Return the seconds from when it was made to `moment`, on the owner's clock."""
        return moment - self._born

    @checked
    def cancel_on_server(self, timeout: float | None = None) -> CancelOutcome:
        """Cancel wherever it is by now; wait at most `timeout` seconds for the server's word."""
        if not self._ask_to_cancel(timeout):
            wait_for([self], timeout)
        return self._cancel_outcome()

    @checked
    async def acancel_on_server(self, timeout: float | None = None) -> CancelOutcome:
        """Do as `cancel_on_server` in a running event loop, which is never blocked.

        A task that is cancelled in here stops waiting; what was asked of the server stays asked.
        """
        if not self._ask_to_cancel(timeout):
            await wait_in_loop(self, timeout)
        return self._cancel_outcome()

    def _ask_to_cancel(self, timeout: float | None) -> bool:
        """Begin to cancel; say whether there is nothing to wait for."""
        if self.owner is None:
            self.cancel()
            return True
        if not self.done():
            self.owner.ask_to_cancel(self, timeout)
        return self.done()

    def _cancel_outcome(self) -> CancelOutcome:
        if not self.done():
            return CancelOutcome.UNKNOWN
        if not self.cancelled():
            return CancelOutcome.FINISHED
        was_sent = self.owner is not None and self.owner.was_sent(self)
        return CancelOutcome.CANCELLED if was_sent else CancelOutcome.NOT_SENT

    # Reading. A state is read without a lock: the outcome is stored before it.

    def cancelled(self) -> bool:
        """Return True if it was cancelled."""
        return self.state in _CANCELLED

    def running(self) -> bool:
        """Return True if it was sent and has not ended."""
        return self.state is RUNNING

    def done(self) -> bool:
        """Return True if it has ended, in whatever way."""
        return self.state in _ENDED

    def result(self, timeout: float | None = None) -> T:
        """Return the operation's result or raise its error; wait at most `timeout` seconds.

        Raises `concurrent.futures.TimeoutError` or `CancelledError` where that is what happened.
        """
        if self.state is not FINISHED:
            self._wait(timeout)
        result = self._result
        if type(result) is not _Raised:
            return result  # type: ignore[no-any-return]  # the base says Any
        try:
            raise result.error
        finally:
            # The error's traceback holds this frame: do not let the frame hold the error.
            self = result = None  # type: ignore[assignment]

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return the operation's error, `None` if it succeeded; otherwise as `result`."""
        if self.state is not FINISHED:
            self._wait(timeout)
        return self._exception

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for it in an asyncio task."""
        if self.cancels_with_task:
            return self._await_or_cancel()
        return asyncio.wrap_future(self).__await__()

    def _await_or_cancel(self) -> Generator[Any, None, T]:
        try:
            return (yield from asyncio.wrap_future(self).__await__())
        except asyncio.CancelledError:
            self._ask_to_cancel(None)
            raise

    def add_done_callback(self, fn: Callback) -> None:
        """Have `fn(self)` called when it ends: on the manager's delivery thread, or now if it has.

        In the order in which they were added. What `fn` raises is logged.
        """
        # What `asyncio.wait` attaches belongs into its loop, and does not get there by itself.
        if type(fn) is FunctionType and fn.__module__ == "asyncio.tasks":
            fn = in_running_loop(fn)
        if self.state not in _ENDED:
            attachment = self._condition
            with _lock:
                if self.state not in _ENDED:
                    attachment.callbacks += (fn,)
                    if self.owner is not None:
                        _kept.add(self)
                    return
        self._call(fn)

    def remove_done_callback(self, fn: Callback) -> int:
        """Have `fn` not called any more; return how often it had been added.

        One that is on its way to the delivery thread is called all the same.
        """
        if self._attachment is None:
            return 0
        with _lock:
            before = self._attachment.callbacks
            left = tuple(one for one in before if not is_callback(one, fn))
            self._attachment.callbacks = left
            if not left:
                _kept.discard(self)
        return len(before) - len(left)

    # Changing, by the user.

    def cancel(self) -> bool:
        """Cancel it if it has not been sent; say whether it is cancelled."""
        owner = self.owner
        # With an owner nobody needs to come by and notify: it ends here and now.
        state = CANCELLED if owner is None else CANCELLED_AND_NOTIFIED
        if not self._move(_WAITING, state, None, None):
            return self.state in _CANCELLED
        if owner is not None:
            owner.note_cancelled(self)
        return True

    # Changing, by the poller. None of these raises or runs user code where there is an owner.

    def start(self) -> bool:
        """Mark it as sent; say False if it was cancelled before."""
        with _lock:
            if self.state is PENDING:
                self.state = RUNNING
                return True
        self._move((CANCELLED,), CANCELLED_AND_NOTIFIED, None, None)
        return False

    def end_with_result(self, value: T) -> bool:
        """End it with `value`; say whether it was this call that ended it."""
        return self._move(_OPEN, FINISHED, value, None)

    def end_with_error(self, error: BaseException) -> bool:
        """End it with `error`; say whether it was this call that ended it."""
        return self._move(_OPEN, FINISHED, None, error)

    def end_cancelled(self) -> bool:
        """End it as cancelled, also when it was sent; say whether it was this call that did."""
        return self._move(_OPEN, CANCELLED_AND_NOTIFIED, _WAS_RUNNING, None)

    def was_running(self) -> bool:
        """Return True if it was cancelled after it had been sent."""
        return self._result is _WAS_RUNNING

    def abandon(self, error: BaseException) -> None:
        """End it with `error` in a forked child: no lock of the parent's is touched.

        Callbacks are dropped; they are the parent's, and so is the loop that some belong to.
        """
        _kept.discard(self)
        if self.state in _ENDED:
            return
        if self._attachment is not None:
            self._attachment.renew()
        self._move(_OPEN, FINISHED, None, error)

    # The standard library's names for the same.

    def set_running_or_notify_cancel(self) -> bool:
        """Do as `start()`, but raise if it was started or has ended already."""
        if self.state not in (PENDING, CANCELLED):
            raise RuntimeError(f"{self!r} cannot be started a second time")
        return self.start()

    def set_result(self, result: T) -> None:
        """Do as `end_with_result`, but raise `InvalidStateError` if it has ended already."""
        if not self.end_with_result(result):
            raise InvalidStateError(f"{self.state}: {self!r}")

    def set_exception(self, exception: BaseException | None) -> None:
        """Do as `end_with_error`, but raise `InvalidStateError` if it has ended already."""
        if not self._move(_OPEN, FINISHED, None, exception):
            raise InvalidStateError(f"{self.state}: {self!r}")

    # How it is done.

    def _move(
        self, allowed: tuple[str, ...], state: str, result: Any, error: BaseException | None
    ) -> bool:
        """Go to `state` if now in one of `allowed`; say whether that was so."""
        # No line between the check of the state and its change calls anything, so no signal
        # handler or finalizer runs there.
        with _lock:
            if self.state not in allowed:
                return False
            self._result = result if error is None else _Raised(error)
            attachment = self._attachment
            if attachment is None:
                self.state = state
                return True
            is_closed = state in CLOSED
            attachment.is_over = is_closed
            self.state = state
            waiters = attachment.end(self) if is_closed else ()
            attachment.wake()
            callbacks, attachment.callbacks = attachment.callbacks, ()
        if waiters:
            tell(waiters, self)
        if callbacks:
            self._deliver(callbacks)
        return True

    def _deliver(self, callbacks: Callbacks) -> None:
        owner = self.owner
        if owner is None:
            raised: BaseException | None = None
            for callback in callbacks:
                try:
                    self._call(callback)
                except BaseException as error:  # noqa: BLE001  it waits until all were called
                    raised = error
            if raised is not None:
                raise raised
            return
        _kept.discard(self)
        try:
            owner.deliver(self, callbacks)
        except Exception:  # noqa: BLE001  nothing may escape into the poller
            user_code_logger.exception("callbacks of %r could not be delivered", self)

    def _call(self, callback: Callback) -> None:
        try:
            callback(self)
        except Exception:
            log = _futures_logger if self.owner is None else user_code_logger
            log.exception("exception calling callback for %r", self)

    def _wait(self, timeout: float | None) -> None:
        """Wait until it is finished; raise if it is not."""
        if self.state not in _ENDED and (timeout is None or timeout > 0):
            self._refuse_deadlock()
            self._condition.sleep(self.done, timeout)
        if self.state is FINISHED:
            return
        if self.state in _CANCELLED:
            raise CancelledError(f"{self._name} was cancelled")
        raise TimeoutError(f"{self._name} has not ended within {timeout} s")

    def _refuse_deadlock(self) -> None:
        owner = self.owner
        if owner is not None and owner.is_io_thread():
            raise UnsupportedInContextError(
                f"{self._name} cannot be waited for on the thread that would end it "
                f"({owner.describe()}); give its future a callback instead"
            )

    @property
    def _name(self) -> str:
        return "the operation" if self.kind is None else self.kind.name

    def __repr__(self) -> str:
        """Show state, operation and job, never what it carries."""
        state = self.state.partition("_")[0].lower()
        if self.state is FINISHED:
            error = self._exception
            outcome = ("returned", self._result) if error is None else ("raised", error)
            state = f"{state} {outcome[0]} {type(outcome[1]).__name__}"
        name = "" if self.kind is None else f" {self.kind.name}"
        job = "" if self.job_id is None else f" job={self.job_id}"
        return f"<{type(self).__name__} at {id(self):#x} state={state}{name}{job}>"

    def __reduce__(self) -> NoReturn:
        """Refuse: its outcome arrives in this process."""
        raise TypeError("a JobFuture cannot be pickled or copied; pickle its result instead")


def start_all(futures: Sequence[JobFuture[Any]]) -> list[JobFuture[Any]]:
    """Do `start()` for each, the lock taken once; return those that were started, in order."""
    others = []
    with _lock:
        for future in futures:
            if future.state is PENDING:
                future.state = RUNNING
            else:
                others.append(future)
    refused = {future for future in others if not future.start()}
    return [one for one in futures if one not in refused] if refused else list(futures)


def end_all_with_results(
    futures: list[JobFuture[Any]], values: Iterable[Any]
) -> list[JobFuture[Any]]:
    """Do `end_with_result()` for each pair, the lock taken once; return those that it ended."""
    before = set()
    attached = []
    with _lock:
        for future, value in zip(futures, values, strict=True):
            if future.state not in _OPEN:
                before.add(future)
                continue
            future._result = value
            attachment = future._attachment
            if attachment is None:
                future.state = FINISHED
            else:
                attachment.is_over = True
                future.state = FINISHED
                attached.append((future, attachment.end(future), attachment.callbacks))
                attachment.callbacks = ()
                if attachment.sleepers:
                    attachment.wake()
    for future, waiters, callbacks in attached:
        for waiter in waiters:
            waiter.add_result(future)
        if callbacks:
            future._deliver(callbacks)
    return [one for one in futures if one not in before] if before else futures
