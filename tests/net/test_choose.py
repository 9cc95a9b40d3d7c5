"""Which transport a session gets, and what is taken over from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from netpeer import closing
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from urllib3.util.retry import Retry

from arango_jobs._net.choose import choose_transport
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.session import SessionTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import taken_over

URL = "http://db.example:8529"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


class Other(requests.Session):
    def send(self, *args: Any, **kwargs: Any) -> Any:
        return super().send(*args, **kwargs)


class Same(requests.Session):
    pass


class Sending(HTTPAdapter):
    def send(self, *args: Any, **kwargs: Any) -> Any:
        return super().send(*args, **kwargs)


def changed(change: Callable[[requests.Session], Any]) -> requests.Session:
    session = requests.Session()
    change(session)
    return session


def test_plain_sessions_are_pipelined() -> None:
    """Headers, basic credentials, cookies, certificates ask for nothing that we cannot do."""
    for session in (
        None,
        requests.Session(),
        Same(),
        changed(lambda s: s.headers.update({"X": "y"})),
        changed(lambda s: setattr(s, "auth", ("root", ""))),
        changed(lambda s: setattr(s, "auth", HTTPBasicAuth("root", ""))),
        changed(lambda s: setattr(s, "verify", False)),
        changed(lambda s: s.cookies.set("a", "b")),
        changed(lambda s: s.proxies.update({"http://other.example": "http://proxy"})),
        changed(lambda s: s.mount("http://other.example", HTTPAdapter(max_retries=3))),
    ):
        transport, reason = choose_transport([URL], session)
        with closing(transport):
            assert isinstance(transport, PipelineTransport)
            assert reason


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (Other(), "methods of its own"),
        (changed(lambda s: setattr(s, "request", s.get)), "methods of its own"),
        (changed(lambda s: s.hooks["response"].append(print)), "hooks"),
        (changed(lambda s: setattr(s, "auth", HTTPDigestAuth("a", "b"))), "auth"),
        (changed(lambda s: setattr(s, "auth", lambda r: r)), "auth"),
        (changed(lambda s: s.params.update({"a": "b"})), "parameters"),
        (changed(lambda s: s.mount("http://", Sending())), "adapter"),
        (changed(lambda s: s.mount("http://", HTTPAdapter(max_retries=3))), "retries"),
        (changed(lambda s: s.mount("http://db", HTTPAdapter(max_retries=Retry(1)))), "retries"),
        (changed(lambda s: s.cookies.set("a", "b", path="/_db")), "cookies"),
    ],
)
def test_what_only_the_session_can_do(session: requests.Session, said: str) -> None:
    """Then the session is used, and the reason says why in one sentence."""
    transport, reason = choose_transport([URL], session)
    with closing(transport), session:
        assert isinstance(transport, SessionTransport)
        assert said in reason
        assert reason.count(".") == 2, "requests.Session and the end of the sentence"


def test_environment_names_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the session trusts it, and the host is not excepted."""
    monkeypatch.setenv("http_proxy", "http://user:s3cret@proxy.example")
    transport, reason = choose_transport([URL])
    with closing(transport):
        assert "the environment names a proxy" in reason
        assert "s3cret" not in reason + transport.describe()
    monkeypatch.setenv("no_proxy", "db.example")
    transport, reason = choose_transport([URL])
    with closing(transport):
        assert "proxy" not in reason
    monkeypatch.delenv("no_proxy")
    transport, reason = choose_transport([URL], changed(lambda s: setattr(s, "trust_env", False)))
    with closing(transport):
        assert "proxy" not in reason


@pytest.mark.parametrize("name", ["http", URL[:17]])
def test_session_names_proxy(name: str) -> None:
    """For the scheme, or for the host alone."""
    session = changed(lambda s: s.proxies.update({name: "http://proxy"}))
    transport, reason = choose_transport([URL], session)
    with closing(transport):
        assert "names a proxy" in reason


def test_one_host_decides() -> None:
    """One host that needs the session is enough."""
    session = changed(lambda s: s.mount("http://second", HTTPAdapter(max_retries=1)))
    transport, _ = choose_transport([URL, "http://second:8529"], session)
    with closing(transport):
        assert isinstance(transport, SessionTransport)


def test_headers_taken_over() -> None:
    """The session's own headers, not what requests puts into each; ours win."""
    session = changed(
        lambda s: s.headers.update({"X-Tenant": "a", "X-Raw": b"b", "User-Agent": "me"})
    )
    settings = taken_over(session, [URL], NetSettings(headers=(("x-tenant", "ours"),)))
    assert dict(settings.headers) == {"X-Raw": "b", "User-Agent": "me", "x-tenant": "ours"}
    assert taken_over(requests.Session(), [URL], NetSettings()).headers == ()


def test_credentials_taken_over() -> None:
    """Basic credentials stand before an Authorization header of the session."""
    session = changed(lambda s: s.headers.update({"Authorization": "bearer x"}))
    assert taken_over(session, [URL], NetSettings()).headers == (("Authorization", "bearer x"),)
    session.auth = ("root", "päss")
    settings = taken_over(session, [URL], NetSettings())
    assert (settings.authorization, settings.headers) == ("Basic cm9vdDpw5HNz", ())
    own = taken_over(session, [URL], NetSettings(authorization="bearer ours"))
    assert own.authorization == "bearer ours"


def test_cookies_go_to_their_host_only() -> None:
    """A cookie of one host is not told to another."""
    session = requests.Session()
    session.cookies.set("a", "1", domain="db.example")
    settings = taken_over(session, [URL, "http://other.example"], NetSettings())
    assert settings.host_headers == ((("Cookie", "a=1"),), ())


def test_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`.netrc` counts where requests would read it: trusted, and no auth in the session."""
    path = tmp_path / "netrc"
    path.write_text("machine db.example login root password x\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    session = requests.Session()
    found = taken_over(session, [URL, "http://other.example"], NetSettings())
    assert found.host_headers == ((("Authorization", "Basic cm9vdDp4"),), ())
    session.trust_env = False
    assert taken_over(session, [URL], NetSettings()).host_headers == ((),)
    session = changed(lambda s: setattr(s, "auth", ("a", "b")))
    assert taken_over(session, [URL], NetSettings()).host_headers == ((),)
