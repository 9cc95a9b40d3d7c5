"""What the user's `requests.Session` says, as settings of our own connections.

`obstacle` names the first thing that only the session itself can do. Opens nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.cookies import extract_cookies_to_jar, get_cookie_header
from requests.utils import default_headers, get_netrc_auth, select_proxy

from arango_jobs._net.settings import NetSettings
from arango_jobs._net.tls import tls_context
from arango_jobs.operations import Headers

__all__ = [
    "KeptEnvironment",
    "acts_by_adapter",
    "cookie_header",
    "environment",
    "has_retries",
    "is_overridden",
    "keep_cookies",
    "obstacle",
    "only_connects",
    "taken_over",
]

# Neither is annotated by requests.
keep_cookies: Callable[..., None] = extract_cookies_to_jar
cookie_header: Callable[..., str | None] = get_cookie_header
_METHODS = ("request", "send", "prepare_request", "merge_environment_settings", "get_adapter")
# All of it is in the adapter, or the same for every request to a host; cookies are looked up.
_IN_ADAPTER = frozenset({"adapter", "retries", "proxy", "cookie paths"})
# These are over when a connection stands, as far as the adapter leaves requests alone.
_CONNECTING = frozenset({"adapter", "proxy"})


def obstacle(session: requests.Session, hosts: Sequence[str]) -> str | None:
    """Return in a few words what the session does that a plain connection cannot, or `None`."""
    found = (_SAID[name] for url in hosts for name in _obstacles(session, url))
    return next(found, None)


def acts_by_adapter(session: requests.Session, url: str) -> bool:
    """Whether all that the session does of its own to single requests is in its adapter."""
    return _IN_ADAPTER.issuperset(_obstacles(session, url))


def only_connects(session: requests.Session, url: str) -> bool:
    """Whether the session's adapter, if it is a plain one otherwise, differs in connecting only."""
    return _CONNECTING.issuperset(_obstacles(session, url))


def _obstacles(session: requests.Session, url: str) -> Iterator[str]:
    return (name for name, is_so in _OBSTACLES.items() if is_so(session, url))


def taken_over(
    session: requests.Session, hosts: Sequence[str], settings: NetSettings
) -> NetSettings:
    """Return `settings` with the session's headers, credentials, cookies and TLS.

    Headers that `settings` has already win. Raises `OptionError` where a
    certificate cannot be read.
    """
    authorization = _basic(session.auth)
    own = {name.lower() for name, _ in settings.headers}
    if authorization is not None:
        own.add("authorization")
    headers = tuple(pair for pair in _own_headers(session) if pair[0].lower() not in own)
    return replace(
        settings,
        headers=(*headers, *settings.headers),
        authorization=settings.authorization or authorization,
        host_headers=tuple(_host_headers(session, url) for url in hosts),
        tls=settings.tls or _tls(session, hosts, settings.verify),
    )


def environment(
    session: requests.Session, url: str, verify: bool | str | None = None
) -> dict[str, Any]:
    """Return `proxies`, `stream`, `verify` and `cert` for requests to `url`.

    As `requests` merges them, but for one thing: a `verify` that was set in the
    session is obeyed, and REQUESTS_CA_BUNDLE stands only for one that was not. A
    `verify` given here goes before both.
    """
    merged: dict[str, Any] = dict(session.merge_environment_settings(url, {}, None, None, None))
    if merged["verify"] is None or session.verify is not True:
        merged["verify"] = session.verify
    if verify is not None:
        merged["verify"] = verify
    return merged


class KeptEnvironment:
    """What `environment` says for one host, looked up again when the session says otherwise.

    The variables of the process are read the first time only: that takes as long as
    the rest of a request. A session that merges them in its own way is asked each time.
    """

    def __init__(self, session: requests.Session, url: str, verify: bool | str | None) -> None:
        self._session = session
        self._url = f"{url}/"
        self._verify = verify
        self._is_kept = not is_overridden(
            session, ("merge_environment_settings",), requests.Session
        )
        self._kept: tuple[object, dict[str, Any]] = (None, {})

    def get(self) -> dict[str, Any]:
        """Return `proxies`, `stream`, `verify` and `cert`; not to be changed."""
        if not self._is_kept:
            return environment(self._session, self._url, self._verify)
        session = self._session
        said = (session.verify, session.cert, session.trust_env, dict(session.proxies))
        kept, merged = self._kept
        if kept != said:
            merged = environment(session, self._url, self._verify)
            self._kept = (said, merged)
        return merged


