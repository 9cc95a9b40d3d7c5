"""One request through an adapter that has a `send` of its own.

The adapter gets what the session would give it, at half the cost: what the session
does around it, where that is only what `requests` itself does, is the same for
every request to a host. Follows no redirects, and knows no threads.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict

from arango_jobs._net.covered_sessions import cover_session
from arango_jobs._net.hosts import Host
from arango_jobs._net.session_answers import read_answer
from arango_jobs._net.session_heads import SessionHeads
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import KeptEnvironment, has_retries, keep_cookies
from arango_jobs.operations import Request, Response

__all__ = ["AdapterCaller"]

# As requests: for these no body needs no length.
_BODILESS = frozenset({"GET", "HEAD"})


class AdapterCaller:
    """Calls the `send` of the session's adapter for a host."""

    way = "its adapter's send()"

    def __init__(self, session: requests.Session, host: Host, settings: NetSettings) -> None:
        self._session = session
        self._settings = settings
        self._url = host.url
        self._heads = SessionHeads(session, host)
        self._environment = KeptEnvironment(session, host.url, settings.verify)
        self.has_retries = has_retries(session, host.url)

    def call(self, request: Request, timeout: float) -> Response:
        """Make one request; raises what the adapter raises."""
        prepared = self._prepared(request)
        url = self._url + request.target
        adapter = self._session.get_adapter(url)
        limits = (self._settings.connect_timeout, timeout)
        merged = {**self._environment.get(), "stream": True}
        cover_session(self._session, self._url, merged["proxies"])
        answer = adapter.send(prepared, timeout=limits, **merged)
        raw: Any = answer.raw
        if "Set-Cookie" in raw.headers:
            keep_cookies(self._session.cookies, prepared, raw)
        return read_answer(raw, url, self._settings.max_response_bytes)

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        body = request.body
        prepared: Any = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = self._url + request.target
        prepared.headers = headers = CaseInsensitiveDict(self._heads.of(request))
        if body or request.method not in _BODILESS:
            headers["Content-Length"] = str(len(body))
        prepared.body = body or None
        prepared.hooks = default_hooks()
        # For adapters that copy it.
        prepared._cookies = self._session.cookies
        found: requests.PreparedRequest = prepared
        return found
