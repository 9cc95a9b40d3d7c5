"""The two values that cross the border between socket and server: Request and Response.

Knows HTTP's parts but no socket, no route and no state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from arango_jobs.local.errors import ArangoError, error_document

__all__ = ["JSON", "TEXT", "Request", "Response", "dumps"]

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


def dumps(value: Any) -> bytes:
    """Encode `value` as JSON, or raise the ArangoDB error for what JSON cannot carry."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise ArangoError(600, f"cannot encode the result as JSON: {error}") from error


@dataclass(slots=True, eq=False)
class Request:
    """One HTTP request; header names are lower-case, the target is as it came."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """Return the path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters; of a repeated one, the last."""
        text = self.target.partition("?")[2]
        if not text:
            return {}
        return dict(parse_qsl(text, keep_blank_values=True))


@dataclass(slots=True, eq=False)
class Response:
    """One HTTP answer without what the connection adds."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = TEXT
    # What goes wrong on the wire, by a fault: see faults.ACTIONS.
    mishap: str | None = None
    garbage: bytes = b""

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Return an answer with `value` as its JSON body."""
        return cls(status, dumps(value), {} if headers is None else headers, JSON)

    @classmethod
    def error(cls, error: ArangoError, headers: dict[str, str] | None = None) -> Response:
        """Return the answer that carries `error`."""
        return cls.json(error_document(error), error.status, headers)

    def document(self) -> Any:
        """Return the decoded JSON body."""
        return orjson.loads(self.body)