def is_overridden(thing: object, names: Sequence[str], base: type) -> bool:
    """Whether the class of `thing`, or somebody in the object itself, replaces one of `names`."""
    kind = type(thing)
    return any(
        name in vars(thing) or getattr(kind, name, None) is not getattr(base, name, None)
        for name in names
    )


def _has_proxy(session: requests.Session, url: str) -> bool:
    return bool(select_proxy(url, environment(session, url)["proxies"]))


def _has_adapter(session: requests.Session, url: str) -> bool:
    adapter = session.get_adapter(url)
    return type(adapter) is not HTTPAdapter or "send" in vars(adapter)


def has_retries(session: requests.Session, url: str) -> bool:
    """Whether the session's adapter repeats requests on its own."""
    retries: Any = getattr(session.get_adapter(url), "max_retries", 0)
    total = getattr(retries, "total", retries or 0)
    # Without a total the limits are those for single kinds of trouble.
    return total is None or bool(total)


def _has_cookie_paths(session: requests.Session, url: str) -> bool:
    return any(cookie.path not in ("", "/") for cookie in session.cookies)


def _has_auth(session: requests.Session, url: str) -> bool:
    return session.auth is not None and _basic(session.auth) is None


_OBSTACLES: dict[str, Callable[[requests.Session, str], bool]] = {
    "class": lambda session, url: is_overridden(session, _METHODS, requests.Session),
    "hooks": lambda session, url: any(session.hooks.values()),
    "auth": _has_auth,
    "params": lambda session, url: bool(session.params),
    "adapter": _has_adapter,
    "retries": has_retries,
    "proxy": _has_proxy,
    "cookie paths": _has_cookie_paths,
}
_SAID = {
    "class": "the session has methods of its own",
    "hooks": "the session has hooks",
    "auth": "the session has an auth that is called for each request",
    "params": "the session adds parameters to every query",
    "adapter": "the session has an adapter of its own",
    "retries": "the session has an adapter that retries",
    "proxy": "the session or the environment names a proxy",
    "cookie paths": "the session has cookies for some paths only",
}


def _basic(auth: Any) -> str | None:
    """Return the value of the Authorization header for basic credentials, else `None`."""
    if type(auth) is HTTPBasicAuth:
        auth = (auth.username, auth.password)
    if not isinstance(auth, tuple) or len(auth) != 2:
        return None
    probe = requests.Request("GET", "http://localhost/", auth=auth).prepare()
    return str(probe.headers["Authorization"])


def _own_headers(session: requests.Session) -> Iterator[tuple[str, str]]:
    """Give the headers that are not just what `requests` puts into every session."""
    usual = default_headers()
    for name, value in session.headers.items():
        if value is not None and value != usual.get(name):
            yield name, value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _host_headers(session: requests.Session, url: str) -> Headers:
    """Return what goes to one host only: cookies, and `.netrc` where `requests` would use it."""
    headers: list[tuple[str, str]] = []
    probe = requests.Request("GET", url).prepare()
    # The jar looks at the request and at its own domains.
    if cookie := cookie_header(session.cookies, probe):
        headers.append(("Cookie", cookie))
    if session.trust_env and session.auth is None:
        found = _basic(get_netrc_auth(url))
        if found is not None:
            headers.append(("Authorization", found))
    return tuple(headers)


def _tls(
    session: requests.Session, hosts: Sequence[str], verify: bool | str | None
) -> ssl.SSLContext | None:
    url = next((url for url in hosts if url.startswith("https:")), None)
    if url is None:
        return None
    merged = environment(session, url, verify)
    return tls_context(merged["verify"], merged["cert"])
