"""The transport through the user's session, against a small server in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from netpeer import closing, exchange, outcomes, poll_until
from pathserver import CUT, ONCE, Server, pooled
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.util.retry import Retry

from arango_jobs._net.exchange import Answered, Connected, Exchanges, Failure
from arango_jobs._net.session import SessionTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import KeptEnvironment
from arango_jobs.errors import OptionError


class Seeing(HTTPAdapter):
    """An adapter with a `send` of its own, which keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[requests.PreparedRequest, dict[str, Any]]] = []

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
        self.seen.append((request.copy(), options))
        return super().send(request, **options)


class Connection(HTTPConnection):
    """A user's own: what it does to requests is not known."""


@pytest.fixture(params=["connection", "pool", "adapter", "send"])
def session(request: pytest.FixtureRequest) -> Iterator[requests.Session]:
    """What of the session is gone through: each way there is."""
    with requests.Session() as session:
        if request.param == "pool":
            session.mount("http://", pooled(ConnectionCls=Connection))
        elif request.param == "send":
            session.hooks["response"].append(lambda response, **_: response)
        elif request.param == "adapter":
            session.mount("http://", Seeing())
        yield session


def run(
    server: Server, session: requests.Session, *targets: str, settings: NetSettings | None = None
) -> dict[object, object]:
    with closing(SessionTransport([server.url], session, settings)) as transport:
        for target in targets:
            transport.send(exchange(target, target=f"/{target}", timeout=5))
        return outcomes(poll_until(transport, len(targets), (Answered, Failure)))


def test_answers(server: Server, session: requests.Session) -> None:
    """Whatever form an answer has, its body comes as it was."""
    targets = ("plain", "packed", "chunked", "redirect")
    assert run(server, session, *targets) == {
        "plain": (200, b"plain"),
        "packed": (200, b"body"),
        "chunked": (200, b"ab"),
        "redirect": (302, b""),
    }


def test_many(server: Server, session: requests.Session) -> None:
    """More exchanges than threads: each has its own answer."""
    targets = [str(number) for number in range(100)]
    assert run(server, session, *targets) == {t: (200, t.encode()) for t in targets}


@pytest.mark.parametrize(
    "target", [*(path.decode() for path in CUT if path not in ONCE), "garbage"]
)
def test_broken(server: Server, session: requests.Session, target: str) -> None:
    """Whatever is not an answer: it may have run."""
    assert run(server, session, target) == {target: ("ConnectionLostError", True)}


@pytest.mark.parametrize("target", ["bomb", "large"])
def test_too_large(server: Server, session: requests.Session, target: str) -> None:
    """The limit holds for what comes out of the decompression."""
    settings = NetSettings(max_response_bytes=10_000)
    found = run(server, session, target, settings=settings)
    assert found == {target: ("ResponseTooLargeError", True)}


def test_refused(session: requests.Session) -> None:
    """Nobody listens: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with closing(SessionTransport([f"http://127.0.0.1:{port}"], session)) as transport:
        transport.send(exchange(1))
        assert outcomes(poll_until(transport, 1)) == {1: ("HostUnreachableError", False)}


def test_refused_after_retries(session: requests.Session) -> None:
    """With retries of the session's own, an earlier attempt may have run: never "did not run"."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    session.mount("http://", HTTPAdapter(max_retries=Retry(1, backoff_factor=0)))
    with closing(SessionTransport([f"http://127.0.0.1:{port}"], session)) as transport:
        transport.send(exchange(1))
        assert outcomes(poll_until(transport, 1)) == {1: ("HostUnreachableError", True)}


def test_late(server: Server, session: requests.Session) -> None:
    """No answer in time: it may have run."""
    with closing(SessionTransport([server.url], session)) as transport:
        transport.send(exchange(1, target="/wait", timeout=0.05))
        events = poll_until(transport, 1, (Answered, Failure))
        assert outcomes(events) == {1: ("RequestTimeoutError", True)}


