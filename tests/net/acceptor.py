"""What the threaded peers of tests share: a listener, and threads that end with it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from netpeer import PATIENCE


class Acceptor:
    """Accepts connections on a thread and hands each to `accepted`."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._socks: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._run)

    def accepted(self, sock: socket.socket) -> None:
        """Take a new connection."""
        raise NotImplementedError

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._socks.append(sock)
                self.accepted(sock)

    def close(self) -> None:
        shut(self._listener)
        # Only then are all connections there, to be ended.
        self._threads[0].join(PATIENCE)
        for sock in self._socks:
            shut(sock)
        for thread in self._threads:
            thread.join(PATIENCE)
        for sock in (self._listener, *self._socks):
            sock.close()


def shut(sock: socket.socket) -> None:
    """End a connection, or what listens, whatever state it is in."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
