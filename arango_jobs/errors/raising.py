"""From an answer of the server to the error it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from arango_jobs.errors.base import ArangoServerError
from arango_jobs.errors.exchange import ErrorRequest, ErrorResponse, status_text

if TYPE_CHECKING:
    from arango_jobs.operations import Operation, Response

__all__ = ["operation_error", "server_error"]

E = TypeVar("E", bound=ArangoServerError)


def server_error(
    cls: type[E],
    response: Response,
    method: str,
    target: str,
    *,
    message: str | None = None,
    body: Any = None,
    headers: Iterable[tuple[str, str]] = (),
    data: Any = None,
) -> E:
    """Return the error of class `cls` that `response` stands for.

    `method`, `target`, `headers` and `data` are what was asked. A manager's answers
    name that as their address, too; one that was fetched by hand names its fetch.
    `message` replaces the server's words; `body` stands in for the response's, such
    as one element of an array.
    """
    request = ErrorRequest.to(method, target, headers, data)
    content = None
    if body is None:
        body, content = response.json(), response.body
        if body is None:
            body = content.decode("utf-8", "replace")
    fetched_by = response.fetch_method
    asked = fetched_by or request.method
    url = response.url if fetched_by else _url(response.url, target)
    status, heads = response.status, dict(response.headers)
    answer = ErrorResponse(asked, url, heads, status, content, body)
    said = answer.error_message
    return cls(
        message or said or status_text(status),
        http_code=status,
        error_code=answer.error_code,
        error_message=said,
        url=url,
        http_method=asked,
        http_headers=heads,
        request=request,
        response=answer,
    )


def operation_error(
    cls: type[E],
    response: Response,
    operation: Operation[Any],
    *,
    message: str | None = None,
    body: Any = None,
) -> E:
    """Return the error of class `cls` that `response` to `operation` stands for."""
    kind = operation.kind
    return server_error(
        cls,
        response,
        kind.method,
        operation.target,
        message=message,
        body=body,
        headers=(*kind.headers, *operation.headers),
        data=operation.body,
    )


def _url(answered: str, target: str) -> str:
    parts = urlsplit(answered)
    if not parts.scheme or answered.endswith(target):
        return answered or target
    return f"{parts.scheme}://{parts.netloc}{target}"
