"""Worker threads that make calls, started as they are needed.

    give ─▶ inbox ─▶ worker: work(item) ─▶ outbox ─▶ take

Knows neither HTTP nor sessions. A worker holds the crew's queues only, so that
whoever owns the crew can be collected.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Crew"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Board(Generic[Item, Result]):
    """What the workers and the owner share."""

    def __init__(self, work: Callable[[Item], list[Result]]) -> None:
        self.work = work
        self.inbox: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.idle = 0
        self.under_way: dict[int, Item] = {}
        self.outbox: deque[Result] = deque()
        self.news = threading.Event()


class Crew(Generic[Item, Result]):
    """At most `size` daemon threads that call `work` and keep what it returns."""

    def __init__(self, work: Callable[[Item], list[Result]], *, size: int, name: str) -> None:
        self._board = _Board(work)
        self._size = size
        self._name = name
        self._threads: list[threading.Thread] = []

    @property
    def news(self) -> threading.Event:
        """Is set when there is something to take; `take` clears it."""
        return self._board.news

    def give(self, item: Item) -> None:
        """Queue `item`; start a thread if none is idle."""
        board = self._board
        with board.lock:
            board.idle -= 1
            starts = board.idle < 0 and len(self._threads) < self._size
            board.idle += starts
        if starts:
            number = len(self._threads)
            thread = threading.Thread(
                target=_run, args=(board,), name=f"{self._name}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        board.inbox.put(item)

    def tell(self, result: Result) -> None:
        """Have `result` taken; from any thread."""
        board = self._board
        with board.lock:
            board.outbox.append(result)
            board.news.set()

    def take(self) -> list[Result]:
        """Return what has been done since the last time."""
        board = self._board
        with board.lock:
            results = list(board.outbox)
            board.outbox.clear()
            board.news.clear()
        return results

    def stop(self, timeout: float) -> tuple[list[Item], list[Item]]:
        """End the threads, waiting `timeout` seconds; return what was not begun, what not ended.

        What a thread brings to an end after that is thrown away.
        """
        board = self._board
        queued: list[Item] = []
        while not board.inbox.empty():
            item = board.inbox.get()
            if item is not None:
                queued.append(item)
        for _ in self._threads:
            board.inbox.put(None)
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        with board.lock:
            cut = list(board.under_way.values())
            board.under_way.clear()
        return queued, cut


def _run(board: _Board[Item, Result]) -> None:
    me = threading.get_ident()
    while (item := board.inbox.get()) is not None:
        with board.lock:
            board.under_way[me] = item
        results = board.work(item)
        with board.lock:
            board.idle += 1
            # Gone from the table: the owner has given it up, and said so.
            if board.under_way.pop(me, None) is not None:
                board.outbox.extend(results)
            board.news.set()
