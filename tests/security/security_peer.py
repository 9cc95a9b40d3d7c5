"""A server that writes down what it is sent, byte for byte, and answers as it is told.

Knows as much of the job protocol as is needed for a future to end; of our own code it knows
nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request: its first line as it came, its headers by their small names."""

    line: bytes
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.line.split(b" ")[1].partition(b"?")[0].decode("ascii")

    @property
    def is_about_jobs(self) -> bool:
        """Whether it is the manager's own question."""
        return any(part in self.line for part in (b"/_api/job", b"/_admin/", b"/_open/"))


def reply(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


_NOT_THERE = reply(b'{"error":true,"errorNum":404}', "404 Not Found")


class Peer(socketserver.ThreadingTCPServer):
    """Takes every request; runs everything as a job where that is asked for."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.asked: list[Asked] = []
        self.result = reply()
        """What operations give."""
        self.everything: bytes | None = None
        """What is answered to anything at all."""
        self._context = context
        self._ids = itertools.count(1)
        self._fetched: set[str] = set()

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.server_address[1]}"

    @property
    def operations(self) -> list[Asked]:
        """Return what was asked for, without questions about jobs."""
        return [each for each in self.asked if not each.is_about_jobs]

    def answer(self, asked: Asked) -> bytes:
        """Write down `asked` and return the answer to it."""
        self.asked.append(asked)
        if self.everything is not None:
            return self.everything
        if asked.line.startswith(b"PUT") and b"/_api/job/" in asked.line:
            number = asked.path.rpartition("/")[2]
            if number in self._fetched:
                return _NOT_THERE
            self._fetched.add(number)
            return self.result.replace(b"\r\n", f"\r\nX-Arango-Async-Id: {number}\r\n".encode(), 1)
        if asked.path.rpartition("/")[2] in ("done", "pending"):
            return reply(b"[]")
        if asked.is_about_jobs:
            return _NOT_THERE
        if b"x-arango-async" in asked.headers:
            return reply(b"", "202 Accepted", f"X-Arango-Async-Id: {next(self._ids)}")
        return self.result

    def get_request(self) -> tuple[Any, Any]:
        """Take a connection, by TLS where that is wanted."""
        sock, address = super().get_request()
        if self._context is None:
            return sock, address
        # The handshake is for the connection's own thread: its end must not be this one's.
        return (
            self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False),
            address,
        )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about those that hang up."""


class _Connection(socketserver.StreamRequestHandler):
    server: Peer

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while line := self.rfile.readline():
                headers = dict(self._headers())
                body = self.rfile.read(int(headers.get(b"content-length", b"0")))
                asked = Asked(line.rstrip(b"\r\n"), headers, body)
                self.wfile.write(self.server.answer(asked))

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.rstrip(b"\r\n").partition(b":")
            yield name.lower(), value.strip()


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """Let a peer listen."""
    with Peer(context) as peer:
        thread = threading.Thread(target=peer.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield peer
        finally:
            peer.shutdown()
            thread.join()


def end_of(call: Callable[[], Any]) -> Any:
    """Return the result of `call`, or what it raised; of a future or a job, how that ended."""
    try:
        found = call()
        return found.result(timeout=20) if hasattr(found, "timings") else found
    except Exception as error:  # noqa: BLE001  it is looked at by the test
        return error
