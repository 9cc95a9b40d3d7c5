"""From an answer of the server to the error it stands for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from arango_jobs.errors.base import ArangoServerError

if TYPE_CHECKING:
    from arango_jobs.operations import Response

__all__ = ["server_error"]

E = TypeVar("E", bound=ArangoServerError)


def server_error(
    cls: type[E],
    response: Response,
    method: str,
    target: str,
    *,
    message: str | None = None,
    body: Any = None,
) -> E:
    """Return the error of class `cls` that `response` stands for.

    `method` and `target` are what the operation asked for, which is not what
    `response.url` names where the answer came out of a job. `message` replaces
    the server's words; `body` stands in for the response's, such as one element
    of an array.
    """
    error = response.json() if body is None else body
    if not isinstance(error, dict):
        error = {}
    number = error.get("errorNum")
    said = error.get("errorMessage")
    return cls(
        message or (said if isinstance(said, str) else _phrase(response.status)),
        http_code=response.status,
        error_code=number if isinstance(number, int) else 0,
        url=_url(response.url, target),
        http_method=method.lower(),
        http_headers=dict(response.headers),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


def _url(answered: str, target: str) -> str:
    parts = urlsplit(answered)
    if not parts.scheme or answered.endswith(target):
        return answered or target
    return f"{parts.scheme}://{parts.netloc}{target}"
