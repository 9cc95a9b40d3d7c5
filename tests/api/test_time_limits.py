"""`request_timeout` bounds a whole call: names, connecting, tunnels, signing in and the answer."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from urllib3.connection import HTTPConnection, HTTPSConnection

from arango_jobs import ArangoClient, HostUnreachableError, RequestTimeoutError, TransportError
from arango_jobs._net.time_limits import Limit, limited, time_limit

LIMIT = 0.2
SLACK = 1.5


@contextlib.contextmanager
def dripping(piece: bytes, *, backlog: bool = True) -> Iterator[int]:
    """Listen, and send `piece` to whoever connects every few milliseconds, for ever."""
    stop, threads = threading.Event(), list[threading.Thread]()

    def serve(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            while not stop.wait(0.01):
                sock.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while not stop.is_set():
                threads.append(threading.Thread(target=serve, args=(listener.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept))
        threads[0].start()
        yield listener.getsockname()[1]
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)


def failure(client: ArangoClient, **options: Any) -> TransportError:
    """Return how a call ends, which must be within its time."""
    began = time.monotonic()
    with client, pytest.raises(TransportError) as caught:
        client.db("test", **options)["c"].count()
    assert time.monotonic() - began < LIMIT + SLACK
    return caught.value


def test_a_handshake_that_does_not_end() -> None:
    """Nothing was sent, so the next host would get it."""
    with dripping(b"\x16\x03\x03\x3f\xff\x02") as port:
        error = failure(ArangoClient(f"https://127.0.0.1:{port}", request_timeout=LIMIT))
    assert isinstance(error, HostUnreachableError)


@pytest.mark.parametrize("piece", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 O", b"a"])
def test_a_tunnel_that_does_not_come_about(piece: bytes) -> None:
    """What a proxy says to CONNECT is timed as well."""
    with dripping(piece) as port, requests.Session() as session:
        session.proxies["https"] = f"http://127.0.0.1:{port}"
        client = ArangoClient("https://a.test", request_timeout=LIMIT, session=session)
        failure(client)


def test_a_name_that_is_looked_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up goes on without anybody who waits, and what it finds is not used."""
    gate, look_up = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *args: Any, **options: Any) -> Any:
        gate.wait(10)
        return look_up("127.0.0.1", *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    before = set(threading.enumerate())
    error = failure(ArangoClient("http://slow.test:1", request_timeout=LIMIT))
    gate.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert isinstance(error, HostUnreachableError)
    assert "no connection within 0.2 s" in str(error)


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not used, and not left open."""
    gate, look_up = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *args: Any, **options: Any) -> Any:
        gate.wait(10)
        return look_up("127.0.0.1", *args, **options)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        failure(ArangoClient(f"http://slow.test:{port}", request_timeout=LIMIT))
        monkeypatch.undo()
        gate.set()
        listener.settimeout(10)
        sock = listener.accept()[0]
        with sock:
            sock.settimeout(10)
            assert sock.recv(1) == b""


def test_signing_in_is_within_the_limit() -> None:
    """A token is asked for in the time of the call that needs it, and waited for no longer."""
    with dripping(b"HTTP/1.1 100 Continue\r\n\r\n") as port:
        client = ArangoClient(f"http://127.0.0.1:{port}", request_timeout=LIMIT)
        db = client.db("test", auth_method="jwt")
        errors = list[BaseException]()

        def call() -> None:
            try:
                db["c"].count()
            except TransportError as error:
                errors.append(error)

        threads = [threading.Thread(target=call) for _ in range(8)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        client.close()
    assert time.monotonic() - began < LIMIT + SLACK
    assert len(errors) == 8
    assert all("(request_timeout)" in str(error) for error in errors)


def test_a_body_that_nobody_reads() -> None:
    """Writing is within the limit, too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = ArangoClient(f"http://127.0.0.1:{port}", request_timeout=LIMIT)
        began = time.monotonic()
        with client, pytest.raises(RequestTimeoutError):
            client.db("test")["c"].insert({"text": "x" * 20_000_000})
        assert time.monotonic() - began < LIMIT + SLACK


@pytest.mark.parametrize("kind", [HTTPConnection, HTTPSConnection])
def test_limited_classes_are_what_they_were(kind: Any) -> None:
    """A class is made once, and is still trusted for where it comes from."""
    made = limited(kind)
    assert issubclass(made, kind)
    assert (limited(kind), limited(made)) == (made, made)
    assert (made.__name__, made.__module__) == (kind.__name__, kind.__module__)


def test_without_a_limit_nothing_is_timed() -> None:
    """`request_timeout=None` waits as long as it takes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = limited(HTTPConnection)("127.0.0.1", listener.getsockname()[1])
        connection.connect()
        assert connection.sock.gettimeout() is None
        connection.close()


def test_a_limit_that_somebody_ends() -> None:
    """A call that nobody waits for any more ends as soon as it looks."""
    limit = Limit(time.monotonic() + 60)
    connection = limited(HTTPConnection)("127.0.0.1", 1)
    limit.end()
    with time_limit(limit), pytest.raises(TimeoutError):
        connection.connect()
