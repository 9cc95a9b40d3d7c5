"""One request through the user's session.

Where the session itself does nothing to a request that could not be found out
beforehand, less of it is gone through: a connection of the urllib3 pool beneath its
adapter (`wire_calls.py`), that pool (`pool_calls.py`), or an adapter that has a `send`
of its own (`adapter_calls.py`). `SessionCaller` leaves everything to the session. They
follow no redirects, and know no threads. Which connection a request goes out on is seen,
and can be limited, only where the pool's connections are used.
"""

from __future__ import annotations

import re
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from arango_jobs._net.adapter_calls import AdapterCaller
from arango_jobs._net.covered_sessions import cover_session
from arango_jobs._net.hosts import Host
from arango_jobs._net.pool_calls import PoolCaller
from arango_jobs._net.pool_sockets import speaks_plainly
from arango_jobs._net.pools import leaves_requests_alone, pool_for
from arango_jobs._net.session_answers import Answer, read_answer
from arango_jobs._net.session_connections import Numbers
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import (
    KeptEnvironment,
    acts_by_adapter,
    has_retries,
    is_overridden,
)
from arango_jobs._net.wire_calls import WireCaller
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers, Request, Response

__all__ = ["Caller", "SessionCaller", "caller_for"]

_DOT_SEGMENT = re.compile(r"/(?:%2e){1,2}(?=[/?]|\Z)", re.IGNORECASE)


class Caller(Protocol):
    """Makes single requests to one host."""

    has_retries: bool
    """Whether the session repeats requests on its own."""
    way: str
    """What of the session requests go through, for `describe`."""

    def call(self, request: Request, timeout: float, limit: int | None = None) -> Answer:
        """Make one request, on none of the connections with a number above `limit`.

        Raises `Withheld`, and whatever requests and urllib3 raise.
        """
        ...

    def close(self) -> None:
        """Close what the session does not."""
        ...


def caller_for(
    session: requests.Session, host: Host, settings: NetSettings, numbers: Numbers
) -> Caller:
    """Return the cheapest caller that does all that the session would do."""
    if not acts_by_adapter(session, host.url):
        return UnseenCaller(SessionCaller(session, host, settings), numbers)
    if not leaves_requests_alone(session.get_adapter(host.url)):
        return UnseenCaller(AdapterCaller(session, host, settings), numbers)
    pool = pool_for(session, host, settings)
    kind = WireCaller if speaks_plainly(pool, host) else PoolCaller
    return kind(session, pool, host, settings, numbers)


class UnseenCaller:
    """Calls what does not show its connections.

    The first answer, and the first after a call that broke, count as one that came on a new one.
    """

    def __init__(self, inner: SessionCaller | AdapterCaller, numbers: Numbers) -> None:
        self._inner = inner
        self._numbers = numbers
        self._is_new = True
        self.way = inner.way
        self.has_retries = inner.has_retries

    def call(self, request: Request, timeout: float, limit: int | None = None) -> Answer:
        """Make one request, on any connection; raises what is raised below."""
        before = self._numbers.made
        try:
            response = self._inner.call(request, timeout)
        except BaseException:
            self._is_new = True
            raise
        if self._is_new:
            self._is_new = False
            self._numbers.count()
        return Answer(response, before)

    def close(self) -> None:
        """Close nothing: the session is the user's."""


class SessionCaller:
    """Calls the session as a program would that had only that."""

    way = "its send()"

    def __init__(self, session: requests.Session, host: Host, settings: NetSettings) -> None:
        self._session = session
        self._settings = settings
        self._url = host.url
        # A `request` of the user's own must be gone through; it prepares for itself.
        self._has_request = is_overridden(session, ("request",), requests.Session)
        self._environment = KeptEnvironment(session, host.url, settings.verify)
        self.has_retries = has_retries(session, host.url)

    def call(self, request: Request, timeout: float) -> Response:
        """Make one request; raises what the session raises."""
        url = self._url + request.target
        cover_session(self._session, self._url, self._environment.get()["proxies"])
        answer = (self._by_request if self._has_request else self._by_send)(request, url, timeout)
        answer.raw.decode_content = True
        return read_answer(answer.raw, url, self._settings.max_response_bytes)

    def _by_request(self, request: Request, url: str, timeout: float) -> requests.Response:
        if _DOT_SEGMENT.search(request.target):
            # requests would take it for a step in the path.
            raise OptionError(f"{request.target!r} cannot go through the session's own request()")
        return self._session.request(
            request.method,
            url,
            data=request.body or None,
            headers=dict(request.headers),
            auth=_auth(request.headers),
            timeout=(self._settings.connect_timeout, timeout),
            allow_redirects=False,
            stream=True,
            # None leaves it to the session.
            verify=self._settings.verify,
        )

    def _by_send(self, request: Request, url: str, timeout: float) -> requests.Response:
        prepared = self._session.prepare_request(
            requests.Request(
                request.method,
                url,
                headers=dict(request.headers),
                data=request.body or None,
                auth=_auth(request.headers),
            )
        )
        # requests takes the quotes off dots, and then takes them for steps in the path.
        query = urlsplit(str(prepared.url)).query if self._session.params else ""
        prepared.url = f"{url.partition('?')[0]}?{query}" if query else url
        merged = {**self._environment.get(), "stream": True}
        timeouts = (self._settings.connect_timeout, timeout)
        return self._session.send(prepared, allow_redirects=False, timeout=timeouts, **merged)


def _auth(headers: Headers) -> Any:
    """Return an auth that leaves the request's own Authorization alone, if it has one."""
    has_own = any(name.lower() == "authorization" for name, _ in headers)
    return (lambda prepared: prepared) if has_own else None
