"""A bare connection for tests that look at bytes."""

from __future__ import annotations

import base64
import socket
from typing import Any

import httptools
import orjson

from arango_jobs.local import LocalServer

AUTH = b"Authorization: Basic " + base64.b64encode(b"root:") + b"\r\n"


class Answer:
    """One parsed HTTP answer."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def error(self) -> int:
        return int(orjson.loads(self.body)["errorNum"])


class Wire:
    """A socket to a server, with a parser for what comes back."""

    def __init__(self, server: LocalServer, coordinator: int = 0) -> None:
        host, _, port = server.urls[coordinator].rpartition("//")[2].partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self._answers: list[Answer] = []
        self._current = Answer()
        self._parser = httptools.HttpResponseParser(self)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.socket.close()

    def send(self, method: str, target: str, body: bytes = b"", headers: bytes = b"") -> None:
        """Send a request as root."""
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n".encode()
        self.socket.sendall(head + AUTH + headers + b"\r\n" + body)

    def read(self, count: int = 1) -> list[Answer]:
        """Return `count` answers; fewer if the connection ends."""
        while len(self._answers) < count:
            data = self.socket.recv(1 << 16)
            if not data:
                break
            self._parser.feed_data(data)
        found, self._answers = self._answers[:count], self._answers[count:]
        return found

    def ask(self, method: str, target: str, body: bytes = b"", headers: bytes = b"") -> Answer:
        """Send a request and return its answer."""
        self.send(method, target, body, headers)
        return self.read()[0]

    def raw(self, data: bytes) -> bytes:
        """Send bytes and return everything until the connection ends."""
        self.socket.sendall(data)
        parts = []
        while True:
            try:
                part = self.socket.recv(1 << 16)
            except ConnectionResetError:
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    # from the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._current.headers[name.decode()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._current.body += body

    def on_headers_complete(self) -> None:
        self._current.status = self._parser.get_status_code()

    def on_message_complete(self) -> None:
        self._answers.append(self._current)
        self._current = Answer()
