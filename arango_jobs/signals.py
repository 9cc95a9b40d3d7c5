"""What a manager tells the world: blinker signals, each with one frozen record.

    manager ── send_safely(signal, sender=manager, record) ──▶ every receiver

The sender is the manager. A receiver is called as `receiver(manager, record=record)`
and may do what it likes: what it raises is logged, and the others still run.
This module knows no threads; who sends decides on which one receivers run.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from blinker import Namespace, Signal

from arango_jobs.logs import user_code_logger

__all__ = [
    "DrainedRecord",
    "JobRecord",
    "SaturatedRecord",
    "Timings",
    "WindowRecord",
    "drained",
    "has_receivers",
    "job_cancelled",
    "job_failed",
    "job_lost",
    "job_submitted",
    "job_succeeded",
    "name_of",
    "saturated",
    "send_all_safely",
    "send_safely",
    "signals",
    "window_changed",
]

signals = Namespace()
"""All signals of this library, by name."""

job_submitted = signals.signal("job_submitted", "The server accepted a job; gets a `JobRecord`.")
job_succeeded = signals.signal("job_succeeded", "A job gave its result; gets a `JobRecord`.")
job_failed = signals.signal("job_failed", "A job gave its own error; gets a `JobRecord`.")
job_cancelled = signals.signal("job_cancelled", "A job was cancelled; gets a `JobRecord`.")
job_lost = signals.signal("job_lost", "What became of a job is unknown; gets a `JobRecord`.")
window_changed = signals.signal("window_changed", "A host takes more or less; `WindowRecord`.")
saturated = signals.signal("saturated", "As many in flight as allowed; gets a `SaturatedRecord`.")
drained = signals.signal("drained", "Nothing is outstanding any more; gets a `DrainedRecord`.")


# The two that are made for every operation are tuples: made in a third of the time.
class Timings(NamedTuple):
    """When the steps of a job happened, in seconds since its future was made.

    `None` where the step has not happened.
    """

    submitted: float | None = None
    """Admitted by the manager."""
    sent: float | None = None
    """The last byte of the submission was handed to the transport."""
    accepted: float | None = None
    """The server gave it an id."""
    resolved: float | None = None
    """The future ended."""


class JobRecord(NamedTuple):
    """One job at the moment of its signal; never the document it carries."""

    operation: str
    """`family.method`, such as `document.insert`."""
    job_id: str | None
    host: str | None
    state: str
    timings: Timings = Timings()
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class WindowRecord:
    """How many jobs one host may have in flight from now on, and why."""

    host: str
    window: int
    reason: str
    queue_time: float | None = None
    """The server's last word on how long requests queue there, in seconds."""


@dataclass(frozen=True, slots=True)
class SaturatedRecord:
    """A submission has to wait, or was refused."""

    in_flight: int
    limit: int


@dataclass(frozen=True, slots=True)
class DrainedRecord:
    """How the operations ended since the manager was last idle."""

    succeeded: int
    failed: int
    cancelled: int
    lost: int
    seconds: float
    """From the first submission to the last end."""


def has_receivers(signal: Signal, sender: Any) -> bool:
    """Say whether anybody listens, so that a record need not be made for nobody."""
    return bool(signal.receivers) and not signal.is_muted and signal.has_receivers_for(sender)


def send_safely(signal: Signal, sender: Any, record: object) -> None:
    """Call every receiver with `record`; log what one raises and go on."""
    send_all_safely(signal, sender, (record,))


def send_all_safely(signal: Signal, sender: Any, records: Iterable[object]) -> None:
    """Do so with each of `records`, of which each is taken when its turn has come."""
    known: set[Any] | None = None
    receivers: list[Callable[..., Any]] = []
    name: str = signal.name  # type: ignore[attr-defined]  # Namespace gives NamedSignal
    for record in records:
        # Whom to call takes blinker longer than the call; it changes when somebody comes or goes.
        if known is None or signal.receivers.keys() != known or signal.is_muted:
            known = None if signal.is_muted else set(signal.receivers)
            receivers = list(signal.receivers_for(sender)) if has_receivers(signal, sender) else []
        for receiver in receivers:
            _call(receiver, name, sender, record)


def name_of(function: Callable[..., Any]) -> str:
    """Return what a log line should call `function`, whatever it is."""
    try:
        name = getattr(function, "__qualname__", None) or type(function).__qualname__
        return f"{getattr(function, '__module__', None) or '?'}.{name}"
    except BaseException:  # noqa: BLE001  its attributes are user code, too
        return type(function).__name__


def _call(receiver: Callable[..., Any], name: str, sender: Any, record: object) -> None:
    # Nothing that user code raises, SystemExit included, may end the thread that sends.
    try:
        answer = receiver(sender, record=record)
        if inspect.iscoroutine(answer):
            answer.close()
            raise TypeError("a receiver cannot be a coroutine function: nobody would await it")
    except BaseException:  # noqa: BLE001  see above
        with contextlib.suppress(BaseException):
            user_code_logger.exception("receiver %s of signal %s raised", name_of(receiver), name)
