"""The end of a `with` block: how long it waits, and what becomes of the rest.

    block ended ──▶ wait, at most `timeout` seconds ──▶ everything has ended
                        │ interrupted                      ▲
                        ▼                                  │
                    cancel on the server ─ a moment ─▶ end the rest

Interrupted means Ctrl-C or a task that was cancelled, in the block or at its end:
nobody is there to read results any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Protocol

__all__ = ["Leavable", "interrupts", "leave", "leave_in_loop"]

_MOMENT = 1.0
"""Seconds for what was sent to end after an interrupt: writes do, and cancelled queries."""


class Leavable(Protocol):
    """What a block is left with."""

    def shutdown(self, *, wait: bool, cancel: bool, timeout: float | None) -> None:
        """Close it, as `JobManager.shutdown` does."""

    def ends_within(self, timeout: float) -> bool:
        """Close it, cancel what has not been sent, and say whether the rest ends in time."""

    def stop_all(self, timeout: float) -> None:
        """Cancel what has not been sent, and ask the server to cancel the rest; do not wait."""

    def end_all(self, timeout: float) -> None:
        """End what had not ended within `timeout` seconds; do not wait."""

    def describe(self) -> str:
        """Name it."""


def interrupts(kind: type[BaseException] | None) -> bool:
    """Return whether a block that an exception of `kind` leaves was interrupted.

    Cancellations of any event loop are no `Exception`s. `SystemExit` is how programs end
    that are done.
    """
    return kind is not None and not issubclass(kind, (Exception, SystemExit, GeneratorExit))


def leave(
    desk: Leavable,
    *,
    kind: type[BaseException] | None,
    timeout: float | None,
    is_patient: bool = True,
) -> None:
    """Leave a block with an exception of `kind`, or none; return when everything has ended.

    With `is_patient`, what was sent is given a moment before the server is asked to cancel it.
    """
    try:
        if not interrupts(kind):
            desk.shutdown(wait=True, cancel=kind is not None, timeout=timeout)
            return
        if is_patient and desk.ends_within(_moment(timeout)):
            desk.shutdown(wait=True, cancel=True, timeout=timeout)
            return
    except BaseException:
        _stop(desk, timeout)
        raise
    _stop(desk, timeout)


def _moment(timeout: float | None) -> float:
    return _MOMENT if timeout is None else min(timeout, _MOMENT)


def _stop(desk: Leavable, timeout: float | None) -> None:
    moment = _moment(timeout)
    try:
        desk.stop_all(moment)
        desk.shutdown(wait=True, cancel=True, timeout=moment)
    except BaseException:
        desk.end_all(moment)
        raise


async def leave_in_loop(
    desk: Leavable, *, kind: type[BaseException] | None, timeout: float | None
) -> None:
    """Do as `leave` in a running event loop, on a thread, which a cancelled task wakes."""
    loop = asyncio.get_running_loop()
    is_over = loop.create_future()

    def leave_and_tell() -> None:
        try:
            leave(desk, kind=kind, timeout=timeout, is_patient=False)
        finally:
            # A loop that is closed waits for nothing.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_ring, is_over)

    # Not one of the loop's own: those may all be busy, and the loop waits for them at its end.
    threading.Thread(target=leave_and_tell, name=f"{desk.describe()}-shutdown", daemon=True).start()
    try:
        await asyncio.shield(is_over)
    except asyncio.CancelledError:
        moment = _moment(timeout)
        desk.stop_all(moment)
        try:
            await asyncio.wait([is_over], timeout=moment)
        finally:
            desk.end_all(moment)
        await asyncio.wait([is_over], timeout=_MOMENT)
        raise


def _ring(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
