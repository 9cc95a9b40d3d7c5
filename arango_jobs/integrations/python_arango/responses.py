"""From an answer of the server's to what python-arango's own reading makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from arango_jobs.errors import JSONDecodeError
from arango_jobs.integrations.python_arango.driver import Cursor, DriverResponse, ServerError
from arango_jobs.integrations.python_arango.private import on_host, pin
from arango_jobs.operations import Operation, Response

__all__ = ["Fits", "Handler", "Reader", "is_batch", "is_document"]

Handler = Callable[[Any], Any]
Fits = Callable[[Any], bool]
"""Whether the body of a success is what it should be."""
_UNAVAILABLE = 503


class Reader:
    """Reads answers as a connection of the driver's does."""

    def __init__(self, connection: Any, hosts: Sequence[str]) -> None:
        self._connection = connection
        self._hosts = [host + "/" for host in hosts]
        self._pinned: dict[int, Any] = {}

    def read(
        self,
        request: Any,
        handler: Handler,
        response: Response,
        operation: Operation[Any],
        fits: Fits | None = None,
    ) -> Any:
        """Return what `handler` makes of `response`; raise its error for `request`.

        Raises `JSONDecodeError` for a success that cannot be read, or that does not fit.
        """
        host = self._host_of(response)
        try:
            answer = self._answer(request, response, operation, host)
            if answer.is_success:
                _check(answer, request, fits)
            result = handler(answer)
        except ServerError as error:
            # A handler made in a loop knows only the last of its requests.
            error.request = request
            raise
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            if isinstance(error, JSONDecodeError) or not response.is_success:
                raise
            raise JSONDecodeError(f"the answer to {operation!r} cannot be read") from error
        if isinstance(result, Cursor) and host is not None and len(self._hosts) > 1:
            pin(result, self._on_host(host))
        return result

    def element(
        self, request: Any, handler: Handler, status: int, fits: Fits | None = None
    ) -> Callable[[Any], Any]:
        """Return what makes the result of a call like `request` of an element of an array."""
        method = request.method
        reason = _reason(status)

        def value(element: Any) -> Any:
            answer = DriverResponse(method, "", CaseInsensitiveDict(), status, reason, "")
            answer.body = element
            answer.is_success = True
            if fits is not None and not fits(element):
                raise JSONDecodeError("the element is not what the server gives")
            return handler(answer)

        return value

    def _answer(
        self, request: Any, response: Response, operation: Operation[Any], host: int | None
    ) -> Any:
        url = response.url
        if host is not None:
            # Of a job's result it is the job's address, which says nothing about the operation.
            url = self._hosts[host][:-1] + operation.target
        answer = DriverResponse(
            request.method,
            url,
            CaseInsensitiveDict(response.headers),
            response.status,
            _reason(response.status),
            response.body.decode() if _is_result(response) else _text(response.body),
        )
        try:
            self._connection.prep_response(answer, request.deserialize)
        except requests.ConnectionError:
            # So it asks for another host. This is the operation's own result: there is no other.
            assert answer.status_code == _UNAVAILABLE
            answer.is_success = False
        return answer

    def _host_of(self, response: Response) -> int | None:
        for index, prefix in enumerate(self._hosts):
            if response.url.startswith(prefix):
                return index
        return None

    def _on_host(self, host: int) -> Any:
        if host not in self._pinned:
            self._pinned[host] = on_host(self._connection, host)
        return self._pinned[host]


def is_document(body: Any) -> bool:
    """Return whether `body` is a document, or tells of one."""
    return isinstance(body, dict) and "_key" in body


def is_batch(body: Any) -> bool:
    """Return whether `body` is what a query's first answer is."""
    return isinstance(body, dict) and isinstance(body.get("result"), list)


def _check(answer: Any, request: Any, fits: Fits | None) -> None:
    """Raise `JSONDecodeError` for a success whose body the driver would take for what it is not.

    It gives out as text what it cannot decode.
    """
    is_read = request.deserialize and _is_json(answer.headers)
    if is_read and answer.raw_body and answer.body is answer.raw_body:
        raise JSONDecodeError("the answer is no JSON")
    if fits is not None and not fits(answer.body):
        raise JSONDecodeError("the answer is not what the server gives")


def _is_result(response: Response) -> bool:
    """Return whether the body must be what JSON is: UTF-8."""
    return response.is_success and _is_json(response.headers)


def _is_json(headers: Mapping[str, str]) -> bool:
    return "json" in headers.get("content-type", "")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _text(body: bytes) -> str:
    """Return the body as text; what is none stays readable byte by byte."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")
