"""A server that answers by path, and adapters for sessions that talk to it."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from typing import Any

from acceptor import Acceptor, shut
from netpeer import Peer, answer
from requests.adapters import HTTPAdapter


class Server(Acceptor):
    """Answers by path, a thread for each connection; keeps every request."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.gate = threading.Event()
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"

    def accepted(self, sock: socket.socket) -> None:
        self.connections += 1
        self._start(self._serve, Peer(sock))

    def _serve(self, peer: Peer) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                request = peer.requests(1)[0]
                self.requests.append(request)
                path = request.split(b" ")[1].rpartition(b"/")[2]
                if path in ONCE and self._count(path) == 1:
                    peer.send(ONCE[path])
                    if not ONCE[path]:
                        peer.sock.shutdown(socket.SHUT_RDWR)
                        return
                    continue
                if path in CUT:
                    peer.send(CUT[path])
                    peer.sock.shutdown(socket.SHUT_RDWR)
                    return
                if path == b"wait":
                    self.gate.wait(10)
                peer.send(ANSWERS.get(path, answer(path)))
        peer.close()

    def _count(self, path: bytes) -> int:
        return sum(b"/" + path + b" " in request for request in self.requests)

    def restart(self) -> None:
        """Close every connection, and take new ones at once."""
        socks, self._socks = self._socks, []
        for sock in socks:
            shut(sock)
        for thread in self._threads[1:]:
            thread.join(10)

    def close(self) -> None:
        self.gate.set()
        super().close()


ANSWERS = {
    b"redirect": answer(b"", "302 Found", b"Location: http://127.0.0.1:1/\r\n"),
    b"packed": answer(gzip.compress(b"body"), extra=b"Content-Encoding: gzip\r\n"),
    b"bomb": answer(gzip.compress(b"\0" * 100_000), extra=b"Content-Encoding: gzip\r\n"),
    b"large": answer(b"x" * 2_000_000),
    b"chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    b"garbage": b"SSH-2.0\r\n\r\n",
    b"closing": answer(b"", extra=b"Connection: close\r\n"),
    b"cookies": answer(b"", extra=b'Set-Cookie: a="1, 2"\r\nSet-Cookie: b=3\r\n'),
    b"cookie": answer(b"", extra=b"Set-Cookie: node=7; Path=/\r\n"),
}

CUT = {
    b"break": b"",
    b"busy-break": b"",
    b"cut": answer(b"12345")[:-1],
    b"cut-head": b"HTTP/1.1 200 OK\r\nA",
    b"cut-id": b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nX-Arango-Async-Id: 12",
    b"no-length": b"HTTP/1.1 200 OK\r\n\r\nab",
}

ONCE = {
    b"once": b"",
    b"busy": answer(b"busy", "503 Service Unavailable"),
    b"busy-break": answer(b"", "503 Service Unavailable"),
    b"later": answer(b"later", "503 Service Unavailable", b"Retry-After: 0\r\n"),
    b"twice": answer(b"a") + answer(b"nobody asked"),
    b"more": answer(b"a") + b"HTTP/1.1 2",
    b"leaving": answer(b"a", extra=b"Connection: close\r\n"),
    b"head": answer(b"12345")[:-5],
}
"""What the first request of that path gets; nothing: the end of the connection."""


def pooled(**attributes: Any) -> HTTPAdapter:
    """Return an adapter whose pools have these attributes."""

    class Pools(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
            pool = super().get_connection_with_tls_context(*args, **options)
            for name, value in attributes.items():
                setattr(pool, name, value)
            return pool

    return Pools()
