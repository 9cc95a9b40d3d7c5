"""Real sockets that are no server: each failure is an error that names the host."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from arango_jobs import (
    ArangoClient,
    ConnectionLostError,
    HostUnreachableError,
    NotHTTPError,
    RequestTimeoutError,
    TLSError,
    TransportError,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port and do with the first connection what `behave` says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)
        assert not thread.is_alive()


def says(reply: bytes) -> Callable[[socket.socket], None]:
    """Return a peer that reads something, says `reply` and closes."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(reply)

    return behave


def fails(
    port: int, scheme: str = "http", silent: bool = False, **options: float
) -> TransportError:
    """Ask the peer for something and return the error."""
    host = f"{scheme}://127.0.0.1:{port}"
    with (
        ArangoClient(host, **options) as client,  # type: ignore[arg-type]  # seconds
        pytest.raises(TransportError) as caught,
    ):
        client.db()["c"].insert({"x": 1}, silent=silent)
    assert host in str(caught.value)
    assert isinstance(caught.value, ConnectionError)
    return caught.value


def test_nobody_listens() -> None:
    """Nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fails(port)
    assert type(error) is HostUnreachableError
    assert "refused" in str(error)


def test_a_name_that_does_not_resolve() -> None:
    """Nothing was sent."""
    with (
        ArangoClient("http://no-such-host.invalid:8529") as client,
        pytest.raises(HostUnreachableError, match=r"no-such-host\.invalid"),
    ):
        client.db().version()


NO_HTTP = {
    "a banner": b"SSH-2.0-OpenSSH_9.6\r\n",
    "noise": b"\x00\x01\x02\x03\r\n\r\n",
    "a version that is not there": b"HTTP/9.9 abc\r\n\r\n",
}


@pytest.mark.parametrize("case", NO_HTTP)
def test_no_http(case: str) -> None:
    """What answers is no HTTP server."""
    with peer(says(NO_HTTP[case])) as port:
        assert type(fails(port)) is NotHTTPError


BROKEN = {
    "no word": b"",
    "half a line of the head": HEAD[:20],
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n50\r\n{",
}


@pytest.mark.parametrize("case", BROKEN)
def test_closed_too_early(case: str) -> None:
    """What was asked for may have been done."""
    with peer(says(BROKEN[case])) as port:
        assert type(fails(port, silent=True)) is ConnectionLostError


def test_an_answer_that_ends_with_the_connection() -> None:
    """Without a length, a body that can be read is whole."""
    with (
        peer(says(HEAD + b'\r\n{"version": "3.12"}')) as port,
        ArangoClient(f"http://127.0.0.1:{port}") as client,
    ):
        assert client.db().version() == "3.12"


def test_a_body_that_does_not_decompress() -> None:
    """A content coding that is not kept is no answer."""
    reply = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
    with peer(says(reply)) as port:
        assert type(fails(port)) is NotHTTPError


def test_no_answer_in_time() -> None:
    """The budget of one request is over."""
    stop = threading.Event()

    def say_nothing(connection: socket.socket) -> None:
        connection.recv(65536)
        stop.wait(5)

    with peer(say_nothing) as port:
        error = fails(port, timeout=0.05)
        stop.set()
    assert type(error) is RequestTimeoutError
    assert isinstance(error, TimeoutError)


def test_an_answer_that_trickles() -> None:
    """The budget is for the whole answer, not for the pauses between its bytes."""
    stop = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
        try:
            while not stop.wait(0.005):
                connection.sendall(b" " * 70_000)
        except OSError:
            pass

    with peer(trickle) as port:
        error = fails(port, timeout=0.04)
        stop.set()
    assert type(error) is RequestTimeoutError


def test_no_tls() -> None:
    """A plain server is no trusted one."""
    with peer(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert type(fails(port, "https")) is TLSError
