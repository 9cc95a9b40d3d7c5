"""One request through the user's session.

`PoolCaller` drives the urllib3 pool beneath the session's adapter, at a third of
the cost, where the session itself does nothing to a request that could not be
found out beforehand. `SessionCaller` leaves everything to the session. Both
follow no redirects. Which connection a request goes out on is seen, and can be
limited, only where the pool is driven.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.cookies import extract_cookies_to_jar

from arango_jobs._net.hosts import Host
from arango_jobs._net.pools import leaves_requests_alone, pool_for
from arango_jobs._net.session_answers import read_answer
from arango_jobs._net.session_connections import Numbers, numbered_pool
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import (
    cookie_header,
    environment,
    has_retries,
    is_overridden,
    only_below_pool,
)
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers, Request, Response

__all__ = ["Answer", "Caller", "PoolCaller", "SessionCaller", "Withheld", "caller_for"]

# Not annotated by requests.
_keep_cookies: Callable[..., None] = extract_cookies_to_jar
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
    """Return the cheaper caller where it does all that the session would do."""
    if leaves_requests_alone(session.get_adapter(host.url)) and only_below_pool(session, host.url):
        return PoolCaller(session, host, settings, numbers)
    return SessionCaller(session, host, settings, numbers)


class PoolCaller:
    """Calls a pool like the one that the session's adapter keeps for a host."""

    def __init__(
        self, session: requests.Session, host: Host, settings: NetSettings, numbers: Numbers
    ) -> None:
        self._session = session
        self._settings = settings
        self._url = host.url
        found = pool_for(session, host, settings)
        self._probe = found.probe
        self._headers = {
            name.lower(): (name, value)
            for name, value in found.probe.headers.items()
            if name != "Cookie"
        }
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
                headers=self._headers_of(request),
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
            _keep_cookies(self._session.cookies, self._probe, raw)
        url = self._url + request.target
        return Answer(read_answer(raw, url, self._settings.max_response_bytes), number)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _headers_of(self, request: Request) -> dict[str, str]:
        own = {name.lower() for name, _ in request.headers}
        headers = dict(pair for name, pair in self._headers.items() if name not in own)
        headers.update(request.headers)
        if len(self._session.cookies) and "cookie" not in own:
            probe = requests.PreparedRequest()
            probe.url, probe.headers = self._url + request.target, self._probe.headers.copy()
            probe.headers.pop("Cookie", None)
            if cookie := cookie_header(self._session.cookies, probe):
                headers["Cookie"] = cookie
        return headers


class SessionCaller:
    """Calls the session as a program would that had only that."""

    def __init__(
        self, session: requests.Session, host: Host, settings: NetSettings, numbers: Numbers
    ) -> None:
        self._numbers = numbers
        self._is_new = True
        self._session = session
        self._settings = settings
        self._url = host.url
        # A `request` of the user's own must be gone through; it prepares for itself.
        self._has_request = is_overridden(session, ("request",), requests.Session)
        self.has_retries = has_retries(session, host.url)

    def call(self, request: Request, timeout: float, limit: int | None = None) -> Answer:
        """Make one request, on any connection; raises what the session raises.

        Which connections there are is the session's own affair: the first answer, and the first
        after a call that broke, count as one that came on a new one.
        """
        url = self._url + request.target
        before = self._numbers.made
        way = self._by_request if self._has_request else self._by_send
        try:
            answer = way(request, url, timeout)
            answer.raw.decode_content = True
            response = read_answer(answer.raw, url, self._settings.max_response_bytes)
        except BaseException:
            self._is_new = True
            raise
        if self._is_new:
            self._is_new = False
            self._numbers.count()
        return Answer(response, before)

    def close(self) -> None:
        """Close nothing: the session is the user's."""

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
        merged = {**environment(self._session, url, self._settings.verify), "stream": True}
        timeouts = (self._settings.connect_timeout, timeout)
        return self._session.send(prepared, allow_redirects=False, timeout=timeouts, **merged)


def _auth(headers: Headers) -> Any:
    """Return an auth that leaves the request's own Authorization alone, if it has one."""
    has_own = any(name.lower() == "authorization" for name, _ in headers)
    return (lambda prepared: prepared) if has_own else None


def _timeout(settings: NetSettings, timeout: float) -> urllib3.Timeout:
    return urllib3.Timeout(connect=min(settings.connect_timeout, timeout), read=timeout)