def test_late_in_queue(server: Server, session: requests.Session) -> None:
    """Its turn did not come in time: it cannot have run."""
    settings = NetSettings(session_threads=1)
    with closing(SessionTransport([server.url], session, settings)) as transport:
        transport.send(exchange(1, target="/wait", timeout=5))
        transport.send(exchange(2, timeout=0))
        events = poll_until(transport, 1, Failure)
        server.gate.set()
        assert outcomes(events) == {2: ("RequestTimeoutError", False)}


@pytest.mark.parametrize("target", ["/..", "/%2E%2E/x", "/a%2Fb/%2e", "/%C3%A4?q=%2B+"])
def test_target_is_not_touched(server: Server, session: requests.Session, target: str) -> None:
    """What was quoted stays quoted: a key cannot become a step in the path."""
    with closing(SessionTransport([server.url], session)) as transport:
        transport.send(exchange(1, target=target))
        poll_until(transport, 1, Answered)
    assert server.requests[0].split(b" ")[1].lower() == target.lower().encode()


def test_headers(server: Server, session: requests.Session) -> None:
    """The session's headers, cookies and credentials go along; the request's own win."""
    session.headers["X-Tenant"] = "a"
    session.auth = ("root", "")
    session.cookies.set("node", "3")
    with closing(SessionTransport([server.url], session)) as transport:
        transport.send(
            exchange(1, headers=(("X-Arango-Async", "store"),), body=b"{}", method="PUT")
        )
        transport.send(exchange(2, headers=(("authorization", "bearer x"), ("x-tenant", "b"))))
        poll_until(transport, 2, Answered)
    first, second = sorted(server.requests, key=lambda request: b"bearer" in request)
    for line in (b"X-Tenant: a", b"Authorization: Basic cm9vdDo=", b"Cookie: node=3",
                 b"X-Arango-Async: store", b"Content-Length: 2"):  # fmt: skip
        assert line in first.split(b"\r\n")
    assert first.endswith(b"\r\n\r\n{}")
    lines = [line.lower() for line in second.split(b"\r\n")]
    assert b"authorization: bearer x" in lines
    assert b"x-tenant: b" in lines
    assert sum(line.startswith((b"authorization", b"x-tenant")) for line in lines) == 2


def test_server_cookie(server: Server, session: requests.Session) -> None:
    """A balancer's cookie is kept and sent, as the session does."""
    run(server, session, "cookie")
    run(server, session, "next")
    assert b"Cookie: node=7" in server.requests[1]


def test_params(server: Server) -> None:
    """A session's parameters are added to the query."""
    with requests.Session() as session:
        session.params = {"tenant": "a b"}
        with closing(SessionTransport([server.url], session)) as transport:
            transport.send(exchange(1, target="/%2E?x=1"))
            poll_until(transport, 1, Answered)
    assert server.requests[0].startswith(b"GET /%2E?x=1&tenant=a+b ")


def test_own_request_method(server: Server) -> None:
    """A `request` that the user put into the session is gone through."""
    with requests.Session() as session:
        original = session.request

        def request(*args: Any, **kwargs: Any) -> requests.Response:
            return original(*args, **{**kwargs, "params": {"by": "hand"}})

        session.request = request  # type: ignore[method-assign]
        assert run(server, session, "x") == {"x": (200, b"x?by=hand")}
        with closing(SessionTransport([server.url], session)) as transport:
            transport.send(exchange(1, target="/%2e%2E/x"))
            assert outcomes(poll_until(transport, 1))[1] == ("ConnectionLostError", False)


