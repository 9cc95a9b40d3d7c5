"""Where work runs when there are sockets: the loop's thread, and worker threads beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from arango_jobs.clock import Clock, SystemClock
from arango_jobs.local.messages import Response

__all__ = ["LoopExecutor"]


class LoopExecutor:
    """Quick work on the loop, slow work on daemon threads, pauses by the clock."""

    def __init__(self, clock: Clock, *, workers: int) -> None:
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        # Medium-priority work needs threads even when all workers are busy.
        self._pool = ThreadPoolExecutor(workers + 8, thread_name_prefix="arango-local-worker")
        self._closing = threading.Event()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use `loop` from now on."""
        self._loop = loop

    def soon(self, step: Callable[[], None]) -> None:
        """Run `step` on the loop's thread; may be called from any thread."""
        loop = self._loop
        if loop is None or loop.is_closed() or self._closing.is_set():
            return
        if threading.get_ident() == getattr(loop, "_thread_id", None):
            loop.call_soon(step)
        else:
            loop.call_soon_threadsafe(step)

    def thread(self, run: Callable[[], Response], then: Callable[[Response], None]) -> None:
        """Run `run` on a worker thread and `then` on the loop's."""

        def work() -> None:
            response = run()
            self.soon(lambda: then(response))

        if not self._closing.is_set():
            self._pool.submit(work)

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        """Run `step` on the loop's thread after `seconds` of the clock."""
        if isinstance(self._clock, SystemClock) and self._loop is not None:
            self._loop.call_later(seconds, step)
            return

        def work() -> None:
            self._clock.wait(self._closing, seconds)
            self.soon(step)

        if not self._closing.is_set():
            self._pool.submit(work)

    def close(self) -> None:
        """Wake whatever waits here, and let the threads end."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
