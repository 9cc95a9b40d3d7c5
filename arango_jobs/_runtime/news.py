"""What the world is told: permits back to the gate, counts, signals, on the delivery thread.

Records are made only where somebody listens, and there where they are sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures._base import (
    CANCELLED,
    CANCELLED_AND_NOTIFIED,
    FINISHED,
    PENDING,
    RUNNING,
)
from typing import Any

from blinker import Signal

from arango_jobs import signals
from arango_jobs._core.actions import WindowChange
from arango_jobs._runtime.delivery import DeliveryThread
from arango_jobs._runtime.endings import Ended, Futures
from arango_jobs._runtime.future import JobFuture
from arango_jobs._runtime.gate import Gate

__all__ = ["Counts", "News"]


_STATES = {
    PENDING: "pending",
    RUNNING: "running",
    CANCELLED: "cancelled",
    CANCELLED_AND_NOTIFIED: "cancelled",
    FINISHED: "finished",
}
"""The states of the standard library's futures, as records name them."""


class Counts:
    """How the operations of a manager have ended."""

    __slots__ = ("cancelled", "failed", "lost", "succeeded")

    def __init__(self) -> None:
        self.succeeded = 0
        self.failed = 0
        self.cancelled = 0
        self.lost = 0

    def copy(self) -> Counts:
        """Return what they are now."""
        copy = Counts()
        for name in self.__slots__:
            setattr(copy, name, getattr(self, name))
        return copy


class News:
    """Tells of what happened. `sender` gives the manager, `None` once it is gone."""

    def __init__(
        self,
        gate: Gate,
        delivery: DeliveryThread,
        sender: Callable[[], Any],
        monotonic: Callable[[], float],
    ) -> None:
        self.counts = Counts()
        # For what users' threads count too; reentrant, as a signal handler may cancel.
        self._counting = threading.RLock()
        self._gate = gate
        self._delivery = delivery
        self._sender = sender
        self._monotonic = monotonic
        self._before = Counts()
        self._busy_since = 0.0
        self.is_idle = True
        """Whether nothing has been outstanding since `drained`."""

    @property
    def outstanding(self) -> int:
        """How many operations were let in and have not ended."""
        return self._gate.in_use

    def started(self) -> None:
        """Note that something is outstanding from now on."""
        self._busy_since = self._monotonic()
        self.is_idle = False

    @property
    def tells_submitted(self) -> bool:
        """Whether anybody may listen to `submitted`."""
        return bool(signals.job_submitted.receivers)

    def submitted(self, futures: Sequence[JobFuture[Any]]) -> None:
        """Tell that the server has accepted the job of `futures`."""
        self._announce(signals.job_submitted, futures)

    def ended(self, ended: Ended) -> None:
        """Tell how futures have ended; their permits are free again."""
        counts = self.counts
        count = ended.count
        if count == 0:
            return
        counts.succeeded += len(ended.succeeded)
        self._announce(signals.job_succeeded, ended.succeeded)
        if count != len(ended.succeeded):
            counts.failed += len(ended.failed)
            counts.lost += len(ended.lost)
            with self._counting:
                counts.cancelled += len(ended.cancelled)
            self._announce(signals.job_failed, ended.failed)
            self._announce(signals.job_cancelled, ended.cancelled)
            self._announce(signals.job_lost, ended.lost)
        self._gate.release(count)

    def cancelled_before_sent(self, future: JobFuture[Any]) -> None:
        """Tell that the user has cancelled `future`; its permit is free again."""
        with self._counting:
            self.counts.cancelled += 1
        self._announce(signals.job_cancelled, [future])
        self._gate.release(1)

    def window_changed(self, change: WindowChange, host: str) -> None:
        """Tell that a host takes more or fewer jobs."""
        record = signals.WindowRecord(host, change.limit, change.reason, change.queue_time)
        self._send(signals.window_changed, record)

    def saturated(self, in_flight: int, limit: int) -> None:
        """Tell that a submission has to wait, or was refused."""
        self._send(signals.saturated, signals.SaturatedRecord(in_flight, limit))

    def close(self) -> None:
        """Let the delivery thread end when it has told all: nothing can happen any more."""
        self._delivery.stop(0.0)

    def drained(self) -> None:
        """Tell that nothing is outstanding any more."""
        if self.is_idle:
            return
        self.is_idle = True
        # In this order: whoever is let in after the line above sees that it has to say so.
        if self._gate.in_use:
            self.is_idle = False
            return
        since = self._busy_since
        before, self._before = self._before, self.counts.copy()
        now = self._before
        record = signals.DrainedRecord(
            succeeded=now.succeeded - before.succeeded,
            failed=now.failed - before.failed,
            cancelled=now.cancelled - before.cancelled,
            lost=now.lost - before.lost,
            seconds=self._monotonic() - since,
        )
        self._send(signals.drained, record)

    def _announce(self, signal: Signal, futures: Sequence[JobFuture[Any]]) -> None:
        if not futures or not signal.receivers:
            return
        sender = self._sender()
        if sender is not None and signals.has_receivers(signal, sender):
            self._delivery.put(_send_records, signal, sender, futures)

    def _send(self, signal: Signal, record: object) -> None:
        sender = self._sender()
        if sender is not None and signals.has_receivers(signal, sender):
            self._delivery.put(signals.send_safely, signal, sender, record)


def _send_records(signal: Signal, sender: Any, futures: Futures) -> None:
    signals.send_all_safely(signal, sender, map(record_of, futures))


def record_of(future: JobFuture[Any]) -> signals.JobRecord:
    """Return what a signal tells of `future`."""
    state, job = future.state, future.job
    return signals.JobRecord(
        future.kind.name if future.kind is not None else "",
        None if job is None else job.job_id,
        None if job is None else job.host_name,
        _STATES[state],
        future.timings,
        future.exception(timeout=0) if state is FINISHED else None,
    )