def test_proxy(server: Server) -> None:
    """An HTTP proxy gets the whole URL."""
    with requests.Session() as session:
        session.proxies["http"] = server.url
        with closing(SessionTransport(["http://db.example:8529"], session)) as transport:
            transport.send(exchange(1, target="/x"))
            poll_until(transport, 1, Answered)
            assert "connection pools" in transport.describe()
    assert server.requests[0].startswith(b"GET http://db.example:8529/x HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("method", "body", "headers"),
    [
        ("GET", b"", ()),
        ("POST", b"", ()),
        ("PUT", b"{}", (("X-Arango-Async", "store"), ("authorization", "bearer x"))),
    ],
)
def test_adapter_of_the_user(
    server: Server, method: str, body: bytes, headers: tuple[tuple[str, str], ...]
) -> None:
    """Its `send` is called, with just what the session would give it."""
    with requests.Session() as session:
        session.headers["X-Tenant"] = "a"
        session.auth = ("root", "")
        session.cookies.set("node", "3", path="/_db")
        session.cookies.set("other", "4", path="/elsewhere")
        adapter = Seeing()
        session.mount("http://", adapter)
        with closing(SessionTransport([server.url], session)) as transport:
            assert "its adapter's send()" in transport.describe()
            transport.send(
                exchange(1, method=method, target="/_db/x", body=body, headers=headers, timeout=5)
            )
            poll_until(transport, 1, Answered)
        # A session with hooks does all of it by itself.
        session.hooks["response"].append(lambda response, **_: response)
        with closing(SessionTransport([server.url], session)) as transport:
            assert "its send()" in transport.describe()
            transport.send(
                exchange(2, method=method, target="/_db/x", body=body, headers=headers, timeout=5)
            )
            poll_until(transport, 1, Answered)
    (ours, our_options), (theirs, their_options) = adapter.seen
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert ours.headers == theirs.headers
    assert ours.headers["Cookie"] == "node=3"
    assert ours.hooks.keys() == theirs.hooks.keys()
    for options in (our_options, their_options):
        connect, read = options.pop("timeout")
        assert connect == 10
        assert 4 < read <= 5
    assert our_options == their_options


def test_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's variables are read once; what the session says is looked at each time."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/first.pem")
    session = requests.Session()
    kept = KeptEnvironment(session, "https://db.example", None)
    assert kept.get()["verify"] == "/first.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/second.pem")
    assert kept.get()["verify"] == "/first.pem"
    session.proxies["https"] = "http://proxy.example"
    assert kept.get()["proxies"]["https"] == "http://proxy.example"
    session.verify = False
    assert kept.get()["verify"] is False
    session.cert = "/client.pem"
    assert kept.get()["cert"] == "/client.pem"
    session.trust_env = False
    assert kept.get()["verify"] is False
    session.verify = True
    assert kept.get()["verify"] is True


def test_environment_of_the_session() -> None:
    """A session that merges it in its own way is asked each time."""

    class Own(requests.Session):
        count = 0

        def merge_environment_settings(self, *args: Any) -> Any:
            self.count += 1
            return super().merge_environment_settings(*args)

    session = Own()
    kept = KeptEnvironment(session, "https://db.example", None)
    kept.get()
    kept.get()
    assert session.count == 2


def test_user_code_that_raises(server: Server) -> None:
    """An exception from a hook is a failure of that exchange, and ends no thread."""

    def hook(response: Any, **_: Any) -> None:
        raise RuntimeError("hook")

    with requests.Session() as session:
        session.hooks["response"].append(hook)
        found = run(server, session, *map(str, range(20)))
    assert set(found.values()) == {("ConnectionLostError", True)}


def paths(server: Server) -> list[bytes]:
    return [request.split(b" ")[1] for request in server.requests]


def bound(token: str, epoch: int) -> Exchanges:
    """Return an exchange that must not go out on a newer connection."""
    each = exchange(token, target=f"/{token}", timeout=5)
    each.epoch = epoch
    return each


