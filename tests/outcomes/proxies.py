"""What may stand between us and the servers: a wire that can be cut, and a load balancer."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

_PIECE = 1 << 16


class Proxy:
    """Listens, and serves each connection on a thread of its own."""

    def __init__(self, *urls: str) -> None:
        self._backends = [_address(url) for url in urls]
        self._turns = itertools.cycle(self._backends)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self.url = "http://{}:{}".format(*self._listener.getsockname())

    def __enter__(self):
        self._spawn(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self._is_closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in self._sockets:
            sock.close()

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._spawn(self._guarded, client)

    def _guarded(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self.serve(client)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def connect(self, address: tuple[str, int]) -> socket.socket:
        """Return a new connection to a server."""
        sock = socket.create_connection(address, timeout=20)
        self._sockets.append(sock)
        return sock

    def serve(self, client: socket.socket) -> None:
        """Serve a connection until it ends."""
        raise NotImplementedError


class Wire(Proxy):
    """Passes bytes on; `cuts` connections are reset after so many bytes of the client's."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.cut_after: int | None = None
        self.cuts = 0
        self.is_mute = False
        """Whether answers are kept back, for ever."""
        self.is_open = threading.Event()
        self.is_open.set()

    def close_all(self) -> None:
        """Cut every connection, and leave new ones waiting until `is_open` is set."""
        self.is_open.clear()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def serve(self, client: socket.socket) -> None:
        """Pass everything on, until the wire is cut."""
        self.is_open.wait(20)
        server = self.connect(self._backends[0])
        self._spawn(self._pump, server, client)
        passed = 0
        while data := client.recv(_PIECE):
            if self.cuts and self.cut_after is not None:
                passed += len(data)
                if passed > self.cut_after:
                    self.cuts -= 1
                    server.sendall(data[: -(passed - self.cut_after)])
                    _reset(client)
                    _reset(server)
                    return
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_PIECE):
                if not self.is_mute:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class Balancer(Proxy):
    """Gives every request to the next server, whatever connection it comes on."""

    def leave_out(self, url: str) -> None:
        """Give nothing more to one of the servers."""
        self._turns = itertools.cycle(one for one in self._backends if one != _address(url))

    def serve(self, client: socket.socket) -> None:
        """Pass requests on, one after the other."""
        servers: dict[tuple[str, int], tuple[socket.socket, Iterator[bytes]]] = {}
        for message in _messages(client, is_answer=False):
            address = next(self._turns)
            if address not in servers:
                sock = self.connect(address)
                servers[address] = (sock, _messages(sock, is_answer=True))
            sock, answers = servers[address]
            sock.sendall(message)
            answer = next(answers, None)
            if answer is None:
                return
            client.sendall(answer)


class Closing(Proxy):
    """Gives so many answers on a connection, says so in the last one, and closes it after that."""

    def __init__(self, url: str, answers: int = 1) -> None:
        super().__init__(url)
        self.answers = answers
        self.requests = 0
        self.refusals = 0
        """How often the server was not there."""

    def serve(self, client: socket.socket) -> None:
        """Pass requests on, and their answers back."""
        messages = _messages(client, is_answer=False)
        server: socket.socket | None = None
        for left, message in zip(reversed(range(self.answers)), messages, strict=False):
            self.requests += 1
            try:
                server = server or self.connect(self._backends[0])
            except OSError:
                self.refusals += 1
                return
            server.sendall(message)
            answer = next(_messages(server, is_answer=True), None)
            if answer is None:
                return
            status, _, rest = answer.partition(b"\r\n")
            says = b"" if left else b"\r\nConnection: close"
            client.sendall(status + says + b"\r\n" + rest)


def _messages(sock: socket.socket, *, is_answer: bool) -> Iterator[bytes]:
    buffer = b""
    while True:
        while b"\r\n\r\n" not in buffer:
            data = sock.recv(_PIECE)
            if not data:
                return
            buffer += data
        head, _, _ = buffer.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if is_answer and lines[0].split()[1] == b"204":
            length = 0
        size = len(head) + 4 + length
        while len(buffer) < size:
            data = sock.recv(_PIECE)
            if not data:
                return
            buffer += data
        yield buffer[:size]
        buffer = buffer[size:]


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def _reset(sock: socket.socket) -> None:
    """Let the kernel send RST instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # A thread that reads it would keep it open.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RD)
    sock.close()
