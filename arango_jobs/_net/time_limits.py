"""One limit of time for all that a call does on connections of urllib3's.

The limits of requests and urllib3 are for each operation of a socket: a peer that sends
a byte now and then, or interim answers for ever, keeps a call as long as it likes. Here
every read and write gets what is left of the whole call's time.

    with time_limit(Limit(deadline)): session.send(…)
                 └─ connections of classes that `limited` has made look at it
"""

from __future__ import annotations

import contextvars
import copy
import http.client
import io
import ipaddress
import math
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError

__all__ = ["Limit", "cover", "limited", "time_left", "time_limit"]

_MAX_INTERIM = 100
"""As many interim answers (1xx) before a final one as our own reader takes (`careful.py`)."""
_TLS_RECORD = 1 << 14
"""Bytes that OpenSSL writes at once: `sendall` waits anew for each."""


class Limit:
    """The limit of one call."""

    __slots__ = ("deadline", "may_hold_up")

    def __init__(self, deadline: float, *, may_hold_up: bool = False) -> None:
        self.deadline = deadline
        self.may_hold_up = may_hold_up

    def end(self) -> None:
        """Have the call end as soon as it looks: nobody waits for it any more; from any thread."""
        self.deadline = -math.inf

    def left(self) -> float:
        """Return how many seconds are left; raise `TimeoutError` where there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0.0:
            raise TimeoutError("the time for this request is over")
        return left


# Unlike thread-locals these are a greenlet's own as well.
_limit: contextvars.ContextVar[Limit | None] = contextvars.ContextVar("limit", default=None)


@contextmanager
def time_limit(limit: Limit | None) -> Iterator[None]:
    """Have calls in this block end by a deadline, on the system's monotonic clock.

    They raise `TimeoutError`, and urllib3's `ConnectTimeoutError` while they connect. With
    `may_hold_up` connecting may take longer than that: somebody else keeps the time, as the
    look-up of a name cannot be interrupted.
    """
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)


def time_left() -> float | None:
    """Return how many seconds this call has left, `None` without limit.

    Raises `TimeoutError` where there are none.
    """
    limit = _limit.get()
    return None if limit is None else limit.left()


def cover(pool: Any) -> Any:
    """Have `pool`, one of urllib3's, make connections that obey `time_limit`; return it."""
    pool.ConnectionCls = limited(pool.ConnectionCls)
    return pool


def limited(kind: Any) -> Any:
    """Return a class of connections like `kind` that obey `time_limit`."""
    if not isinstance(kind, type) or issubclass(kind, _Limited):
        return kind
    found = _kinds.get(kind)
    if found is None:
        # Where it comes from says what it can be trusted to do (`pool_sockets.py`).
        names = {
            "__module__": kind.__module__,
            "is_plain": kind is HTTPConnection,
            "response_class": _limited_response(kind),
        }
        found = _kinds[kind] = type(kind.__name__, (_Limited, kind), names)
    return found


def _limited_response(kind: Any) -> Any:
    response = getattr(kind, "response_class", None)
    if not isinstance(response, type) or not issubclass(response, http.client.HTTPResponse):
        return response
    return type(response.__name__, (_LimitedResponse, response), {})


_kinds: dict[type, Any] = {}

if TYPE_CHECKING:
    _Connection = HTTPConnection
    _Response = http.client.HTTPResponse
else:
    # The pool's own classes come behind them, whatever these are derived from.
    _Connection = _Response = object


class _Limited(_Connection):
    is_plain: ClassVar[bool]

    def connect(self) -> None:
        limit = _limit.get()
        if limit is None:
            super().connect()
            return
        left = limit.left()
        own = self.timeout
        self.timeout = min(own, left) if isinstance(own, (int, float)) else left
        if limit.may_hold_up or self._takes_one_step():
            super().connect()
        else:
            self._connect_within(self.timeout)

    def send(self, data: Any) -> None:
        limit = _limit.get()
        if limit is None or self.sock is None:
            super().send(data)
            return
        for piece in _pieces(self.sock, data):
            self.sock.settimeout(limit.left())
            super().send(piece)

    def _takes_one_step(self) -> bool:
        """Whether nothing but one connect is due, which has a limit of its own."""
        return self.is_plain and self.proxy is None and _is_address(self.host)

    def _connect_within(self, seconds: float) -> None:
        """Connect on another thread: names, several addresses and tunnels take many steps."""
        # What comes too late must not meet what the pool does with this one meanwhile.
        twin = copy.copy(self)
        attempt = _Attempt(super(_Limited, twin).connect, twin.close)
        if not attempt.start():
            # The system has no thread to give.
            super().connect()
            return
        if not attempt.wait(seconds):
            raise ConnectTimeoutError(f"no connection within {seconds:.2g} s")
        vars(self).update(vars(twin))


class _Attempt:
    """Does something on a thread of its own, and undoes it if it fails or nobody waits any more."""

    def __init__(self, do: Callable[[], None], undo: Callable[[], None]) -> None:
        self._do = do
        self._undo = undo
        self._context = contextvars.copy_context()
        self._is_done = threading.Event()
        self._lock = threading.Lock()
        self._is_abandoned = False
        self._error: BaseException | None = None

    def start(self) -> bool:
        """Begin; return whether there is a thread for it."""
        thread = threading.Thread(
            target=self._context.run, args=(self._run,), name="arango-jobs-connect", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            return False
        return True

    def wait(self, seconds: float) -> bool:
        """Return whether it has been done within `seconds`; raise what it has raised."""
        try:
            self._is_done.wait(seconds)
        finally:
            with self._lock:
                self._is_abandoned = not self._is_done.is_set()
        if self._error is not None:
            raise self._error
        return not self._is_abandoned

    def _run(self) -> None:
        try:
            self._do()
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            self._error = error
            self._undo()
        with self._lock:
            self._is_done.set()
            is_abandoned = self._is_abandoned
        if is_abandoned:
            self._undo()


class _LimitedResponse(_Response):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        limit = _limit.get()
        if limit is not None and isinstance(self.fp, io.BufferedReader):
            raw = _LimitedReader(self.fp.detach(), sock, limit)
            self.fp = io.BufferedReader(raw)

    def begin(self) -> None:
        # Less than the annotations of the standard library say is true in here.
        this: Any = self
        if this.headers is not None:
            return
        file = this.fp
        this.fp = lines = _Lines(file)
        try:
            super().begin()
            # The standard library lets go of 100 only.
            while 100 < self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
                this.headers = this.msg = None
                super().begin()
        finally:
            # None where it was closed.
            if this.fp is lines:
                this.fp = file


class _Lines:
    """The lines of a head, and of interim answers before it."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._starts = 0
        self.close = file.close

    def readline(self, size: int) -> bytes:
        line: bytes = self._file.readline(size)
        if line.startswith(b"HTTP/"):
            self._starts += 1
            if self._starts > _MAX_INTERIM + 1:
                raise http.client.BadStatusLine(f"more than {_MAX_INTERIM} interim answers (1xx)")
        return line


class _LimitedReader(io.RawIOBase):
    """What a socket gives until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: Any, limit: Limit) -> None:
        self._raw = raw
        self._sock = sock
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._limit.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _pieces(sock: Any, data: Any) -> Iterator[Any]:
    """Give `data` in pieces for each of which `sendall` waits once."""
    if not isinstance(sock, ssl.SSLSocket) or not isinstance(data, (bytes, bytearray, memoryview)):
        yield data
        return
    view = memoryview(data).cast("B")
    for start in range(0, len(view), _TLS_RECORD):
        yield view[start : start + _TLS_RECORD]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
