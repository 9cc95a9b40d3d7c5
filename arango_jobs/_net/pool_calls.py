"""One request through the urllib3 pool beneath the session's adapter.

A third of the cost of a call of the session. Follows no redirects, and knows no threads.
"""

from __future__ import annotations

from typing import Any

import requests
import urllib3

from arango_jobs._net.hosts import Host
from arango_jobs._net.pools import Pool
from arango_jobs._net.session_answers import Answer, read_answer
from arango_jobs._net.session_connections import Numbers, Withheld, numbered_pool
from arango_jobs._net.session_heads import SessionHeads
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import has_retries, keep_cookies
from arango_jobs.operations import Request

__all__ = ["PoolCaller"]


class PoolCaller:
    """Calls a pool like `found`, the one that the session's adapter keeps for a host."""

    way = "its connection pools"

    def __init__(
        self,
        session: requests.Session,
        found: Pool,
        host: Host,
        settings: NetSettings,
        numbers: Numbers,
    ) -> None:
        self._session = session
        self._settings = settings
        self._url = host.url
        self._probe = found.probe
        self._heads = SessionHeads(session, host)
        self._numbers = numbers
        self._pool = numbered_pool(found.urllib3, numbers, settings.session_threads)
        self._prefix = host.url if found.is_forwarded else host.prefix
        self.has_retries = has_retries(session, host.url)
        adapter: Any = session.get_adapter(host.url)
        self._retries: Any = adapter.max_retries if self.has_retries else False

    def call(self, request: Request, timeout: float, limit: int | None = None) -> Answer:
        """Make one request; raises `Withheld`, and what urllib3 raises."""
        with self._numbers.limited(limit, is_once=request.is_once):
            try:
                return self._call(request, timeout, self._retries)
            except Withheld:
                raise
            except Exception:
                self._numbers.broke()
                raise

    def _call(self, request: Request, timeout: float, retries: Any) -> Answer:
        """Make it with the retries that are left."""
        raw = self._pool.urlopen(
            request.method,
            self._prefix + request.target,
            body=request.body or None,
            headers=self._heads.of(request),
            retries=retries,
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


def _timeout(settings: NetSettings, timeout: float) -> urllib3.Timeout:
    return urllib3.Timeout(connect=min(settings.connect_timeout, timeout), read=timeout)
