"""Requests on connections of the session's pools: what urllib3 would do when all is not well."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any, ClassVar

import pytest
import requests
import trustme
from netpeer import TlsServer, answer, closing, context_for, exchange, outcomes, poll_until
from pathserver import Server, pooled
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError, SSLError
from urllib3.util.retry import Retry

from arango_jobs._net.exchange import Answered, Connected, Failure, TransportEvent
from arango_jobs._net.hosts import parse_host
from arango_jobs._net.pool_calls import PoolCaller
from arango_jobs._net.session import SessionTransport
from arango_jobs._net.session_calls import caller_for
from arango_jobs._net.session_connections import Numbers
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.wire_calls import WireCaller


def unnumbered() -> Numbers:
    """Return numbers of connections that are told to nobody."""
    return Numbers(lambda: None, time.monotonic)


class Connection(HTTPConnection):
    """A user's own, on which only urllib3 may speak."""


@pytest.fixture(params=["connection", "pool"])
def adapter(request: pytest.FixtureRequest) -> HTTPAdapter:
    """One on whose connections we speak, and as measure of it one whose pool is called."""
    return HTTPAdapter() if request.param == "connection" else pooled(ConnectionCls=Connection)


def run(
    server: Server, adapter: HTTPAdapter, retries: Retry | int, target: str, method: str = "GET"
) -> tuple[object, int]:
    """Return what becomes of a request, and how many the server sees."""
    adapter.max_retries = Retry.from_int(retries)
    with requests.Session() as session:
        session.mount("http://", adapter)
        with closing(SessionTransport([server.url], session)) as transport:
            transport.send(exchange(1, target=target, method=method, timeout=5))
            return outcomes(poll_until(transport, 1, (Answered, Failure)))[1], len(server.requests)


LOST = ("ConnectionLostError", True)
BUSY = (503, b"busy")


@pytest.mark.parametrize(
    ("retries", "target", "method", "expected"),
    [
        (1, "/once", "GET", ((200, b"once"), 2)),
        (1, "/once", "POST", (LOST, 1)),
        (Retry(3, read=0), "/once", "GET", (LOST, 1)),
        (Retry(3, read=False), "/once", "GET", (LOST, 1)),
        (2, "/break", "GET", (LOST, 3)),
        # An answer had begun.
        (2, "/cut-head", "PUT", (LOST, 1)),
        (2, "/cut", "GET", (LOST, 1)),
        (1, "/busy", "GET", (BUSY, 1)),
        (1, "/later", "GET", ((200, b"later"), 2)),
        (Retry(1, status_forcelist=[503]), "/busy", "GET", ((200, b"busy"), 2)),
        (Retry(1, status_forcelist=[503]), "/busy", "POST", (BUSY, 1)),
        (Retry(1, status=0, status_forcelist=[503]), "/busy", "GET", (LOST, 1)),
        (
            Retry(1, status=0, status_forcelist=[503], raise_on_status=False),
            "/busy", "GET", (BUSY, 1),
        ),
        (
            Retry(2, status_forcelist=[503], raise_on_status=False),
            "/busy-break", "GET", (LOST, 3),
        ),
        (Retry(total=None, status=1, status_forcelist=[503]), "/busy", "GET", ((200, b"busy"), 2)),
    ],
)  # fmt: skip
def test_retries(
    server: Server, adapter: HTTPAdapter, retries: Retry | int, target: str, method: str,
    expected: object,
) -> None:  # fmt: skip
    """The adapter's retries are kept to, whoever made the first attempt."""
    assert run(server, adapter, retries, target, method) == expected


def test_which_way() -> None:
    """Ours only where there is no proxy, and urllib3's own connections."""
    for session_adapter, proxy, kind in (
        (HTTPAdapter(max_retries=1), None, WireCaller),
        (pooled(ConnectionCls=Connection), None, PoolCaller),
        (HTTPAdapter(max_retries=1), "http://proxy.example", PoolCaller),
    ):
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", session_adapter)
            if proxy:
                session.proxies["http"] = proxy
            host = parse_host("http://db.example:8529")
            assert type(caller_for(session, host, NetSettings(), unnumbered())) is kind


def sequence(server: Server, transport: SessionTransport, *targets: str) -> list[TransportEvent]:
    events: list[TransportEvent] = []
    for target in targets:
        transport.send(exchange(len(events), target=target, timeout=5))
        events += poll_until(transport, 1, (Answered, Failure))
    return events


def bodies(events: list[TransportEvent]) -> list[bytes]:
    return [event.response(0).body for event in events if isinstance(event, Answered)]


def test_connection_is_kept(server: Server, adapter: HTTPAdapter) -> None:
    """One after the other on one connection, until the server ends it; each is told."""
    with requests.Session() as session:
        session.mount("http://", adapter)
        with closing(SessionTransport([server.url], session)) as transport:
            events = sequence(server, transport, "/a", "/b", "/chunked", "/c")
            assert server.connections == 1
            server.restart()
            events += sequence(server, transport, "/d", "/e")
    assert bodies(events) == [b"a", b"b", b"ab", b"c", b"d", b"e"]
    assert server.connections == 2
    assert sum(isinstance(event, Connected) for event in events) == 2


@pytest.mark.parametrize("target", ["/twice", "/more", "/leaving"])
def test_connection_that_is_not_kept(server: Server, target: str) -> None:
    """More than was asked for is not taken for the next one's; what the server ends is ended."""
    with (
        requests.Session() as session,
        closing(SessionTransport([server.url], session)) as transport,
    ):
        assert bodies(sequence(server, transport, target, "/x")) == [b"a", b"x"]
    assert server.connections == 2


