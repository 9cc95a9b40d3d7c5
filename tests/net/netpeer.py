"""A server that the test plays by hand, on loopback, in the test's own thread.

The kernel completes connections and keeps bytes, so a test may let the transport
write, then read here what came, then answer: nothing waits for a clock.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from itertools import chain
from typing import TypeVar

import trustme

from arango_jobs._net.exchange import (
    Answered,
    Connected,
    Exchanges,
    Failure,
    Transport,
    TransportEvent,
)
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs.operations import Headers, Template

AnyTransport = TypeVar("AnyTransport", bound=Transport)

PATIENCE = 10.0
"""Seconds after which a test that waits for the other side fails."""


def exchange(
    token: object = None,
    *,
    method: str = "GET",
    target: str = "/_api/version",
    body: bytes = b"",
    headers: Headers = (),
    timeout: float = 60.0,
    is_quick: bool = True,
) -> Exchanges:
    template = Template(method, target, headers, is_quick)
    return Exchanges(template, ("",), (body,), 0, token, timeout)


def send_all(transport: Transport, exchanges: list[Exchanges], *, together: bool) -> None:
    """Send what differs in body and token alone, in one piece or one by one.

    In one piece the tokens are items.
    """
    if not together:
        for each in exchanges:
            transport.send(each)
        return
    first = exchanges[0]
    bodies = [each.bodies[0] for each in exchanges]
    leaves, items = [""] * len(bodies), [each.token for each in exchanges]
    many = Exchanges(first.template, leaves, bodies, 0, None, first.timeout, first.epoch, items)
    transport.send(many)


def answer(body: bytes = b"{}", status: str = "200 OK", extra: bytes = b"") -> bytes:
    size = len(body)
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status.encode(), extra, size, body)


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock
        self.buffer = b""

    def requests(self, count: int) -> list[bytes]:
        """Read `count` requests."""
        return [self._request() for _ in range(count)]

    def _request(self) -> bytes:
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._more()
        head = self.buffer[:end].lower()
        _, found, value = head.partition(b"content-length: ")
        size = end + 4 + (int(value.split(b"\r\n")[0]) if found else 0)
        while len(self.buffer) < size:
            self._more()
        request, self.buffer = self.buffer[:size], self.buffer[size:]
        return request

    def _more(self) -> None:
        data = self.sock.recv(1 << 20)
        if not data:
            raise EOFError("the client closed the connection")
        self.buffer += data

    def has_more(self) -> bool:
        """Whether bytes of another request have come."""
        self.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.buffer += self.sock.recv(1 << 20)
        self.sock.settimeout(PATIENCE)
        return bool(self.buffer)

    def is_closed(self) -> bool:
        """Whether the client has closed."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def send(self, *answers: bytes) -> None:
        self.sock.sendall(b"".join(answers))

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Close with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Listener:
    """A listening socket; connections are accepted when the test says so."""

    def __init__(
        self, *, receive_buffer: int = 0, family: int = socket.AF_INET, port: int = 0
    ) -> None:
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
        self.sock.listen(32)
        self.sock.settimeout(PATIENCE)
        self.port: int = self.sock.getsockname()[1]
        self.peers: list[Peer] = []

    @property
    def url(self) -> str:
        host = "[::1]" if self.sock.family == socket.AF_INET6 else "127.0.0.1"
        return f"http://{host}:{self.port}"

    def accept(self) -> Peer:
        peer = Peer(self.sock.accept()[0])
        self.peers.append(peer)
        return peer

    def has_caller(self) -> bool:
        """Whether a connection waits to be accepted."""
        self.sock.setblocking(False)
        try:
            self.peers.append(Peer(self.sock.accept()[0]))
        except BlockingIOError:
            return False
        finally:
            self.sock.settimeout(PATIENCE)
        return True

    def close(self) -> None:
        for peer in self.peers:
            peer.close()
        self.sock.close()


def poll_until(
    transport: Transport, count: int, kind: type | tuple[type, ...] = object
) -> list[TransportEvent]:
    """Poll until `count` events of `kind` came; return all events."""
    events: list[TransportEvent] = []
    while sum(isinstance(event, kind) for event in events) < count:
        new = transport.poll(PATIENCE)
        assert new, "nothing came"
        events += singles(new)
    return events


def singles(events: list[TransportEvent]) -> list[TransportEvent]:
    """Return `events` with one for each exchange."""
    found: list[TransportEvent] = []
    for event in events:
        if isinstance(event, Answered):
            alone = chain.from_iterable(exchanges.each() for exchanges in event.exchanges)
            found += [
                exchange.answered(event.response(index), event.connection)
                for index, exchange in enumerate(alone)
            ]
        else:
            found.append(event)
    return found


def outcomes(events: list[TransportEvent]) -> dict[object, object]:
    """Map tokens to status and body, or to error class and may_have_run."""
    found: dict[object, object] = {}
    for event in singles(events):
        if isinstance(event, Answered):
            (exchange,), response = event.exchanges, event.response(0)
            assert exchange.token not in found
            found[exchange.token] = (response.status, response.body)
        elif isinstance(event, Failure):
            assert event.exchange.token not in found
            found[event.exchange.token] = (type(event.error).__name__, event.may_have_run)
    return found


def connected_peer(transport: PipelineTransport, listener: Listener) -> Peer:
    """Return the server's end after the transport has connected and written."""
    poll_until(transport, 1, Connected)
    return listener.accept()


def deepen(transport: PipelineTransport, listener: Listener, depth: int) -> Peer:
    """Return a connection that takes `depth` requests (a power of two)."""
    transport.send(exchange("deepen"))
    peer = connected_peer(transport, listener)
    width = 1
    while True:
        peer.requests(width)
        peer.send(answer() * width)
        poll_until(transport, width, Answered)
        width *= 2
        if width >= depth:
            return peer
        for number in range(width):
            transport.send(exchange(number))
        transport.poll(0)


def context_for(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """Return what a server with a certificate for `names` speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


class TlsServer:
    """Answers every request of every connection with `{}` over TLS, from a thread."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.client_names: list[str] = []
        self._thread = threading.Thread(target=self._run, name="tls-server")
        self._thread.start()

    def _run(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            sock.settimeout(PATIENCE)
            with contextlib.suppress(OSError, EOFError), sock:
                if sock.recv(1, socket.MSG_PEEK) == b"q":
                    return
                with self._context.wrap_socket(sock, server_side=True) as tls:
                    self._serve(tls)

    def _serve(self, tls: ssl.SSLSocket) -> None:
        certificate = tls.getpeercert() or {}
        names = [value for kind, value in certificate.get("subjectAltName", ())]  # type: ignore[attr-defined, misc]
        self.client_names += names
        peer = Peer(tls)
        while True:
            target = peer.requests(1)[0].split(b" ")[1]
            if target in (b"/end", b"/cut"):
                peer.send(b"HTTP/1.1 200 OK\r\n\r\nab")
                if target == b"/end":
                    tls.unwrap()
                return
            peer.send(answer(b"x" * int(target[1:])))

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as sock:
            sock.sendall(b"q")
            self._thread.join(PATIENCE)
        self._listener.close()
        assert not self._thread.is_alive()


class ManualClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        return event.is_set()


@contextlib.contextmanager
def closing(transport: AnyTransport) -> Iterator[AnyTransport]:
    """Close `transport` at the end of the block."""
    try:
        yield transport
    finally:
        transport.close()
