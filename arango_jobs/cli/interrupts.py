"""Ctrl-C on a load: the first time it ends in good order, the second time at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from arango_jobs.cli.failing import INTERRUPTED, complain
from arango_jobs.loader import StopSwitch

__all__ = ["stopping_on_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping_on_signals() -> Iterator[StopSwitch]:
    """Give a switch that the first signal turns; the second one ends the process."""
    switch = StopSwitch()
    if threading.current_thread() is not threading.main_thread():
        yield switch
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if switch.is_requested:
            complain("left at once; a checkpoint, if there is one, can be resumed")
            # Threads with work on its way would keep an orderly exit waiting.
            os._exit(INTERRUPTED)
        switch.request()
        complain("stopping: waiting for what is on its way (again to leave at once)")
        if switch.is_reading:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield switch
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
