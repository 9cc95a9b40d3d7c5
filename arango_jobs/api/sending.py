"""One request over `requests`, to one host, within its budget of time."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import requests
import urllib3.exceptions as urllib3_errors

from arango_jobs import json
from arango_jobs._net.covered_sessions import cover_session
from arango_jobs._net.proxies import proxy_of
from arango_jobs._net.time_limits import Limit, time_limit
from arango_jobs.api.session import SetAuthorization
from arango_jobs.api.transport_errors import convert, late_error
from arango_jobs.clock import Clock
from arango_jobs.errors import (
    ConnectionLostError,
    ResponseTooLargeError,
    TransportError,
)
from arango_jobs.operations import Request, Response
from arango_jobs.options import MAX_RESPONSE_BYTES, Timeouts

__all__ = ["Sender"]

_CHUNK = 1 << 16
_BODILESS = (204, 304)
_FRAMING = frozenset({"content-length", "transfer-encoding"})


class Sender:
    """What all connections of one client share: hosts, session, time limits."""

    def __init__(
        self,
        hosts: tuple[str, ...],
        session: requests.Session,
        timeouts: Timeouts,
        clock: Clock,
        *,
        verify: bool | str | None = None,
        loads: Callable[[bytes], Any] = json.loads,
    ) -> None:
        self.hosts = hosts
        self.session = session
        self.timeouts = timeouts
        self.clock = clock
        self.verify = verify
        self.loads = loads
        self.max_response_bytes = MAX_RESPONSE_BYTES

    def send(
        self, host: int, request: Request, authorization: str | None, deadline: float | None
    ) -> Response:
        """Send `request` to `host` and return the whole answer, before `deadline` (monotonic).

        Raises a `TransportError` that names the host.
        """
        url = self.hosts[host]
        try:
            with self._open(url, request, authorization, deadline) as answer:
                body = self._read(answer, url, deadline)
                self._check_whole(answer, request, url, body)
        except (requests.RequestException, urllib3_errors.HTTPError, OSError) as error:
            if isinstance(error, TransportError):
                raise
            proxy = proxy_of(self.session, url)
            raise convert(error, url, self.timeouts.request, proxy=proxy) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, body, url + request.target, self.loads)

    def _open(
        self, url: str, request: Request, authorization: str | None, deadline: float | None
    ) -> requests.Response:
        session = self.session
        prepared = session.prepare_request(
            requests.Request(
                request.method,
                url + request.target,
                headers=dict(request.headers),
                data=request.body or None,
                auth=SetAuthorization(authorization) if authorization else None,
            )
        )
        if not session.params:
            # As we quoted it: `requests` would undo what keeps a key of dots one path segment.
            prepared.url = url + request.target
        settings = session.merge_environment_settings(url, {}, True, self._verify(), None)
        cover_session(session, url, settings["proxies"])
        _, left = limits = self._limits(deadline)
        with time_limit(None if left is None else Limit(time.monotonic() + left)):
            return session.send(prepared, timeout=limits, allow_redirects=False, **settings)

    def _verify(self) -> bool | str | None:
        if self.verify is not None:
            return self.verify
        # Said explicitly, or a variable of the environment would overrule the session.
        own = self.session.verify
        return None if own is True else own

    def _limits(self, deadline: float | None) -> tuple[float | None, float | None]:
        connect = self.timeouts.connect
        if deadline is None:
            return connect, None
        left = max(deadline - self.clock.monotonic(), 0.001)
        return (left if connect is None else min(connect, left)), left

    def _read(self, answer: requests.Response, url: str, deadline: float | None) -> bytes:
        body, size, limit = BytesIO(), 0, self.max_response_bytes
        for chunk in answer.iter_content(_CHUNK):
            size += body.write(chunk)
            if size > limit:
                raise ResponseTooLargeError(f"the answer of {url} is above {limit} bytes")
            # What has no connection of ours under it is timed here.
            if deadline is not None and self.clock.monotonic() > deadline:
                raise late_error(url, self.timeouts.request)
        return body.getvalue()

    def _check_whole(
        self, answer: requests.Response, request: Request, url: str, body: bytes
    ) -> None:
        """Raise where the answer may have been cut off.

        `http.client` takes a head that breaks off for a whole one without a body,
        so that a silent write would look done. ArangoDB always says how long an
        answer is; without that only a body that can be read says that it is whole.
        """
        original = getattr(answer.raw, "_original_response", None)
        if request.method == "HEAD" or answer.status_code in _BODILESS:
            return
        if not isinstance(original, http.client.HTTPResponse) or _FRAMING & _names(answer):
            return
        try:
            self.loads(body)
        except ValueError:
            raise ConnectionLostError(
                f"{url} closed the connection before its answer was complete"
            ) from None


def _names(answer: requests.Response) -> set[str]:
    return {name.lower() for name in answer.headers}
