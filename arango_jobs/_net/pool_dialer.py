"""Makes one connection through a urllib3 pool, on a thread of its own.

a thread: PoolSockets.open ──▶ wake ──▶ advance ──▶ done
"""

from __future__ import annotations

import socket
import threading

from arango_jobs._net.dialer import Done
from arango_jobs._net.hosts import Host
from arango_jobs._net.pool_sockets import PoolSockets
from arango_jobs._net.proxies import by_way_of
from arango_jobs._net.session_errors import is_of_user_code, unreachable
from arango_jobs._net.shared import Shared
from arango_jobs.errors import HostUnreachableError
from arango_jobs.logs import user_code_logger

__all__ = ["PoolDialer"]

_JOIN_SECONDS = 1.0


class PoolDialer:
    """One attempt to connect to `host`, with the methods of `Dialer`."""

    def __init__(self, sockets: PoolSockets, host: Host, shared: Shared, done: Done) -> None:
        self._sockets = sockets
        self._host = host
        self._done = done
        self._wake = shared.wake
        self._limit = shared.settings.connect_timeout
        self.deadline = shared.clock.monotonic() + self._limit
        self._lock = threading.Lock()
        self._found: socket.socket | HostUnreachableError | None = None
        self._is_over = False
        self._thread = threading.Thread(
            target=self._run, name=f"arango-jobs-dialer-{host.name}", daemon=True
        )
        self._thread.start()

    def advance(self) -> None:
        """Hand over what the thread has made meanwhile."""
        with self._lock:
            found = self._found
            if found is None or self._is_over:
                return
            self._is_over = True
        # It has nothing left to do: this only leaves none behind.
        self._thread.join(_JOIN_SECONDS)
        self._done(found)

    def expire(self, now: float) -> None:
        """Give up when the time is over; what the thread makes after that is closed."""
        if now < self.deadline or self._is_over:
            return
        self._end()
        self._done(
            HostUnreachableError(
                f"{by_way_of(self._host.url, self._sockets.proxy)} cannot be reached: "
                f"no connection within {self._limit:g} s"
            )
        )

    def close(self) -> None:
        """Stop, without calling anybody; the thread is not waited for for ever."""
        self._end()
        self._thread.join(_JOIN_SECONDS)

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            found, self._found = self._found, None
        if isinstance(found, socket.socket):
            found.close()

    def _run(self) -> None:
        found: socket.socket | HostUnreachableError
        try:
            found = self._sockets.open(self._limit)
        except BaseException as error:  # noqa: BLE001  how it connects is the user's code in part
            if is_of_user_code(error):
                url = self._host.url
                user_code_logger.error("code of the session raised for %s", url, exc_info=error)
            found = unreachable(error, self._host.url, self._sockets.proxy)
        with self._lock:
            if not self._is_over:
                self._found = found
            elif isinstance(found, socket.socket):
                found.close()
        self._wake()
