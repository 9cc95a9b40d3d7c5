"""Where operations of a connection go: which server, and as which user.

A manager sends everything to one server as one user. This is how it tells
whether a wrapper that it is handed means the same server and the same user.
"""

from __future__ import annotations

import contextlib
import ipaddress
import weakref
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from arango_jobs._wire.auth import Credentials
from arango_jobs.errors import UnsupportedTargetError

__all__ = ["Destination"]

_PORTS = {"http": 80, "https": 443}

_Url = tuple[str, str, "int | None", str]


class Destination:
    """A server and a user.

    `session` is what signs requests where `credentials` is `None`.
    """

    def __init__(
        self, hosts: Sequence[str], credentials: Credentials | None, session: Any = None
    ) -> None:
        self._hosts = tuple(hosts)
        self._urls = frozenset(map(_normal, self._hosts))
        self._credentials = credentials
        self._session = session
        self._same: weakref.WeakSet[Destination] = weakref.WeakSet()

    def is_same(self, other: Destination) -> bool:
        """Return whether both mean the same server and the same user."""
        if other is self or other in self._same:
            return True
        is_same = self._is_same_server(other) and self._is_same_user(other)
        if is_same:
            self._same.add(other)
        return is_same

    def check(self, other: Destination, target: object) -> None:
        """Raise `UnsupportedTargetError` if `target`, which goes to `other`, does not go here."""
        if self.is_same(other):
            return
        what = "user" if self._is_same_server(other) else "server"
        raise UnsupportedTargetError(
            f"{target!r} belongs to another {what}: it goes to {other}, and this JobManager sends "
            f"to {self}; make another JobManager for it"
        )

    def _is_same_server(self, other: Destination) -> bool:
        """Return whether the lists of hosts have a URL in common; names are not resolved."""
        return not self._urls.isdisjoint(other._urls)

    def _is_same_user(self, other: Destination) -> bool:
        name, others = self._username, other._username
        if name is not None or others is not None:
            return name == others
        ours, theirs = self._credentials, other._credentials
        if ours is None or theirs is None:
            return ours is theirs and self._session is not None and self._session is other._session
        return ours.header() == theirs.header()

    @property
    def _username(self) -> str | None:
        return None if self._credentials is None else self._credentials.username

    def __str__(self) -> str:
        """Name the server and the user, never what the user signs with."""
        name = self._username
        user = "a user without a name" if name is None else f"user {name!r}"
        return f"{', '.join(self._hosts)} as {user}"


def _normal(url: str) -> _Url:
    """Return `url` in the form in which equal URLs are equal (RFC 3986 §6.2)."""
    parts = urlsplit(url)
    scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    with contextlib.suppress(ValueError):
        host = str(ipaddress.ip_address(host))
    if not host.isascii():
        with contextlib.suppress(UnicodeError):
            host = host.encode("idna").decode()
    return scheme, host, port or _PORTS.get(scheme), parts.path.rstrip("/")
