"""One request through the user's session.

Where the session itself does nothing to a request that could not be found out
beforehand, `PoolCaller` drives the urllib3 pool beneath the session's adapter, at a
third of the cost, or `AdapterCaller` (`adapter_calls.py`) an adapter that has a `send`
of its own. `SessionCaller` leaves everything to the session. They follow no redirects,
and know no threads. Which connection a request goes out on is seen, and can be limited,
only where the pool is driven.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3

from arango_jobs._net.adapter_calls import AdapterCaller
from arango_jobs._net.hosts import Host
from arango_jobs._net.pools import leaves_requests_alone, pool_for
from arango_jobs._net.session_answers import read_answer
from arango_jobs._net.session_connections import Numbers, numbered_pool
from arango_jobs._net.session_heads import SessionHeads
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import (
    KeptEnvironment,
    acts_by_adapter,
    has_retries,
    is_overridden,
    keep_cookies,
)
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers, Request, Response

__all__ = ["Answer", "Caller", "PoolCaller", "SessionCaller", "Withheld", "caller_for"]

_DOT_SEGMENT = re.compile(r"/(?:%2e){1,2}(?=[/?]|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call, and the connection that it came on."""

    response: Response
    connection: int
    """Its number; where that cannot be seen, the newest one that was known before the call."""


class Withheld(Exception):  # noqa: N818  not an error: the call was kept off a newer connection
    """The call was not made, as there is no connection that it may go out on."""

    def __init__(self, is_written: bool) -> None:
        super().__init__("there is only a newer connection than the one that it was meant for")
        self.is_written = is_written
        """Whether the session's own retries had written it before, on one that broke."""


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
    return PoolCaller(session, host, settings, numbers)


class PoolCaller:
    """Calls a pool like the one that the session's adapter keeps for a host."""

    way = "its connection pools"

    def __init__(
        self, session: requests.Session, host: Host, settings: NetSettings, numbers: Numbers
    ) -> None:
        self._session = session
        self._settings = settings
        self._url = host.url
        found = pool_for(session, host, settings)
        self._probe = found.probe
        self._heads = SessionHeads(session, host)
        self._numbers = numbers
        self._pool = numbered_pool(found.urllib3, numbers, settings.session_threads)
        self._prefix = host.url if found.is_forwarded else host.prefix
        self.has_retries = has_retries(session, host.url)
        adapter: Any = session.get_adapter(host.url)
        self._retries = adapter.max_retries if self.has_retries else False

    def call(self, request: Request, timeout: float, limit: int | None = None) -> Answer:
        """Make one request; raises `Withheld`, and what urllib3 raises."""
        try:
            return self._call(request, timeout, limit)
        except Withheld:
            raise
        except Exception:
            self._numbers.broke()
            raise

    def _call(self, request: Request, timeout: float, limit: int | None) -> Answer:
        with self._numbers.limited(limit):
            raw = self._pool.urlopen(
                request.method,
                self._prefix + request.target,
                body=request.body or None,
                headers=self._heads.of(request),
                retries=self._retries,
                redirect=False,
                assert_same_host=False,
                timeout=_timeout(self._settings, timeout),
                preload_content=False,
                decode_content=False,
            )
        connection = raw.connection
        if connection.is_withheld:
            raw.release_conn()
            raise Withheld(self._numbers.is_written)
        number = connection.number
        if "Set-Cookie" in raw.headers:
            keep_cookies(self._session.cookies, self._probe, raw)
        url = self._url + request.target
        return Answer(read_answer(raw, url, self._settings.max_response_bytes), number)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


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


def _timeout(settings: NetSettings, timeout: float) -> urllib3.Timeout:
    return urllib3.Timeout(connect=min(settings.connect_timeout, timeout), read=timeout)
