"""Undoing writes: what a failed query, an import or an aborted transaction takes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["UndoLog", "is_recording", "recording", "remember"]


class UndoLog:
    """The steps that take back what was written, newest last."""

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []

    def add(self, step: Callable[[], None]) -> None:
        """Note how to undo one write."""
        self._steps.append(step)

    def roll_back(self) -> None:
        """Undo everything, newest first."""
        while self._steps:
            self._steps.pop()()

    def extend(self, other: UndoLog) -> None:
        """Take over the steps of `other`."""
        self._steps.extend(other._steps)


class _Active(threading.local):
    log: UndoLog | None = None


_active = _Active()


def remember(step: Callable[[], None]) -> None:
    """Note `step` in the log of the operation that this thread runs, if it has one."""
    if _active.log is not None:
        _active.log.add(step)


def is_recording() -> bool:
    """Tell whether writes of this thread are noted."""
    return _active.log is not None


@contextmanager
def recording(log: UndoLog, *, roll_back: bool = True) -> Iterator[UndoLog]:
    """Note this thread's writes in `log`; an exception undoes those of the block."""
    outer, own = _active.log, UndoLog()
    _active.log = own
    try:
        yield log
    except BaseException:
        _active.log = None
        if roll_back:
            own.roll_back()
        raise
    finally:
        _active.log = outer
    log.extend(own)
    if outer is not None and outer is not log:
        outer.extend(own)
