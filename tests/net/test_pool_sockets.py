"""Connections that the session's adapter makes, and the pipeline uses."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from netpeer import (
    PATIENCE,
    Listener,
    ManualClock,
    Peer,
    TlsServer,
    answer,
    closing,
    context_for,
    exchange,
    outcomes,
    poll_until,
)
from pathserver import pooled
from requests.adapters import HTTPAdapter
from tunnels import Tunnels
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from arango_jobs._net.choose import choose_transport
from arango_jobs._net.exchange import Answered, Connected, Failure
from arango_jobs._net.hosts import parse_host
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.pool_sockets import pool_sockets
from arango_jobs._net.session import SessionTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs.errors import TLSError

HTTP = "http://db.example:8529"
HTTPS = "https://db.example:8530"
# The server with TLS talks to one client at a time.
ONE = NetSettings(connections=1)


class Adapter(HTTPAdapter):
    """Makes its connections with options of its own."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **{**options, **self.options})

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*args, **{**options, **self.options})


def session_with(adapter: HTTPAdapter | None = None, proxy: str | None = None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    if adapter is not None:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
    if proxy is not None:
        session.proxies = {"http": proxy, "https": proxy}
    return session


@contextlib.contextmanager
def pipelined(
    url: str,
    session: requests.Session,
    settings: NetSettings | None = None,
    clock: ManualClock | None = None,
) -> Iterator[PipelineTransport]:
    transport, _ = choose_transport([url], session, settings, clock=clock)
    with closing(transport), session:
        assert isinstance(transport, PipelineTransport)
        yield transport


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[TlsServer]:
    """A server with a certificate for db.example."""
    server = TlsServer(context_for(authority, "db.example"))
    yield server
    server.close()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


# Which way.


class Counting(HTTPConnection):
    """A user's own class of connections."""


class Counted(HTTPConnectionPool):
    """A user's own class of pools."""


def methods(*names: str) -> HTTPAdapter:
    """Return an adapter whose class overrides these methods, without changing anything."""
    own = {name: _same(getattr(HTTPAdapter, name)) for name in names}
    adapter: HTTPAdapter = type("Own", (HTTPAdapter,), own)()
    return adapter


def retrying(retries: int | Retry) -> HTTPAdapter:
    """Return an adapter with retries, and a class of its own."""
    adapter = Adapter()
    adapter.max_retries = Retry.from_int(retries)
    return adapter


def _same(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **options: method(*args, **options)


class PyOpenSSLContext:
    """Not the standard library's."""

    verify_mode = ssl.CERT_REQUIRED


@pytest.mark.parametrize("url", [HTTP, HTTPS])
@pytest.mark.parametrize(
    "adapter",
    [
        lambda: Adapter(),
        lambda: Adapter(source_address=("127.0.0.1", 0)),
        lambda: methods("init_poolmanager", "proxy_manager_for", "proxy_headers", "close"),
        lambda: methods("get_connection_with_tls_context", "get_connection"),
    ],
)
def test_adapter_that_only_connects(adapter: Callable[[], HTTPAdapter], url: str) -> None:
    """Its connections are pipelined, and the reason says whose they are."""
    transport, reason = choose_transport([url], session_with(adapter()))
    with closing(transport):
        assert isinstance(transport, PipelineTransport)
        assert "made by the session's adapters" in transport.describe()
        assert reason == (
            "Connections are made by the session's adapters, and used without it: "
            "the session has an adapter of its own."
        )


@pytest.mark.parametrize(
    ("adapter", "url"),
    [
        *((lambda name=name: methods(name), HTTP)
          for name in ("send", "add_headers", "build_response", "request_url", "cert_verify")),
        (lambda: retrying(1), HTTP),
        (lambda: retrying(Retry(total=None, status=1)), HTTP),
        (lambda: pooled(block=True), HTTP),
        (lambda: pooled(ConnectionCls=Counting), HTTP),
        (lambda: pooled(__class__=Counted), HTTP),
        (lambda: pooled(urlopen=print), HTTP),
        (lambda: pooled(host="other.example"), HTTP),
        (lambda: pooled(port=1), HTTP),
        (lambda: Adapter(ssl_context=PyOpenSSLContext()), HTTPS),
    ],
)  # fmt: skip
def test_adapter_that_does_more(adapter: Callable[[], HTTPAdapter], url: str) -> None:
    """What could touch a request, or a connection in use: only the session itself will do."""
    session = session_with(adapter())
    transport, _ = choose_transport([url], session)
    with closing(transport), session:
        assert isinstance(transport, SessionTransport)


@pytest.mark.parametrize(
    ("proxy", "url", "depth"),
    [
        ("http://proxy.example", HTTP, 1),
        ("https://proxy.example", HTTP, 1),
        ("http://proxy.example", HTTPS, 50),
        # TLS within TLS.
        ("https://proxy.example", HTTPS, None),
        ("socks5h://proxy.example", HTTP, 50),
        ("socks5h://proxy.example", HTTPS, 50),
    ],
)
def test_proxies(proxy: str, url: str, depth: int | None) -> None:
    """A tunnel is a connection like any; a proxy that reads requests gets one at a time."""
    transport, reason = choose_transport([url], session_with(proxy=proxy))
    with closing(transport):
        assert "names a proxy" in reason
        if depth is None:
            assert isinstance(transport, SessionTransport)
        else:
            assert f"at most {depth} deep" in transport.describe()


def test_one_host_more() -> None:
    """Each host has its own way; a single one that needs the session itself decides for all."""
    session = session_with()
    session.mount("http://second", Adapter())
    transport, _ = choose_transport([HTTP, "http://second"], session)
    with closing(transport):
        assert isinstance(transport, PipelineTransport)
    session.mount("http://third", HTTPAdapter(max_retries=1))
    transport, _ = choose_transport([HTTP, "http://second", "http://third"], session)
    with closing(transport):
        assert isinstance(transport, SessionTransport)


# What is known of a request.


def test_source_address(listener: Listener) -> None:
    """The adapter's connection is made as it says, and carries many requests at a time."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    session = session_with(Adapter(source_address=("127.0.0.1", port)))
    session.headers["X-Tenant"] = "a"
    with pipelined(listener.url, session) as transport:
        transport.send(exchange(0))
        poll_until(transport, 1, Connected)
        peer = listener.accept()
        assert peer.sock.getpeername()[1] == port
        assert b"X-Tenant: a\r\n" in peer.requests(1)[0]
        peer.send(answer())
        poll_until(transport, 1, Answered)
        for token in (1, 2):
            transport.send(exchange(token))
        transport.poll(0)
        assert len(peer.requests(2)) == 2
        assert not listener.has_caller()


def test_idle_connection_that_ended(listener: Listener) -> None:
    """What the server closed meanwhile gets nothing; another connection is made, and told."""
    with pipelined(listener.url, session_with(Adapter())) as transport:
        for token in range(3):
            transport.send(exchange(token, method="POST", body=b"x"))
            events = poll_until(transport, 1, Connected)
            peer = listener.accept()
            peer.requests(1)
            peer.send(answer())
            events += poll_until(transport, 1, Answered)
            assert sum(isinstance(event, Connected) for event in events) == 1
            peer.close()


def test_broken_in_the_middle(listener: Listener) -> None:
    """What was handed over may have run; what was not goes on, on another connection."""
    with pipelined(listener.url, session_with(Adapter()), ONE) as transport:
        transport.send(exchange(1))
        transport.send(exchange(2))
        poll_until(transport, 1, Connected)
        peer = listener.accept()
        assert len(peer.requests(1)) == 1
        peer.reset()
        events = poll_until(transport, 2, (Failure, Connected))
        peer = listener.accept()
        peer.requests(1)
        peer.send(answer())
        events += poll_until(transport, 1, Answered)
        assert outcomes(events) == {1: ("ConnectionLostError", True), 2: (200, b"{}")}


def test_bound_to_an_older_connection(listener: Listener) -> None:
    """A request that names a job is not written on a connection that was made since."""
    with pipelined(listener.url, session_with(Adapter())) as transport:
        transport.send(exchange("submit"))
        poll_until(transport, 1, Connected)
        peer = listener.accept()
        peer.requests(1)
        peer.send(answer())
        poll_until(transport, 1, Answered)
        peer.close()
        fetch = exchange("fetch")
        fetch.epoch = 1
        transport.send(fetch)
        transport.send(exchange("identify"))
        events = poll_until(transport, 1, Failure)
        assert outcomes(events) == {"fetch": ("ConnectionLostError", False)}
        assert any(isinstance(event, Connected) for event in events)
        fresh = listener.accept()
        transport.poll(0)
        assert len(fresh.requests(1)) == 1
        assert not fresh.has_more()


def test_refused() -> None:
    """Nobody listens: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pipelined(f"http://127.0.0.1:{port}", session_with(Adapter())) as transport:
        transport.send(exchange(1))
        (failure,) = poll_until(transport, 1)
        assert outcomes([failure]) == {1: ("HostUnreachableError", False)}
        assert isinstance(failure, Failure)
        assert "refused" in str(failure.error)


def test_half_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is given up on its way is closed."""
    ours, theirs = socket.socketpair()

    def connect(connection: Any) -> None:
        connection.sock = ours
        raise ValueError

    monkeypatch.setattr(HTTPConnection, "connect", connect)
    with pipelined(HTTP, session_with(Adapter())) as transport:
        transport.send(exchange(1))
        assert outcomes(poll_until(transport, 1)) == {1: ("HostUnreachableError", False)}
        assert Peer(theirs).is_closed()
    theirs.close()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, socket.socket]]:
    """What lets connecting go on, and the other end of the connection that is made then."""
    gate = threading.Event()
    ours, theirs = socket.socketpair()

    def connect(connection: Any) -> None:
        assert gate.wait(PATIENCE)
        connection.sock = ours

    monkeypatch.setattr(HTTPConnection, "connect", connect)
    yield gate, theirs
    theirs.close()
    ours.close()


def test_too_long(stuck: tuple[threading.Event, socket.socket], clock: ManualClock) -> None:
    """No connection in time: nothing was sent, and what is made after that is closed."""
    gate, other = stuck
    settings = NetSettings(connect_timeout=3)
    with pipelined(HTTP, session_with(Adapter()), settings, clock) as transport:
        transport.send(exchange(1))
        assert transport.poll(0) == []
        clock.now += 3
        (failure,) = transport.poll(0)
        assert outcomes([failure]) == {1: ("HostUnreachableError", False)}
        assert isinstance(failure, Failure)
        assert "no connection within 3 s" in str(failure.error)
        gate.set()
        assert Peer(other).is_closed()
        _join_dialers()


def test_closed_while_connecting(stuck: tuple[threading.Event, socket.socket]) -> None:
    """`close` leaves no connection behind."""
    gate, other = stuck
    with pipelined(HTTP, session_with(Adapter())) as transport:
        transport.send(exchange(1))
        transport.poll(0)
        gate.set()
        assert outcomes(transport.close())[1] == ("ConnectionLostError", False)
        assert Peer(other).is_closed()
        _join_dialers()


def _join_dialers() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("arango-jobs-dialer"):
            thread.join(PATIENCE)


# TLS.


def test_context_of_the_adapter(server: TlsServer, authority: trustme.CA, tmp_path: Path) -> None:
    """Its context and the name it wants to see, and only with these."""
    url = f"https://127.0.0.1:{server.port}"
    adapter = Adapter(ssl_context=trusting(authority), assert_hostname="db.example")
    with pipelined(url, session_with(adapter), ONE) as transport:
        for token in range(200):
            transport.send(exchange(token, target=f"/{token}"))
        found = outcomes(poll_until(transport, 200, Answered))
        assert found == {token: (200, b"x" * token) for token in range(200)}
    with pipelined(url, session_with(Adapter(assert_hostname="db.example"))) as transport:
        transport.send(exchange(1))
        (failure,) = poll_until(transport, 1)
        assert outcomes([failure]) == {1: ("HostUnreachableError", False)}
        assert isinstance(failure, Failure)
        assert "certificate" in str(failure.error)
        assert isinstance(failure.error.__cause__, TLSError)


@pytest.mark.parametrize("is_clean", [True, False])
def test_end_of_body(server: TlsServer, authority: trustme.CA, is_clean: bool) -> None:
    """A body up to the end of the connection is whole only if TLS says that it ended."""
    adapter = Adapter(ssl_context=trusting(authority), assert_hostname="db.example")
    with pipelined(f"https://127.0.0.1:{server.port}", session_with(adapter)) as transport:
        transport.send(exchange(1, target="/end" if is_clean else "/cut"))
        events = poll_until(transport, 1, (Answered, Failure))
        expected = (200, b"ab") if is_clean else ("ConnectionLostError", True)
        assert outcomes(events) == {1: expected}


@pytest.mark.parametrize("target", ["/end", "/cut"])
def test_end_that_tls_does_not_tell(
    server: TlsServer, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    target: str,
) -> None:  # fmt: skip
    """Old Pythons have urllib3 make contexts to which all ends are alike: none is believed."""

    def hiding(**options: Any) -> ssl.SSLContext:
        context: ssl.SSLContext = create_urllib3_context(**options)
        context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
        return context

    monkeypatch.setattr("urllib3.connection.create_urllib3_context", hiding)
    session = session_with(Adapter(assert_hostname="db.example"))
    session.verify = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(session.verify)
    with pipelined(f"https://127.0.0.1:{server.port}", session) as transport:
        transport.send(exchange(0, target="/1"))
        assert outcomes(poll_until(transport, 1, Answered)) == {0: (200, b"x")}
        transport.send(exchange(1, target=target))
        events = poll_until(transport, 1, (Answered, Failure))
        assert outcomes(events) == {1: ("ConnectionLostError", True)}


# Proxies.


def test_forward_proxy(listener: Listener) -> None:
    """It gets whole URLs and its password, and no second request before it has answered."""
    session = session_with(proxy=f"http://user:pw@127.0.0.1:{listener.port}")
    settings = NetSettings(session_threads=3)
    with pipelined("http://db.example:8529/path", session, settings) as transport:
        for token in range(6):
            transport.send(exchange(token, target=f"/{token}"))
        poll_until(transport, 3, Connected)
        peers = [listener.accept() for _ in range(3)]
        found = {}
        for _ in range(2):
            for peer in peers:
                (request,) = peer.requests(1)
                line, _, rest = request.partition(b"\r\n")
                assert line.startswith(b"GET http://db.example:8529/path/")
                assert b"Proxy-Authorization: Basic dXNlcjpwdw==\r\n" in rest
                assert b"Host: db.example:8529\r\n" in rest
                assert not peer.has_more()
                peer.send(answer(line.split(b" ")[1].rpartition(b"/")[2]))
                found.update(outcomes(poll_until(transport, 1, Answered)))
        assert found == {token: (200, b"%d" % token) for token in range(6)}
        assert not listener.has_caller()


@pytest.fixture
def tunnels() -> Iterator[Callable[..., Tunnels]]:
    """What makes proxies, which end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(
            contextlib.closing(Tunnels(*args, **options))
        )


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_tunnel(
    server: TlsServer, authority: trustme.CA, scheme: str, tunnels: Callable[..., Tunnels]
) -> None:
    """Through CONNECT or SOCKS the pipeline reaches the server itself, with its TLS."""
    proxy = tunnels(server.port)
    adapter = Adapter(ssl_context=trusting(authority))
    session = session_with(adapter, f"{scheme}://127.0.0.1:{proxy.port}")
    with pipelined(HTTPS, session, ONE) as transport:
        for token in range(200):
            transport.send(exchange(token, target=f"/{token}"))
        found = outcomes(poll_until(transport, 200, Answered))
        assert found == {token: (200, b"x" * token) for token in range(200)}
    assert proxy.asked
    assert all(asked.removeprefix(b"CONNECT ").startswith(b"db.example") for asked in proxy.asked)


def test_socks_without_tls(listener: Listener, tunnels: Callable[..., Tunnels]) -> None:
    """A plain connection by way of SOCKS: targets as for the server."""
    proxy = tunnels(listener.port)
    with pipelined(HTTP, session_with(proxy=f"socks5h://127.0.0.1:{proxy.port}")) as transport:
        transport.send(exchange(1, target="/x"))
        poll_until(transport, 1, Connected)
        peer = listener.accept()
        assert peer.requests(1)[0].startswith(b"GET /x HTTP/1.1\r\n")
        peer.send(answer())
        assert outcomes(poll_until(transport, 1, Answered)) == {1: (200, b"{}")}
    assert proxy.asked == [b"db.example"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_socket_to_proxy(listener: Listener, scheme: str, tunnels: Callable[..., Tunnels]) -> None:
    """It is one of the system's, never waits, and sends small pieces at once."""
    proxy = tunnels(listener.port)
    with session_with(proxy=f"{scheme}://127.0.0.1:{proxy.port}") as session:
        sockets = pool_sockets(session, parse_host("http://127.0.0.1:8529"), NetSettings())
        assert sockets is not None
        with sockets.open(PATIENCE) as sock:
            assert type(sock) is socket.socket
            assert sock.gettimeout() == 0
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            # Only then does the proxy have something to read.
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")


def test_tunnel_refused(tunnels: Callable[..., Tunnels]) -> None:
    """The proxy's answer is told, the password for it is not; nothing was sent."""
    proxy = tunnels(0, refusal=b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    session = session_with(proxy=f"http://user:s3cret@127.0.0.1:{proxy.port}")
    with pipelined(HTTPS, session) as transport:
        transport.send(exchange(1))
        (failure,) = poll_until(transport, 1)
    assert outcomes([failure]) == {1: ("HostUnreachableError", False)}
    assert isinstance(failure, Failure)
    assert "407 Proxy Authentication Required" in str(failure.error)
    assert "s3cret" not in str(failure.error)
    assert b"Proxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n" in proxy.asked[0]