def test_late(server: Server) -> None:
    """Each request has its own time, and an answer that comes after it is nobody's."""
    with (
        requests.Session() as session,
        closing(SessionTransport([server.url], session)) as transport,
    ):
        assert bodies(sequence(server, transport, "/x")) == [b"x"]
        opener = threading.Timer(1.0, server.gate.set)
        opener.start()
        transport.send(exchange(1, target="/wait", timeout=0.05))
        found = outcomes(poll_until(transport, 1, (Answered, Failure)))
        assert found == {1: ("RequestTimeoutError", True)}
        opener.join()
        assert bodies(sequence(server, transport, "/y")) == [b"y"]
    assert server.connections == 2


def test_head(server: Server) -> None:
    """Its answer has no body, whatever it says of one."""
    with (
        requests.Session() as session,
        closing(SessionTransport([server.url], session)) as transport,
    ):
        transport.send(exchange(1, target="/head", method="HEAD", timeout=5))
        assert outcomes(poll_until(transport, 1, (Answered, Failure))) == {1: (200, b"")}


def test_headers(server: Server) -> None:
    """No coding is asked for that we might not know, and no cookie kept that is gone."""
    with requests.Session() as session:
        session.cookies.set("node", "3")
        session.headers["X-Raw"] = b"raw"
        with closing(SessionTransport([server.url], session)) as transport:
            session.cookies.clear()
            sequence(server, transport, "/x")
    lines = server.requests[0].split(b"\r\n")
    assert b"Accept-Encoding: identity" in lines
    assert b"X-Raw: raw" in lines
    assert not any(line.startswith(b"Cookie") for line in lines)


class Noted(Retry):
    """Keeps what it is told."""

    errors: ClassVar[list[type[Exception] | None]] = []
    sleeps = 0

    def increment(self, *args: Any, error: Exception | None = None, **options: Any) -> Retry:
        self.errors.append(None if error is None else type(error))
        return super().increment(*args, error=error, **options)

    def sleep(self, response: Any = None) -> None:
        type(self).sleeps += 1


@pytest.fixture
def _nothing_noted() -> None:
    Noted.errors.clear()
    Noted.sleeps = 0


@pytest.mark.usefixtures("_nothing_noted")
@pytest.mark.parametrize(
    ("target", "noted"),
    [("/once", ProtocolError), ("/later", None), ("/wait", ReadTimeoutError)],
)
def test_what_retries_are_told(
    server: Server, adapter: HTTPAdapter, target: str, noted: type[Exception] | None
) -> None:
    """The same errors as from urllib3, and each repetition waits as they say."""
    adapter.max_retries = Noted(1)
    with requests.Session() as session:
        session.mount("http://", adapter)
        caller = caller_for(session, parse_host(server.url), NetSettings(), unnumbered())
        request = exchange(target=target).request
        if noted is ReadTimeoutError:
            with pytest.raises(MaxRetryError):
                caller.call(request, 0.05)
            assert Noted.errors == [noted, noted]
        else:
            assert caller.call(request, 5).response.status == 200
            assert Noted.errors == [noted]
        caller.close()
    assert Noted.sleeps == 1


@pytest.mark.usefixtures("_nothing_noted")
def test_what_retries_are_told_of_tls() -> None:
    """A server that is not trusted: an error of TLS."""
    context = context_for(trustme.CA(), "127.0.0.1")
    with (
        contextlib.closing(TlsServer(context)) as server,
        requests.Session() as session,
    ):
        session.mount("https://", HTTPAdapter(max_retries=Noted(1)))
        host = parse_host(f"https://127.0.0.1:{server.port}")
        caller = caller_for(session, host, NetSettings(), unnumbered())
        with pytest.raises(MaxRetryError):
            caller.call(exchange().request, 5)
        caller.close()
    assert Noted.errors == [SSLError, SSLError]


def test_pool_that_blocks(server: Server) -> None:
    """No more connections than the user allows."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=2, pool_block=True))
        with closing(SessionTransport([server.url], session)) as transport:
            for token in range(50):
                transport.send(exchange(token, timeout=5))
            poll_until(transport, 50, Answered)
    assert server.connections <= 2


def test_cookies_of_one_answer(server: Server) -> None:
    """Several lines of them are several cookies."""
    with requests.Session() as session:
        with closing(SessionTransport([server.url], session)) as transport:
            sequence(server, transport, "/cookies")
        assert session.cookies.get_dict() == {"a": '"1, 2"', "b": "3"}


def test_refused_before_it_was_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers and closes before it has read all: its answer counts."""
    ours, theirs = socket.socketpair()
    theirs.sendall(answer(b"no", "413 Content Too Large"))
    theirs.close()

    def connect(connection: Any) -> None:
        assert 4 < connection.timeout <= 5
        connection.sock = ours

    monkeypatch.setattr(HTTPConnection, "connect", connect)
    with (
        requests.Session() as session,
        closing(SessionTransport(["http://db.example"], session)) as transport,
    ):
        session.trust_env = False
        transport.send(exchange(1, method="POST", body=b"x" * 100_000, timeout=5))
        assert outcomes(poll_until(transport, 1, (Answered, Failure))) == {1: (413, b"no")}
    ours.close()
