"""Callbacks of futures that belong into an event loop, and waiting in one.

A callback of a `concurrent.futures.Future` is called on whichever thread ends it.
Nothing of a loop may be touched from there but `call_soon_threadsafe`. Knows
nothing of jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["in_running_loop", "is_callback", "wait_in_loop"]

Callback = Callable[[Any], Any]


class Watchable(Protocol):
    """As much of a future as is needed to wait for it."""

    def add_done_callback(self, fn: Callback) -> None:
        """Have `fn` called at its end."""

    def remove_done_callback(self, fn: Callback) -> int:
        """Have `fn` not called any more."""


class _InLoop:
    """A callback that is called in its loop, whichever thread calls this."""

    __slots__ = ("function", "loop")

    def __init__(self, function: Callback, loop: asyncio.AbstractEventLoop) -> None:
        self.function = function
        self.loop = loop

    def __call__(self, future: Any) -> None:
        # Nobody is left to be told in a loop that is closed.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.function, future)


def in_running_loop(function: Callback) -> Callback:
    """Return what calls `function` in the loop that runs now; itself where none runs."""
    try:
        return _InLoop(function, asyncio.get_running_loop())
    except RuntimeError:
        return function


def is_callback(one: Callback, function: Callback) -> bool:
    """Return whether `one` is `function`, or calls it in a loop."""
    return one == function or (type(one) is _InLoop and one.function == function)


async def wait_in_loop(future: Watchable, timeout: float | None) -> None:
    """Wait until `future` ends, at most `timeout` seconds; cancel nothing."""
    bell = asyncio.get_running_loop().create_future()

    def ring(_future: object) -> None:
        if not bell.done():
            bell.set_result(None)

    ring_here = in_running_loop(ring)
    future.add_done_callback(ring_here)
    try:
        await asyncio.wait([bell], timeout=timeout)
    finally:
        future.remove_done_callback(ring_here)
