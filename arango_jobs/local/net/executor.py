"""Where work runs when there are sockets: the loop's thread, and worker threads beside it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from arango_jobs.clock import Clock, SystemClock
from arango_jobs.local.messages import Response
from arango_jobs.local.net.workers import Workers

__all__ = ["LoopExecutor"]

_PATIENCE = 1.5


class LoopExecutor:
    """Quick work on the loop, slow work on daemon threads, pauses by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._workers = Workers("arango-local-worker")
        self._closing = threading.Event()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use `loop` from now on."""
        self._loop = loop

    def soon(self, step: Callable[[], None]) -> None:
        """Run `step` on the loop's thread; may be called from any thread."""
        loop = self._loop
        if loop is None or self._closing.is_set():
            return
        # The loop may end between the look and the call.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(step)

    def thread(self, run: Callable[[], Response], then: Callable[[Response], None]) -> None:
        """Run `run` on a worker thread and `then` on the loop's."""

        def work() -> None:
            response = run()
            self.soon(lambda: then(response))

        self._workers.submit(work)

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        """Run `step` on the loop's thread after `seconds` of the clock (called on that thread)."""
        if isinstance(self._clock, SystemClock) and self._loop is not None:
            self._loop.call_later(seconds, step)
            return

        def work() -> None:
            self._clock.wait(self._closing, seconds)
            self.soon(step)

        self._workers.submit(work)

    def close(self) -> None:
        """Wake whatever waits here, and let the threads end."""
        self._closing.set()
        self._workers.close(_PATIENCE)
