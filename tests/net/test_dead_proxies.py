"""A proxy that cannot be used is named, on every way to the server, without its password."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from netpeer import closing, exchange, poll_until
from requests.adapters import HTTPAdapter
from tunnels import Tunnels

from arango_jobs import ArangoClient, HostUnreachableError, OptionError
from arango_jobs._net.choose import choose_transport
from arango_jobs._net.exchange import Failure

HOSTS = {"http": "http://db.example:8529", "https": "https://db.example:8529"}
SECRETS = ("s3cret", "czNjcmV0")


def refused() -> str:
    """Return an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def plain() -> requests.Session:
    """Return a session whose pools make connections for us."""
    return requests.Session()


def hooked() -> requests.Session:
    """Return one whose every request goes through its own `send`."""
    session = requests.Session()
    session.hooks["response"].append(lambda response, **_: response)
    return session


def retrying() -> requests.Session:
    """Return one whose pools are called for each request."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=1))
    session.mount("https://", HTTPAdapter(max_retries=1))
    return session


SESSIONS = {"pools' sockets": plain, "session": hooked, "pools": retrying}


@contextlib.contextmanager
def named(session: requests.Session, how: str, proxy: str) -> Iterator[None]:
    """Have `session` go by way of `proxy`: its own setting, or the environment's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
            patch.delenv(name, raising=False)
        if how == "session":
            session.proxies = {"http": proxy, "https": proxy}
        else:
            patch.setenv("http_proxy", proxy)
            patch.setenv("https_proxy", proxy)
        yield


def errors(url: str, session: requests.Session) -> list[Any]:
    """Return how a direct call and a manager's request end."""
    with ArangoClient(url, session=session) as client:
        with pytest.raises(HostUnreachableError) as caught:
            client.db().version()
        found: list[Any] = [caught.value]
    transport, reason = choose_transport([url], session)
    assert not [secret for secret in SECRETS if secret in reason + transport.describe()]
    with closing(transport):
        transport.send(exchange(1))
        (failure,) = poll_until(transport, 1)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, HostUnreachableError)
    return [*found, failure.error]


@pytest.mark.parametrize("how", ["session", "environment"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("way", SESSIONS)
def test_nobody_listens(way: str, scheme: str, how: str) -> None:
    """The message names the host, the proxy, and that it is the proxy that is not there."""
    session, address = SESSIONS[way](), refused()
    with session, named(session, how, f"http://user:s3cret@{address}"):
        for error in errors(HOSTS[scheme], session):
            said = f"its proxy http://{address} cannot be reached: Connection refused"
            assert str(error) == f"{HOSTS[scheme]} cannot be reached: {said}"
            shown = repr(error) + repr(error.__cause__) + repr(vars(error))
            assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("way", SESSIONS)
@pytest.mark.parametrize("kind", ["socks5", "socks5h"])
def test_nobody_listens_for_socks(way: str, kind: str) -> None:
    """A SOCKS proxy is named, too."""
    session, address = SESSIONS[way](), refused()
    with session, named(session, "session", f"{kind}://user:s3cret@{address}"):
        for error in errors("http://127.0.0.1:8529", session):
            assert f"its proxy {kind}://{address} cannot be reached: " in str(error)
            assert "s3cret" not in str(error) + repr(error.__cause__)


@pytest.mark.parametrize("way", SESSIONS)
def test_it_refuses_the_tunnel(way: str) -> None:
    """What it said is told as the proxy's."""
    answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    with contextlib.closing(Tunnels(0, refusal=answer)) as proxy:
        session, address = SESSIONS[way](), f"127.0.0.1:{proxy.port}"
        with session, named(session, "session", f"http://user:s3cret@{address}"):
            for error in errors(HOSTS["https"], session):
                assert f"its proxy http://{address} " in str(error)
                assert "407 Proxy Authentication Required" in str(error)
                assert "s3cret" not in str(error) + repr(error.__cause__)


@pytest.mark.parametrize("proxy", ["http://user:s3cret@[bad", "http://user:s3cret@h:port"])
def test_an_address_that_is_none(proxy: str) -> None:
    """Whoever finds it, the password is not in what is said."""
    with requests.Session() as session, named(session, "session", proxy):
        direct = pytest.raises((HostUnreachableError, OptionError, OSError))
        with ArangoClient(HOSTS["http"], session=session) as client, direct as caught:
            client.db().version()
        with pytest.raises(OptionError) as refused_at_once:
            choose_transport([HOSTS["http"]], session)
    assert "s3cret" not in str(caught.value) + str(refused_at_once.value)
