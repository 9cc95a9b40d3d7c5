"""The `requests.Session` for a manager, by what python-arango's HTTP client is.

DefaultHTTPClient, unchanged    a session with the same settings, on plain adapters: the
                                manager's own connections can do all that it does
own create_session, one host    the session that it made
own create_session, many hosts  a session that asks the one made for each host
own send_request                a session that calls that
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from arango_jobs.errors import UnsupportedInContextError
from arango_jobs.integrations.python_arango.driver import DefaultHTTPClient
from arango_jobs.integrations.python_arango.private import Parts

__all__ = ["ClientSession", "session_of"]

_DRIVER = "arango.http"
# Of an answer that the client has decoded, these say how it was coded.
_CODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def session_of(parts: Parts) -> requests.Session:
    """Return the session that requests of a manager go through."""
    client = parts.http
    if _is_own(client, "send_request"):
        return ClientSession(parts)
    if not _is_own(client, "create_session") and _are_plain(parts):
        return _plain(parts.sessions[0])
    if len(parts.hosts) == 1:
        session: requests.Session = parts.sessions[0]
        return session
    return _ByHost(parts.hosts, parts.sessions)


def _is_own(client: Any, name: str) -> bool:
    """Whether the method is the user's and not the driver's."""
    return name in vars(client) or getattr(type(client), name) is not getattr(
        DefaultHTTPClient, name
    )


def _are_plain(parts: Parts) -> bool:
    """Whether the adapters are those that the driver mounts by itself."""
    adapters = [
        session.get_adapter(url) for session, url in zip(parts.sessions, parts.hosts, strict=True)
    ]
    return all(
        type(adapter) is HTTPAdapter or type(adapter).__module__ == _DRIVER for adapter in adapters
    )


def _plain(session: requests.Session) -> requests.Session:
    """Return a session with the settings of `session` but without its adapters.

    Those repeat requests, which is the manager's to decide.
    """
    plain = requests.Session()
    for name in requests.Session.__attrs__:
        if name != "adapters":
            setattr(plain, name, getattr(session, name))
    return plain


class _ByHost(requests.Session):
    """Hands each request to the session that was made for its host."""

    def __init__(self, hosts: Sequence[str], sessions: Sequence[requests.Session]) -> None:
        super().__init__()
        self._by_host = [
            (host + "/", session) for host, session in zip(hosts, sessions, strict=True)
        ]

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:
        """Have the host's session make the request."""
        return self._session(str(url)).request(method, url, *args, **kwargs)

    def _session(self, url: str) -> requests.Session:
        for prefix, session in self._by_host:
            if url.startswith(prefix):
                return session
        raise UnsupportedInContextError(f"{url} is on none of the hosts of the database")


class ClientSession(_ByHost):
    """Has each request made by the `send_request` of a client of the user's."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.hosts, parts.sessions)
        self._client = parts.http
        self._basic = parts.basic

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:
        """Have the client make the request, and return its answer as requests would."""
        headers = dict(kwargs.get("headers") or {})
        if self._basic is not None:
            # The driver hands name and password over apart.
            headers.pop("authorization", None)
        answer = self._client.send_request(
            session=self._session(str(url)),
            method=str(method).lower(),
            url=url,
            params={},
            data=kwargs.get("data"),
            headers=headers,
            auth=self._basic,
        )
        return _as_requests_answer(answer)


def _as_requests_answer(answer: Any) -> requests.Response:
    body = answer.raw_body
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _CODING}
    found = requests.Response()
    found.status_code = answer.status_code
    found.raw = urllib3.HTTPResponse(
        body=io.BytesIO(body.encode() if isinstance(body, str) else bytes(body or b"")),
        headers=headers,
        status=answer.status_code,
        preload_content=False,
    )
    return found
