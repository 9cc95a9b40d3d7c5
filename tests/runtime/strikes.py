"""Signals that interrupt the main thread at chosen places, as Ctrl-C may."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

__all__ = ["Struck", "strikes_in"]


class Struck(Exception):
    """What the handler of a signal raises, as that of Ctrl-C does."""


@contextlib.contextmanager
def strikes_in(*codes: CodeType) -> Iterator[None]:
    """Have signals raise `Struck`, but nowhere else than in `codes`."""

    def strike(_: int, frame: Any) -> None:
        if frame.f_code in codes:
            raise Struck

    # Managers that other tests have left end when they are collected: not in here.
    gc.collect()
    gc.disable()
    before = signal.signal(signal.SIGUSR1, strike)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        signal.signal(signal.SIGUSR1, before)
        gc.enable()
