"""The headers of requests as the user's session would send them.

Found out once for each host; only cookies are looked up for every request.
"""

from __future__ import annotations

import requests

from arango_jobs._net.hosts import Host
from arango_jobs._net.takeover import cookie_header
from arango_jobs.operations import Headers, Request

__all__ = ["SessionHeads"]

# Callers keep their tuples of headers; one who makes a new one each time must not grow this.
_MAX_KNOWN = 256


class SessionHeads:
    """Headers for one host, of sessions that do nothing of their own to single requests."""

    def __init__(self, session: requests.Session, host: Host) -> None:
        self._session = session
        self._url = host.url
        self._probe = session.prepare_request(requests.Request("GET", f"{host.url}/"))
        self._probe.headers.pop("Cookie", None)
        self._known: dict[int, tuple[Headers, dict[str, str]]] = {}

    def of(self, request: Request) -> dict[str, str]:
        """Return the headers of `request`, its own before the session's; not to be changed."""
        known = self._known.get(id(request.headers))
        merged = known[1] if known and known[0] is request.headers else self._merged(request)
        cookie = self.cookie_for(request)
        return merged if cookie is None else {**merged, "Cookie": cookie}

    def cookie_for(self, request: Request) -> str | None:
        """Return the cookies for `request`, `None` where there are none or it has its own."""
        if not len(self._session.cookies) or any(
            name.lower() == "cookie" for name, _ in request.headers
        ):
            return None
        probe = requests.PreparedRequest()
        probe.url, probe.headers = self._url + request.target, self._probe.headers.copy()
        return cookie_header(self._session.cookies, probe)

    def _merged(self, request: Request) -> dict[str, str]:
        own = {name.lower() for name, _ in request.headers}
        merged = {
            name: value for name, value in self._probe.headers.items() if name.lower() not in own
        }
        merged.update(request.headers)
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        # The tuple is kept: as long as it lives, its id is nobody else's.
        self._known[id(request.headers)] = (request.headers, merged)
        return merged
