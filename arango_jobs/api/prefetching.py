"""Batches of a cursor that are drawn ahead of the reader, on a thread of their own.

    thread: draw ─▶ batches (at most `count`) ─▶ take: reader

The thread ends when enough is here, and another one starts when there is room again:
nothing is left of a cursor that nobody reads on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Prefetching"]

Draw = Callable[[], Mapping[str, Any]]


class Prefetching:
    """Draws batches as long as fewer than `count` are here."""

    def __init__(self, draw: Draw, count: int) -> None:
        self._draw = draw
        self._count = count
        self._changed = threading.Condition()
        self._drawn: deque[tuple[Mapping[str, Any] | None, BaseException | None]] = deque()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._is_over = False
        """Whether the server has given the last batch."""

    @property
    def is_ready(self) -> bool:
        """Whether `take` returns or raises at once."""
        return bool(self._drawn)

    def start(self) -> None:
        """Begin to draw, if there is room and something to be drawn."""
        with self._changed:
            self._start()

    def take(self) -> Mapping[str, Any]:
        """Return the next batch, or raise what came in its place; wait for it where it is due."""
        with self._changed:
            self._start()
            while not self._drawn and self._is_drawing():
                self._changed.wait()
            if self._drawn:
                batch, error = self._drawn.popleft()
                if error is not None:
                    raise error
                self._start()
                assert batch is not None
                return batch
        # It was closed, or there was no thread to be had.
        return self._draw()

    def close(self) -> bool:
        """Draw nothing more, and forget what is here; return whether the server has no more.

        Waits for the batch that is under way: the server serves a cursor one call at a time.
        """
        with self._changed:
            self._is_closed = True
            while self._is_drawing():
                self._changed.wait()
            self._drawn.clear()
            return self._is_over

    def _is_drawing(self) -> bool:
        # In a forked child there is no such thread any more.
        return self._thread is not None and self._thread.is_alive()

    def _start(self) -> None:
        has_failed = bool(self._drawn) and self._drawn[-1][1] is not None
        if self._is_closed or self._is_over or has_failed or self._is_drawing():
            return
        if len(self._drawn) >= self._count:
            return
        thread = threading.Thread(target=self._run, name="arango-jobs-prefetch", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # the reader draws by itself
        self._thread = thread

    def _run(self) -> None:
        while True:
            batch: Mapping[str, Any] | None = None
            error: BaseException | None = None
            try:
                batch = self._draw()
            except BaseException as raised:  # noqa: BLE001  the reader gets it in its turn
                error = raised
            with self._changed:
                self._drawn.append((batch, error))
                self._is_over = batch is not None and not batch.get("hasMore")
                is_full = len(self._drawn) >= self._count
                if error is not None or self._is_over or is_full or self._is_closed:
                    self._thread = None
                self._changed.notify_all()
                if self._thread is None:
                    return
