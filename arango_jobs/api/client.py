"""The way in: hosts, session and time limits, and from there a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from types import TracebackType
from typing import Any

import requests
from typing_extensions import Self

from arango_jobs import json
from arango_jobs._wire.auth import make_credentials
from arango_jobs.api.compression import RequestCompression
from arango_jobs.api.connection import Connection
from arango_jobs.api.database import StandardDatabase
from arango_jobs.api.executors import DefaultExecutor
from arango_jobs.api.hosts import HostOrder
from arango_jobs.api.sending import Sender
from arango_jobs.api.session import own_session, session_credentials, signs_itself
from arango_jobs.checking import checked, shown
from arango_jobs.clock import SystemClock
from arango_jobs.errors import OptionError
from arango_jobs.options import DEFAULT_HOST, Timeouts, parse_hosts, positive_seconds

__all__ = ["ArangoClient"]

_REQUEST_TIMEOUT = 60


class ArangoClient:
    """A client of one server or of the Coordinators of one cluster.

    `hosts`: one URL, or several. `host_resolver`: which is asked first
    ("fallback", "roundrobin", "random", "periodic"); `resolver_max_tries`: how
    many are tried for one request. `session`: your own `requests.Session`, whose
    authentication, TLS settings, proxies, headers and adapters are used as they
    are. `timeout`: seconds for one request, or (connect, request), or `Timeouts`;
    it goes before `request_timeout`, which is seconds for one request.
    `verify_override`: whether TLS certificates are checked, or by which file.
    `serializer` and `deserializer` stand in for our exact and fast JSON.
    """

    @checked
    def __init__(
        self,
        hosts: str | Sequence[str] = DEFAULT_HOST,
        host_resolver: str = "fallback",
        resolver_max_tries: int | None = None,
        http_client: None = None,
        serializer: Callable[[Any], bytes | str] = json.dumps,
        deserializer: Callable[[str], Any] | None = None,
        verify_override: bool | str | None = None,
        request_timeout: float | None = _REQUEST_TIMEOUT,
        request_compression: RequestCompression | None = None,
        response_compression: str | None = None,
        *,
        session: requests.Session | None = None,
        timeout: Timeouts | float | tuple[float | None, float | None] | None = None,
    ) -> None:
        if http_client is not None:
            raise OptionError("http_client is not supported; hand in a requests.Session as session")
        if session is not None and not hasattr(session, "prepare_request"):
            raise OptionError(
                f"session must be a requests.Session or None, not {shown('session', session)}"
            )
        if request_compression is not None and not hasattr(request_compression, "compress"):
            raise OptionError(
                "request_compression must have the methods of DeflateRequestCompression or be "
                f"None, not {shown('request_compression', request_compression)}"
            )
        self._hosts = parse_hosts(hosts)
        self._order = HostOrder(len(self._hosts), host_resolver, resolver_max_tries)
        self._serializer = serializer
        self._compression = request_compression
        self._accept_encoding = response_compression
        self._owns_session = session is None
        self._sender = Sender(
            self._hosts,
            own_session() if session is None else session,
            Timeouts.of(request_timeout, "request_timeout")
            if timeout is None
            else Timeouts.of(timeout),
            SystemClock(),
            verify=verify_override,
            loads=json.loads if deserializer is None else _of_bytes(deserializer),
        )

    @property
    def hosts(self) -> list[str]:
        """The URLs of the Coordinators."""
        return list(self._hosts)

    @property
    def version(self) -> str:
        """The version of this library."""
        return version("arango-jobs")

    @property
    def request_timeout(self) -> float | None:
        """Seconds for one request, `None` without limit."""
        return self._sender.timeouts.request

    @request_timeout.setter
    def request_timeout(self, seconds: float | None) -> None:
        positive_seconds("request_timeout", seconds)
        old = self._sender.timeouts
        self._sender.timeouts = Timeouts(connect=old.connect, request=seconds, job=old.job)

    @property
    def timeouts(self) -> Timeouts:
        """The budgets of time."""
        return self._sender.timeouts

    @checked
    def db(
        self,
        name: str = "_system",
        username: str = "root",
        password: str = "",
        verify: bool = False,
        auth_method: str = "basic",
        user_token: str | None = None,
        superuser_token: str | None = None,
    ) -> StandardDatabase:
        """Return a database as seen by one user; nothing is sent unless `verify`.

        `auth_method` "jwt" gets a token for the password and renews it before it
        expires. `user_token` and `superuser_token` go before name and password.
        Where the session signs requests itself, all of these are left aside.
        """
        if not name:
            raise OptionError("name must be the name of a database, not ''")
        session = self._sender.session
        if signs_itself(session):
            credentials = session_credentials(session)
        else:
            credentials = make_credentials(
                username,
                password,
                method=auth_method,
                user_token=user_token,
                superuser_token=superuser_token,
                now=self._sender.clock.time(),
            )
        connection = Connection(
            self._sender,
            self._order,
            name,
            credentials,
            dumps=self._serializer,
            compression=self._compression,
            accept_encoding=self._accept_encoding,
        )
        if verify:
            connection.ping()
        return StandardDatabase(DefaultExecutor(connection))

    def close(self) -> None:
        """Close the connections; a session that was handed in is left open."""
        if self._owns_session:
            self._sender.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ArangoClient {','.join(self._hosts)}>"


def _of_bytes(deserializer: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda body: deserializer(body.decode())
