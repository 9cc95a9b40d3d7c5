"""The session that requests go over, and what the user's own says about signing in."""

from __future__ import annotations

import base64

import requests
from requests.adapters import HTTPAdapter

from arango_jobs._wire.auth import BasicAuth, Credentials, FixedHeader

__all__ = ["SetAuthorization", "own_session", "session_credentials", "signs_itself"]

_POOL = 32


class SetAuthorization(requests.auth.AuthBase):
    """Puts a header on a request, and so keeps `requests` from looking into `.netrc`."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put it on."""
        request.headers["Authorization"] = self._header
        return request


def own_session() -> requests.Session:
    """Return a session for when the user brings none."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_maxsize=_POOL)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # Small answers cost more to compress than to send.
    session.headers["Accept-Encoding"] = "identity"
    return session


def signs_itself(session: requests.Session) -> bool:
    """Whether the user's session says by itself who is asking."""
    return session.auth is not None or "Authorization" in session.headers


def session_credentials(session: requests.Session) -> Credentials | None:
    """Return what the session signs with, `None` where only `requests` can tell (an `AuthBase`)."""
    auth = session.auth
    if auth is None:
        header = session.headers["Authorization"]
        return FixedHeader(_as_text(header), _name_in(_as_text(header)))
    if isinstance(auth, tuple):
        name, password = (_as_text(part) for part in auth)
        return BasicAuth(name, password)
    return None


def _as_text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _name_in(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except ValueError:
        return None
