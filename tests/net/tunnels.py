"""A proxy that leads to a server of the test: CONNECT, or SOCKS 5."""

from __future__ import annotations

import contextlib
import socket

from acceptor import Acceptor
from netpeer import PATIENCE


class Tunnels(Acceptor):
    """Leads every connection to `port` on loopback, and keeps what was asked of it."""

    def __init__(self, port: int, *, refusal: bytes = b"") -> None:
        self._port = port
        self._refusal = refusal
        self.asked: list[bytes] = []
        super().__init__()

    def accepted(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        first = sock.recv(1, socket.MSG_PEEK)
        if first == b"\x05":
            self._greet(sock)
        else:
            self.asked.append(_head(sock))
            sock.sendall(self._refusal or b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self._refusal:
                sock.close()
                return
        server = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
        self._socks.append(server)
        self._start(_pipe, sock, server)
        self._start(_pipe, server, sock)

    def _greet(self, sock: socket.socket) -> None:
        """Say what a SOCKS proxy says: no password wanted, connected."""
        greeting = sock.recv(2)
        sock.recv(greeting[1])
        sock.sendall(b"\x05\x00")
        request = sock.recv(4)
        size = sock.recv(1)[0] if request[3] == 3 else 4
        self.asked.append(sock.recv(size))
        sock.recv(2)
        sock.sendall(b"\x05\x00\x00\x01" + bytes(6))


def _head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    return head


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
