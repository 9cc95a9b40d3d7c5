"""The roots of the tree of errors, and how an error pickles.

ArangoJobsError
├── ArangoServerError        the server answered with an error (one class a call)
└── ArangoClientError        everything that went wrong on this side (client.py)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arango_jobs.errors.exchange import ErrorRequest, ErrorResponse

__all__ = ["ArangoClientError", "ArangoJobsError", "ArangoServerError"]


def _rebuild(cls: type[ArangoJobsError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ArangoJobsError(Exception):
    """Root of every error that this library raises."""

    source = "client"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by attributes, whatever the arguments of the subclass are."""
        return (_rebuild, (type(self), self.args, self.__dict__))


class ArangoClientError(ArangoJobsError):
    """Something went wrong on this side of the connection; `message` says what.

    What only an answer of the server could tell is `None`.
    """

    error_message: str | None = None
    error_code: int | None = None
    http_code: int | None = None
    http_method: str | None = None
    http_headers: Mapping[str, str] | None = None
    url: str | None = None
    request: ErrorRequest | None = None
    response: ErrorResponse | None = None

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.message = str(args[0]) if args else ""


class ArangoServerError(ArangoJobsError):
    """The server answered with an error.

    `http_code` is the HTTP status, `error_code` ArangoDB's error number (the status
    where there is none), `message` what was said, with both numbers before it, and
    `error_message` the server's own words (`None` where it gave none). `url` and
    `http_method` are what was asked, `http_headers` those of the answer; `request`
    and `response` have the rest.
    """

    source = "server"
    attempts: tuple[str, ...] = ()
    """What was tried before this answer, and what came of it."""

    def __init__(
        self,
        message: str,
        *,
        http_code: int = 0,
        error_code: int | None = None,
        error_message: str | None = None,
        url: str = "",
        http_method: str = "",
        http_headers: dict[str, str] | None = None,
        request: ErrorRequest | None = None,
        response: ErrorResponse | None = None,
    ) -> None:
        number = f"[ERR {error_code}]" if error_code else ""
        self.message = f"[HTTP {http_code}]{number} {message}" if http_code else message
        super().__init__(self.message)
        self.error_message = message if response is None and not error_message else error_message
        self.http_code = http_code
        self.error_code = error_code or http_code
        self.url = url
        self.http_method = http_method
        self.http_headers = http_headers or {}
        self.request = request
        self.response = response