class TestNewConnections:
    """Where the pool's are used each is seen, and a call can be kept off newer ones."""

    @pytest.fixture(params=["connection", "pool"])
    def session(self, request: pytest.FixtureRequest) -> Iterator[requests.Session]:
        """One on whose connections we speak, and one whose pool is called."""
        with requests.Session() as session:
            if request.param == "pool":
                session.mount("http://", pooled(ConnectionCls=Connection))
            yield session

    def test_are_told_once(self, server: Server, session: requests.Session) -> None:
        with closing(SessionTransport([server.url], session)) as transport:
            events = []
            for number in range(20):
                transport.send(exchange(number))
                events += poll_until(transport, 1, Answered)
            server.restart()
            transport.send(exchange(20))
            events += poll_until(transport, 1, Answered)
        kinds = [type(event) for event in events]
        assert kinds == [Connected, *[Answered] * 20, Connected, Answered]
        assert [e.connection for e in events if isinstance(e, Answered)] == [1] * 20 + [2]

    def test_many_at_once(self, server: Server, session: requests.Session) -> None:
        """Each is told before the first answer over it, in the order of their numbers."""
        with closing(SessionTransport([server.url], session)) as transport:
            for number in range(8):
                transport.send(exchange(number, target="/wait"))
            events = []
            while len(server.requests) < 8:
                events += transport.poll(0.001)
            server.gate.set()
            events += poll_until(transport, 8, Answered)
        told = 0
        numbers = set()
        for event in events:
            if isinstance(event, Answered):
                assert 1 <= (event.connection or 0) <= told
                numbers.add(event.connection)
            told += isinstance(event, Connected)
        assert told == len(numbers) == 8

    def test_restart(self, server: Server, session: requests.Session) -> None:
        """A call that names a job does not reach a server that has restarted since."""
        settings = NetSettings(session_threads=1)
        with closing(SessionTransport([server.url], session, settings)) as transport:
            transport.send(exchange("submit"))
            poll_until(transport, 1, Answered)
            server.restart()
            transport.send(bound("fetch", 1))
            events = poll_until(transport, 1, Failure)
            assert [type(event) for event in events] == [Connected, Failure]
            assert outcomes(events) == {"fetch": ("ConnectionLostError", False)}
            # The connection that was made for it is there for whoever may use it.
            transport.send(bound("identify", 2))
            events = poll_until(transport, 1, (Answered, Failure))
            assert outcomes(events) == {"identify": (200, b"identify")}
            assert not any(isinstance(event, Connected) for event in events)
        assert b"/fetch" not in paths(server)

    def test_connection_of_another_call(self, server: Server, session: requests.Session) -> None:
        """Nor over a connection that another call has made meanwhile."""
        settings = NetSettings(session_threads=1)
        with closing(SessionTransport([server.url], session, settings)) as transport:
            transport.send(exchange("first"))
            poll_until(transport, 1, Answered)
            server.restart()
            transport.send(exchange("second"))
            transport.send(bound("fetch", 1))
            transport.send(bound("third", 2))
            found = outcomes(poll_until(transport, 3, (Answered, Failure)))
        assert found["fetch"] == ("ConnectionLostError", False)
        assert found["third"] == (200, b"third")
        assert b"/fetch" not in paths(server)

    def test_connection_of_the_users_own_calls(
        self, server: Server, session: requests.Session
    ) -> None:
        """Connections that the session has made for the user are not taken."""
        settings = NetSettings(session_threads=1)
        with closing(SessionTransport([server.url], session, settings)) as transport:
            session.get(f"{server.url}/by-hand")
            transport.send(exchange("submit"))
            poll_until(transport, 1, Answered)
            server.restart()
            session.get(f"{server.url}/by-hand")
            transport.send(bound("fetch", 1))
            assert outcomes(poll_until(transport, 1, Failure)) == {
                "fetch": ("ConnectionLostError", False)
            }
        assert b"/fetch" not in paths(server)

    def test_retries_of_the_session(self, server: Server, session: requests.Session) -> None:
        """What has been written before on a connection that broke may have run."""
        settings = NetSettings(session_threads=1)
        retries = Retry(3, backoff_factor=0, allowed_methods=None)
        adapter: Any = session.get_adapter(server.url)
        adapter.max_retries = retries
        with closing(SessionTransport([server.url], session, settings)) as transport:
            transport.send(exchange("submit"))
            poll_until(transport, 1, Answered)
            transport.send(bound("break", 1))
            events = poll_until(transport, 1, Failure)
            assert outcomes(events) == {"break": ("ConnectionLostError", True)}
        assert paths(server).count(b"/break") == 1

    def test_server_that_keeps_none(self, server: Server, session: requests.Session) -> None:
        """Where every call needs a new one, calls that name a job are made all the same."""
        settings = NetSettings(session_threads=1)
        with closing(SessionTransport([server.url], session, settings)) as transport:
            events = []
            for number in range(15):
                transport.send(exchange(number, target="/closing"))
                events += poll_until(transport, 1, Answered)
            transport.send(bound("early", 15))
            events += poll_until(transport, 1, Failure)
            assert sum(isinstance(event, Connected) for event in events) == 16
            transport.send(exchange("once", target="/closing"))
            poll_until(transport, 1, Answered)
            for target in ("late", "break", "last"):
                transport.send(bound(target, 16))
                events = poll_until(transport, 1, (Answered, Failure))
                kinds = [type(event) for event in events]
                if target == "late":
                    assert outcomes(events) == {"late": (200, b"late")}
                    assert kinds == [Answered]
            # A break is a sign of a restart, even there.
            assert kinds == [Connected, Failure]
            assert outcomes(events) == {"last": ("ConnectionLostError", False)}
        assert paths(server).count(b"/early") == paths(server).count(b"/last") == 0

    def test_break_that_is_retried(self, server: Server, session: requests.Session) -> None:
        """Where every call needs a new one: of the session's retry after a break, too, is told."""
        adapter: Any = session.get_adapter(server.url)
        adapter.max_retries = Retry(1)
        settings = NetSettings(session_threads=1)
        with closing(SessionTransport([server.url], session, settings)) as transport:
            for number in range(18):
                transport.send(exchange(number, target="/closing"))
                events = poll_until(transport, 1, Answered)
            assert [type(event) for event in events] == [Answered]
            transport.send(exchange("retried", target="/once"))
            events = poll_until(transport, 1, Answered)
            assert [type(event) for event in events] == [Connected, Answered]

    def test_server_that_restarts_often(self, server: Server, session: requests.Session) -> None:
        """Connections that carried two answers are told however many there are."""
        settings = NetSettings(session_threads=1)
        events = []
        with closing(SessionTransport([server.url], session, settings)) as transport:
            for _ in range(20):
                for target in ("/a", "/closing"):
                    transport.send(exchange(target, target=target))
                    events += poll_until(transport, 1, Answered)
        assert [type(event) for event in events] == [Connected, Answered, Answered] * 20

    @pytest.mark.parametrize("way", ["adapter", "send"])
    def test_session_that_does_all_itself(self, server: Server, way: str) -> None:
        """The first answer, and the first after a break, count as on a new connection."""
        with requests.Session() as session:
            if way == "adapter":
                session.mount("http://", Seeing())
            else:
                session.hooks["response"].append(lambda response, **_: response)
            with closing(SessionTransport([server.url], session)) as transport:
                events = []
                for target in ("a", "b", "break", "c", "d"):
                    transport.send(exchange(target, target=f"/{target}"))
                    events += poll_until(transport, 1, (Answered, Failure))
        kinds = [type(event) for event in events]
        assert kinds == [Connected, Answered, Answered, Failure, Connected, Answered, Answered]
        assert [e.connection for e in events if isinstance(e, Answered)] == [0, 1, 1, 2]


def test_wake(server: Server, session: requests.Session) -> None:
    """`wake` ends a `poll` that waits for ever."""
    with closing(SessionTransport([server.url], session)) as transport:
        thread = threading.Thread(target=transport.wake)
        thread.start()
        assert transport.poll(None) == []
        thread.join()


def test_close_under_way(server: Server) -> None:
    """What a thread still waits for may have run; what was queued cannot have."""
    with requests.Session() as session:
        transport = SessionTransport([server.url], session, NetSettings(session_threads=1))
        transport.send(exchange(1, target="/wait", timeout=5))
        transport.send(exchange(2))
        while not server.requests:
            transport.poll(0.001)
        closer = threading.Timer(0.05, server.gate.set)
        closer.start()
        found = outcomes(transport.close())
        closer.join()
        assert found[2] == ("ConnectionLostError", False)
        assert found[1] in ((200, b"wait"), ("ConnectionLostError", True))
        transport.wake()


def test_refused_in_send(session: requests.Session) -> None:
    """What would break a head is refused at once."""
    with closing(SessionTransport(["http://127.0.0.1:1"], session)) as transport:
        with pytest.raises(OptionError):
            transport.send(exchange(1, target="/a\r\nb"))
        assert transport.poll(0) == []
