"""What was asked and answered, as an error shows it; the names are python-arango's.

Neither shows a body when it is printed: documents and passwords are in there.
One of each is made for every error, so they are not frozen: treat them as if they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["ErrorRequest", "ErrorResponse", "status_text"]

_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})


def status_text(status: int) -> str:
    """Return the phrase that goes with an HTTP status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


@dataclass(slots=True)
class ErrorRequest:
    """The request that an operation stands for.

    `method` is in lower case, `endpoint` the path below the database, `headers`
    those of the call alone, without credentials.
    """

    method: str
    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    data: Any = field(default=None, repr=False, compare=False)
    """The body as it was handed in; a pickled error leaves it out."""

    @classmethod
    def to(
        cls, method: str, target: str, headers: Iterable[tuple[str, str]] = (), data: Any = None
    ) -> ErrorRequest:
        """Return the request to `target`, a path with its query and perhaps its database."""
        path, _, query = target.partition("?")
        if path.startswith("/_db/"):
            path = "/" + path.removeprefix("/_db/").partition("/")[2]
        params = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        told = {n: value for n, value in headers if n not in _SECRET} if headers else {}
        return cls(method.lower(), path, told, params, data)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the body out: it holds documents, and whatever a serializer accepts."""
        parts = (self.method, self.endpoint, dict(self.headers), dict(self.params))
        return (ErrorRequest, parts)


@dataclass(slots=True)
class ErrorResponse:
    """The answer that an error stands for; in an array, the element's part of it."""

    method: str
    """In lower case."""
    url: str
    headers: Mapping[str, str] = field(repr=False)
    status_code: int
    content: bytes | None = field(default=None, repr=False)
    """The body as it came, `None` for a part of it."""
    body: Any = field(default=None, repr=False, compare=False)
    """The body decoded; as text where it is no JSON."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx and the body no error: an array's element can be one."""
        is_error = isinstance(self.body, dict) and "errorNum" in self.body
        return 200 <= self.status_code < 300 and not is_error

    @property
    def status_text(self) -> str:
        """The phrase that goes with the status."""
        return status_text(self.status_code)

    @property
    def raw_body(self) -> str:
        """The body as text."""
        if self.content is None:
            return json.dumps(self.body, default=str)
        return self.content.decode("utf-8", "replace")

    @property
    def error_code(self) -> int | None:
        """ArangoDB's error number."""
        number = self._said("errorNum")
        return number if isinstance(number, int) else None

    @property
    def error_message(self) -> str | None:
        """What ArangoDB says of the error."""
        text = self._said("errorMessage")
        return text if isinstance(text, str) else None

    def _said(self, name: str) -> Any:
        return self.body.get(name) if isinstance(self.body, dict) else None

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Cross processes with nothing but plain values."""
        parts = (self.method, self.url, dict(self.headers), self.status_code, self.content)
        return (ErrorResponse, (*parts, self.body))
