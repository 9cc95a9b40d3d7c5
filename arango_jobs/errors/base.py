"""The roots of the tree of errors, and how an error pickles.

ArangoJobsError
├── ArangoServerError        the server answered with an error (one class a call)
└── ArangoClientError        everything that went wrong on this side (client.py)
"""

from __future__ import annotations

from typing import Any

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
    """Something went wrong on this side of the connection; `message` says what."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.message = str(args[0]) if args else ""


class ArangoServerError(ArangoJobsError):
    """The server answered with an error.

    `http_code` is the HTTP status, `error_code` ArangoDB's error number (0 where
    there is none), `message` and `error_message` what the server said, `url` and
    `http_method` what was asked, `http_headers` those of the answer.
    """

    source = "server"
    attempts: tuple[str, ...] = ()
    """What was tried before this answer, and what came of it."""

    def __init__(
        self,
        message: str,
        *,
        http_code: int = 0,
        error_code: int = 0,
        url: str = "",
        http_method: str = "",
        http_headers: dict[str, str] | None = None,
    ) -> None:
        prefix = f"[HTTP {http_code}]" + (f"[ERR {error_code}]" if error_code else "")
        super().__init__(f"{prefix} {message}" if http_code else message)
        self.message = message
        self.error_message = message
        self.http_code = http_code
        self.error_code = error_code
        self.url = url
        self.http_method = http_method
        self.http_headers = http_headers or {}
