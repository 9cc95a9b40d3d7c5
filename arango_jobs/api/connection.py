"""One database as one user: hosts, credentials, and sending with what may be repeated.

    prepare(operation) ─▶ Request ─▶ send ─▶ Response

What `send` repeats, until the budget of one request is used up:

* on the next host, where a host could not be reached (nothing was sent);
* after a pause, where the answer says that nothing was done (503/21003 and 429 always;
  503/503 and 503/30 for what is safe to repeat, and for submissions); `Retry-After` is obeyed,
  and one that is longer than the budget ends it;
* once with a new token, where the old one was refused (401/11);
* on the next host, where the connection broke, for reads only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from arango_jobs import json
from arango_jobs._wire.auth import Credentials
from arango_jobs._wire.job_api import operation_request
from arango_jobs.api.compression import RequestCompression, compressed
from arango_jobs.api.destination import Destination
from arango_jobs.api.hosts import HostOrder
from arango_jobs.api.repeating import did_nothing, has_no_result, repeating
from arango_jobs.api.sending import Sender
from arango_jobs.api.transport_errors import late_error
from arango_jobs.errors import (
    ConnectionLostError,
    HostUnreachableError,
    ServerConnectionError,
    TransportError,
    server_error,
)
from arango_jobs.operations import Headers, Operation, OperationKind, Request, Response, Retry

__all__ = ["Connection"]

_JSON: Headers = (("content-type", "application/json"),)
_TEXT: Headers = (("content-type", "text/plain; charset=utf-8"),)
_IDENTITY: Headers = (("accept-encoding", "identity"),)


class Connection:
    """Sends requests about one database."""

    def __init__(
        self,
        sender: Sender,
        order: HostOrder,
        database: str,
        credentials: Credentials | None,
        *,
        dumps: Callable[[Any], bytes | str],
        compression: RequestCompression | None = None,
        accept_encoding: str | None = None,
    ) -> None:
        self.sender = sender
        self.database = database
        self.credentials = credentials
        self.destination = Destination(sender.hosts, credentials, sender.session)
        """Which server, as which user."""
        self.kinds: dict[Any, OperationKind[Any]] = {}
        self._order = order
        self._dumps = dumps
        self._compression = compression
        self._accept: Headers = (("accept-encoding", accept_encoding),) if accept_encoding else ()
        self._renewal = threading.Lock()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The URLs of the Coordinators."""
        return self.sender.hosts

    @property
    def db_name(self) -> str:
        """The name of the database."""
        return self.database

    @property
    def username(self) -> str | None:
        """The name of the user, `None` where a token does not tell it."""
        return self.credentials.username if self.credentials else None

    def encode(self, operation: Operation[Any]) -> bytes:
        """Return the operation's body as it goes over the wire."""
        body = operation.body
        if body is None:
            if operation.key is not None:
                json.check_text(operation.key, "the key")
            return b""
        if not operation.kind.is_text:
            return self.dumps(body)
        return json.encode_text(body, "the body") if isinstance(body, str) else bytes(body)

    @property
    def encoder(self) -> Callable[[Any], bytes]:
        """What `dumps` does, with nothing around it where the user has no serializer."""
        own: Callable[[Any], Any] = self._dumps
        return own if own is json.dumps else self.dumps

    def dumps(self, value: Any) -> bytes:
        """Return `value` as JSON, by the user's serializer where there is one."""
        own: Callable[[Any], Any] = self._dumps
        return json.dumps(value) if own is json.dumps else json.dumps_by(self._dumps, value)

    def prepare(self, operation: Operation[Any], mode: str | None = None) -> Request:
        """Return the request for `operation`: at once (`None`), or as a job ("store", "true")."""
        body = self.encode(operation)
        # A stored result is never compressed, and 3.11.0 compresses it twice (H-14).
        extra = self._accept if mode is None else _IDENTITY
        if body:
            extra += _TEXT if operation.kind.is_text else _JSON
            body, encoding = compressed(body, self._compression)
            extra += encoding
        return operation_request(operation, body, mode=mode, extra=extra)

    def send(
        self,
        request: Request,
        *,
        host: int | None = None,
        retry: Retry = Retry.NEVER,
        within: float | None = None,
    ) -> Response:
        """Send `request` to `host`, or to whichever host answers, and return the answer.

        It has the client's limit of time for one request, and `within` seconds at the most.
        Raises a `TransportError` where there is no answer.
        """
        deadline = self._deadline(within)
        again = repeating(self.sender.clock, deadline, partial(did_nothing, request, retry))
        response: Response = again(self._signed, request, host, retry, deadline)
        return response

    def authorization(self) -> str | None:
        """Return the value of `Authorization`, renewed if it is due; `None`: the session signs."""
        return self._authorization(self._deadline())

    def _authorization(self, deadline: float | None) -> str | None:
        credentials = self.credentials
        if credentials is None:
            return None
        if credentials.needs_renewal(self.sender.clock.time()):
            self._renew(credentials, None, deadline)
        return credentials.header()

    def ping(self) -> int:
        """Ask for something small and return its status, or raise `ServerConnectionError`."""
        request = operation_request(
            Operation(
                OperationKind(
                    "connection.ping",
                    "GET",
                    self.database,
                    "/_api/collection",
                    lambda response, _: response.status,
                    ServerConnectionError,
                )
            ),
            b"",
            mode=None,
        )
        response = self.send(request, retry=Retry.SAFE)
        if response.is_success:
            return response.status
        refused = response.status in (401, 403)
        raise server_error(
            ServerConnectionError,
            response,
            request.method,
            request.target,
            message="wrong user name, password or token" if refused else None,
        )

    def host_of(self, response: Response) -> int | None:
        """Return which host gave `response`, `None` where that cannot be told."""
        for index, host in enumerate(self.hosts):
            if response.base == host or response.url.startswith(host + "/"):
                return index
        return None

    def host_name(self, index: int | None) -> str:
        """Return the URL of the host with this number, or nothing."""
        return "" if index is None else self.hosts[index]

    def _deadline(self, within: float | None = None) -> float | None:
        limits = [each for each in (self.sender.timeouts.request, within) if each is not None]
        return self.sender.clock.monotonic() + min(limits) if limits else None

    def _signed(
        self, request: Request, host: int | None, retry: Retry, deadline: float | None
    ) -> Response:
        header = self._authorization(deadline)
        response = self._anywhere(request, host, retry, header, deadline)
        credentials = self.credentials
        if response.status != 401 or not has_no_result(response):
            return response
        if credentials is None or not credentials.can_renew():
            return response
        self._renew(credentials, header, deadline)
        return self._anywhere(request, host, retry, credentials.header(), deadline)

    def _renew(
        self, credentials: Credentials, refused: str | None, deadline: float | None = None
    ) -> None:
        # Held while asking, so that a hundred threads get one new token and not a hundred.
        clock = self.sender.clock
        left = -1.0 if deadline is None else max(0.0, deadline - clock.monotonic())
        if not self._renewal.acquire(timeout=left):
            raise late_error(self.hosts[0], self.sender.timeouts.request)
        try:
            now = self.sender.clock.time()
            if refused is None:
                is_done = not credentials.needs_renewal(now)
            else:
                is_done = credentials.header() != refused
            if not is_done:
                request = credentials.renewal_request()
                again = repeating(
                    self.sender.clock, deadline, partial(did_nothing, request, Retry.SAFE)
                )
                response = again(self._anywhere, request, None, Retry.SAFE, None, deadline)
                credentials.renewed(response, now)
        finally:
            self._renewal.release()

    def _anywhere(
        self,
        request: Request,
        host: int | None,
        retry: Retry,
        authorization: str | None,
        deadline: float | None,
    ) -> Response:
        failure: TransportError | None = None
        for index in self._order.order() if host is None else (host,):
            try:
                response = self.sender.send(index, request, authorization, deadline)
            except HostUnreachableError as error:
                failure = error
            except ConnectionLostError as error:
                if retry is not Retry.SAFE:
                    raise
                failure = error
            else:
                if host is None:
                    self._order.reached(index)
                return response
        if failure is None:
            raise HostUnreachableError("there is no host to ask")
        raise failure

    def __repr__(self) -> str:
        return f"<Connection to {self.database} on {', '.join(self.hosts)}>"
