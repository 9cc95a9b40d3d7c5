"""One request on a connection of the urllib3 pool beneath the session's adapter.

The pool makes the connection, tests it and keeps it; what is said on it is our own,
which costs a third. Where it goes wrong, or the answer is one that the adapter
repeats the request for, urllib3 goes on as after a first attempt of its own. Follows
no redirects, and knows no threads.
"""

from __future__ import annotations

import http.client
import io
import ssl
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import requests
import urllib3
from requests.utils import default_headers
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError

from arango_jobs._net.hosts import Host
from arango_jobs._net.pool_calls import PoolCaller
from arango_jobs._net.pools import Pool
from arango_jobs._net.render import SMALL_BODY, RequestRenderer
from arango_jobs._net.responses import Outcome, ResponseReader
from arango_jobs._net.session_answers import Answer
from arango_jobs._net.session_connections import Numbers, Withheld
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import keep_cookies
from arango_jobs._net.time_limits import time_left
from arango_jobs.errors import ConnectionLostError, ResponseTooLargeError, TransportError
from arango_jobs.operations import Headers, Request, Response

__all__ = ["WireCaller"]

_RECEIVE_BYTES = 1 << 16


class WireCaller(PoolCaller):
    """Speaks for itself on the connections of the pool."""

    def __init__(
        self,
        session: requests.Session,
        found: Pool,
        host: Host,
        settings: NetSettings,
        numbers: Numbers,
    ) -> None:
        super().__init__(session, found, host, settings, numbers)
        self._renderer = RequestRenderer(host, _usual(found.probe))

    def _call(self, request: Request, timeout: float, retries: Any) -> Answer:
        pieces: list[bytes] = []
        try:
            answer = self._attempt(request, timeout, pieces)
        except ResponseTooLargeError:
            raise
        except (OSError, urllib3.exceptions.HTTPError) as error:
            self._numbers.broke()
            told = self._told(request, error)
            # Where an answer has begun, no adapter repeats a request.
            if pieces or not self.has_retries:
                raise told from error
            return self._go_on(request, timeout, self._left(request, retries, error=told))
        response = answer.response
        if not self.has_retries or not retries.is_retry(
            request.method, response.status, response.header("retry-after") is not None
        ):
            return answer
        refusal: Any = urllib3.HTTPResponse(b"", response.headers, response.status)
        try:
            left = self._left(request, retries, response=refusal)
        except MaxRetryError:
            if retries.raise_on_status:
                raise
            return answer
        return self._go_on(request, timeout, left, refusal)

    def _left(self, request: Request, retries: Any, **outcome: Any) -> Any:
        """Return what is left of the retries after this outcome; raises where that is none."""
        trace = sys.exc_info()[2]
        return retries.increment(
            request.method, request.target, _pool=self._pool, _stacktrace=trace, **outcome
        )

    def _go_on(self, request: Request, timeout: float, left: Any, refusal: Any = None) -> Answer:
        left.sleep(refusal)
        return super()._call(request, timeout, left)

    def _told(self, request: Request, error: Exception) -> Exception:
        """Return `error` as urllib3 would tell it to its retries."""
        if isinstance(error, urllib3.exceptions.HTTPError):
            return error
        if isinstance(error, TimeoutError):
            return ReadTimeoutError(self._pool, request.target, "Read timed out.")
        if isinstance(error, ssl.SSLError):
            return urllib3.exceptions.SSLError(error)
        return ProtocolError("Connection aborted.", error)

    def _attempt(self, request: Request, timeout: float, pieces: list[bytes]) -> Answer:
        template = self._with_cookie(request).template
        head = self._renderer.render(template, size=len(request.body))
        connection = self._pool._get_conn()
        is_kept = False
        try:
            connection.leave()
            if connection.sock is None:
                connection.timeout = min(self._settings.connect_timeout, timeout)
                connection.connect()
            number = connection.number
            if not self._numbers.admits(number):
                is_kept = True
                raise Withheld(self._numbers.is_written)
            connection.asked()
            connection.sock.settimeout(timeout)
            _send(connection, head, request.body)
            response, is_kept = self._answer(request, connection.sock, pieces)
            connection.answers += 1
            self._numbers.answered(connection.answers)
        except TimeoutError:
            raise
        except OSError:
            if not pieces:
                self._numbers.fell_silent(connection.answers, connection.asked_at)
            raise
        finally:
            if not is_kept:
                connection.close()
            self._pool._put_conn(connection)
        response.base, response.target = self._url, request.target
        return Answer(response, number)

    def _answer(self, request: Request, sock: Any, pieces: list[bytes]) -> tuple[Response, bool]:
        """Read the answer into `pieces`; return it and whether the connection goes on."""
        settings = self._settings
        reader = ResponseReader(
            max_head=settings.max_head_bytes, max_body=settings.max_response_bytes
        )
        found: list[Outcome] = []
        while not found:
            if (left := time_left()) is not None:
                sock.settimeout(left)
            data = sock.recv(_RECEIVE_BYTES)
            if not data:
                # Also where that may be how the body ends: it may as well have been cut off.
                raise ConnectionLostError("the connection ended where the answer may have gone on")
            pieces.append(data)
            reader.feed(data, found, is_head=request.method == "HEAD")
        answered = found[0]
        if isinstance(answered, TransportError):
            raise answered
        response = answered.response(0)
        if response.header("set-cookie") is not None:
            self._keep_cookies(b"".join(pieces))
        return response, len(found) == len(answered.bodies) == 1 and reader.is_between

    def _with_cookie(self, request: Request) -> Request:
        cookie = self._heads.cookie_for(request)
        if cookie is None:
            return request
        return replace(request, headers=(*request.headers, ("Cookie", cookie)))

    def _keep_cookies(self, data: bytes) -> None:
        head = data.partition(b"\r\n\r\n")[0].partition(b"\r\n")[2]
        message = http.client.parse_headers(io.BytesIO(head + b"\r\n\r\n"))
        answer = SimpleNamespace(_original_response=SimpleNamespace(msg=message))
        keep_cookies(self._session.cookies, self._probe, answer)


def _usual(probe: requests.PreparedRequest) -> Headers:
    """Return what goes with every request, without codings that we might not know."""
    codings = default_headers()["Accept-Encoding"]
    # Bytes too, whatever the annotation says.
    headers: Any = probe.headers
    return tuple(
        (name, value.decode("latin-1") if isinstance(value, bytes) else value)
        for name, value in headers.items()
        if name != "Cookie" and (name, value) != ("Accept-Encoding", codings)
    )


def _send(connection: Any, head: bytes, body: bytes) -> None:
    pieces = (head + body,) if len(body) <= SMALL_BODY else (head, body)
    try:
        for piece in pieces:
            connection.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses a body half-way has answered before it closed.
        return
