"""Connections of a urllib3 pool that are numbered, so that a call can be kept off newer ones.

    call with a limit ─▶ pool ─▶ connection ─ numbered above it ─▶ nothing is written on it

Such a call ends with an answer that no server has given (`is_withheld`), and the
connection stays in the pool for calls that may use it.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import urllib3
from urllib3.connection import HTTPConnection

from arango_jobs._net.reuse import Reuse
from arango_jobs._net.succession import Succession
from arango_jobs._net.time_limits import limited

__all__ = ["Numbers", "Withheld", "numbered_pool"]


class Withheld(Exception):  # noqa: N818  not an error: the call was kept off a newer connection
    """The call was not made, as there is no connection that it may go out on."""

    def __init__(self, is_written: bool) -> None:
        super().__init__("there is only a newer connection than the one that it was meant for")
        self.is_written = is_written
        """Whether the session's own retries had written it before, on one that broke."""


class Numbers:
    """Numbers connections as `Succession` does, for many threads, and tells of each number once."""

    def __init__(self, tell: Callable[[], None], now: Callable[[], float]) -> None:
        self.now = now
        self._tell = tell
        self._lock = threading.Lock()
        self._call = threading.local()
        self._succession = Succession()
        self._reuse = Reuse()
        self._reuse.matters()

    @property
    def made(self) -> int:
        """The newest number."""
        return self._succession.number

    def count(self) -> int:
        """Take that a connection was made; return its number."""
        with self._lock:
            if self._succession.made(self.now()):
                # Under the lock, before anything is written on it: they are told in their order.
                self._tell()
            return self._succession.number

    def ended(self, asked_at: float, answers: int, *, is_ours: bool = False) -> None:
        """Take that a connection has ended: its answers, the last asked for at `asked_at`.

        `is_ours`: we have closed it.
        """
        with self._lock:
            self._succession.ended(asked_at, answers, is_ours=is_ours)

    def broke(self) -> None:
        """Take that a call broke: the next connection has a new number in any case."""
        self._succession.broke()

    @property
    def drops_used(self) -> bool:
        """Whether connections that have answered are to be avoided."""
        return self._reuse.is_dropped(self.now())

    def avoids(self, answers: int) -> bool:
        """Whether the call of this thread is kept off one that has given so many `answers`."""
        if not answers or self._reuse.is_kept:
            return False
        return bool(self._call.is_once) or self.drops_used

    def answered(self, answers: int) -> None:
        """Take that a connection has answered, for the `answers`th time."""
        if answers > 1 and not self._reuse.is_kept:
            with self._lock:
                self._reuse.proved(self.now())

    def fell_silent(self, answers: int, asked_at: float) -> None:
        """Take that a connection ended without a byte of an answer, after `answers`.

        The next had been asked for at `asked_at`.
        """
        if answers:
            with self._lock:
                self._reuse.broke(self.now(), asked_at)

    @contextmanager
    def limited(self, limit: int | None, *, is_once: bool = False) -> Iterator[None]:
        """Keep the calls of this thread off connections with a number above `limit`.

        One that `is_once` is also kept off those that may be closed without a word.
        """
        self._call.limit = limit
        self._call.is_once = is_once
        self._call.is_written = False
        try:
            yield
        finally:
            self._call.limit = None

    def admits(self, number: int) -> bool:
        """Whether the call of this thread may go out on the connection `number`."""
        limit: int | None = getattr(self._call, "limit", None)
        return limit is None or number <= limit

    def written(self) -> None:
        """Take that the call of this thread is written on a connection."""
        self._call.is_written = True

    @property
    def is_written(self) -> bool:
        """Whether anything of the last call of this thread was written: it may have run."""
        return bool(self._call.is_written)


if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    # The pool's own class comes behind it, whatever that is derived from.
    _Connection = object


class _Numbered(_Connection):
    numbers: ClassVar[Numbers]
    number = 0
    answers = 0
    asked_at = 0.0
    is_withheld = False

    def connect(self) -> None:
        if self.number:
            # One that the pool has kept, and that was closed there.
            self.numbers.ended(self.asked_at, self.answers)
        super().connect()
        self.number = self.numbers.count()
        self.asked_at = self.numbers.now()
        self.answers = 0

    def leave(self) -> None:
        """Close it where the call of this thread is kept off it."""
        if self.sock is not None and self.numbers.avoids(self.answers):
            self.close()
            self.numbers.ended(self.asked_at, self.answers, is_ours=True)
            self.number = 0

    def asked(self) -> None:
        """Take that the call of this thread is written on it."""
        self.numbers.written()
        self.asked_at = self.numbers.now()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.leave()
        if self.sock is None:
            # Else it would be made in the midst of writing.
            self.connect()
        self.is_withheld = not self.numbers.admits(self.number)
        if not self.is_withheld:
            self.asked()
            super().request(*args, **kwargs)

    def getresponse(self) -> Any:
        if self.is_withheld:
            return urllib3.HTTPResponse(preload_content=False)
        try:
            response = super().getresponse()
        except Exception as error:
            # The session's retries may go on from here.
            self.numbers.broke()
            if not isinstance(error, TimeoutError):
                self.numbers.fell_silent(self.answers, self.asked_at)
            raise
        self.answers += 1
        self.numbers.answered(self.answers)
        return response


def numbered_pool(shared: Any, numbers: Numbers, least: int) -> Any:
    """Return a pool that connects as `shared` does, keeps `least` connections, and numbers them.

    Its connections are its own: one that somebody else had made before could be made anew
    without a number. A pool that blocks keeps the size that it was given.
    """
    pool = copy.copy(shared)
    size = pool.pool.maxsize if pool.block else max(pool.pool.maxsize, least)
    pool.pool = pool.QueueCls(size)
    for _ in range(size):
        pool.pool.put(None)
    kind = limited(pool.ConnectionCls)
    pool.ConnectionCls = type(kind.__name__, (_Numbered, kind), {"numbers": numbers})
    return pool
