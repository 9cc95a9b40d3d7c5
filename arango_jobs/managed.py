"""The managed context: each call of a wrapper becomes a `JobFuture`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TypeVar

from arango_jobs._runtime.attachment import Callbacks
from arango_jobs._runtime.desk import Desk
from arango_jobs._runtime.future import JobFuture
from arango_jobs.api.connection import Connection
from arango_jobs.api.several import Outcome, Several
from arango_jobs.operations import Operation, Retry

__all__ = ["ManagedExecutor", "TaskBoundExecutor"]

T = TypeVar("T")


class ManagedExecutor:
    """Hands operations to a manager's desk, with the options of this handle."""

    context = "managed"

    def __init__(
        self,
        connection: Connection,
        desk: Desk,
        deadline: float | None = None,
        retry: Retry | None = None,
        *,
        owner: object = None,
    ) -> None:
        # A manager ends when nobody holds it: who holds a handle of it does.
        self._owner = owner
        self.connection = connection
        self.desk = desk
        self.deadline = deadline
        self._retry = retry
        self._take = desk.take

    def execute(self, operation: Operation[T] | Several[T]) -> JobFuture[T]:
        """Take the operation in; waits for room where the manager is told to."""
        if type(operation) is Several:
            # Encoded before the first of them is taken in: the call takes all of them or none.
            encoded = self._encoded(operation)
            parts = [self.desk.take_encoded(*each, self.deadline) for each in encoded]
            return _joined(operation, parts)
        if self._retry is not None:
            operation = self._with_retry(operation)  # type: ignore[arg-type]  # it is no Several
        return self._take(operation, self.deadline)  # type: ignore[arg-type]  # it is no Several

    async def execute_async(self, operation: Operation[T] | Several[T]) -> JobFuture[T]:
        """Do as `execute` without ever blocking the running loop."""
        desk = self.desk
        if isinstance(operation, Several):
            encoded = self._encoded(operation)
            parts = [await desk.take_encoded_async(*each, self.deadline) for each in encoded]
            return _joined(operation, parts)
        return await desk.take_async(self._with_retry(operation), self.deadline)

    def _encoded(self, several: Several[Any]) -> list[tuple[Operation[Any], bytes]]:
        return [
            self.desk.encoded(self._with_retry(each), self.deadline) for each in several.operations
        ]

    def _with_retry(self, operation: Operation[Any]) -> Operation[Any]:
        return operation if self._retry is None else operation.with_retry(self._retry)


class TaskBoundExecutor(ManagedExecutor):
    """Gives futures whose jobs are cancelled with the task that awaits them."""

    def execute(self, operation: Operation[T] | Several[T]) -> JobFuture[T]:
        """Take the operation in; waits for room where the manager is told to."""
        return _bound(super().execute(operation))

    async def execute_async(self, operation: Operation[T] | Several[T]) -> JobFuture[T]:
        """Do as `execute` without ever blocking the running loop."""
        return _bound(await super().execute_async(operation))


def _bound(future: JobFuture[T]) -> JobFuture[T]:
    future.cancels_with_task = True
    return future


def _joined(several: Several[T], parts: Sequence[JobFuture[Any]]) -> JobFuture[T]:
    """Return one future for all of `parts`, which ends when the last of them has."""
    if not parts:
        whole: JobFuture[T] = JobFuture()
        _join(whole, several, parts)
        return whole
    whole = JobFuture(owner=_Parts(parts))
    left = _Countdown(len(parts))

    def one_has_ended(_part: object) -> None:
        if left.is_last():
            _join(whole, several, parts)

    whole.start()
    for part in parts:
        part.add_done_callback(one_has_ended)
    return whole


class _Parts:
    """What owns the future of several operations: their own futures."""

    def __init__(self, parts: Sequence[JobFuture[Any]]) -> None:
        self._parts = parts
        owner = parts[0].owner
        assert owner is not None
        self._owner = owner

    def note_cancelled(self, future: JobFuture[Any]) -> None:
        """Have nothing to do: it is running from the start."""

    def deliver(self, future: JobFuture[Any], callbacks: Callbacks) -> None:
        """Have `callbacks` called where those of the parts are."""
        self._owner.deliver(future, callbacks)

    def ask_to_cancel(self, future: JobFuture[Any], timeout: float | None) -> None:
        """Cancel every part."""
        for part in self._parts:
            self._owner.ask_to_cancel(part, timeout)

    def was_sent(self, future: JobFuture[Any]) -> bool:
        """Say whether any part had been sent."""
        return any(map(self._owner.was_sent, self._parts))

    def is_io_thread(self) -> bool:
        """Say whether the calling thread is the one that ends futures."""
        return self._owner.is_io_thread()

    def describe(self) -> str:
        """Name the manager."""
        return self._owner.describe()


class _Countdown:
    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()

    def is_last(self) -> bool:
        with self._lock:
            self._count -= 1
            return self._count == 0


def _join(whole: JobFuture[T], several: Several[T], parts: Sequence[JobFuture[Any]]) -> None:
    if parts and all(part.cancelled() for part in parts):
        whole.end_cancelled()
        return
    try:
        whole.end_with_result(several.join([_outcome(part) for part in parts]))
    except BaseException as error:  # noqa: BLE001  the future gets it
        whole.end_with_error(error)


def _outcome(part: JobFuture[Any]) -> Outcome:
    if part.cancelled():
        return Outcome(was_sent=False)
    error = part.exception()
    if error is None:
        return Outcome(part.result())
    if isinstance(error, Exception):
        return Outcome(error=error)
    raise error
