"""Any request, for what has no method of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.decode import Decoder, failure
from arango_jobs.api.group import ApiGroup
from arango_jobs.api.method import api_method
from arango_jobs.errors import OptionError, ServerRequestError
from arango_jobs.operations import Headers, Operation, Response, Retry

__all__ = ["RawRequests"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _SAFE | {"POST", "PUT", "PATCH", "DELETE"}
# What the transports set by themselves; a second one would make the request mean something else.
_RESERVED = frozenset(
    {"authorization", "connection", "content-length", "host", "transfer-encoding", "x-arango-async"}
)


class RawRequests(ApiGroup[C]):
    """Requests by path."""

    @api_method
    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        retry: Retry | str | None = None,
        check: bool = True,
    ) -> Operation[Response]:
        """Send a request below this database and return the whole answer.

        `path` is quoted already, such as "/_api/version". `body` goes out as
        JSON, text and bytes as they are. `retry` says what a second run would do
        ("safe", "idempotent" or "never"). A status other than 2xx raises
        `ServerRequestError`, unless `check` is false.
        """
        verb = method.upper()
        if verb not in _METHODS:
            raise OptionError(f"no HTTP method {method!r}; there are {', '.join(sorted(_METHODS))}")
        return self._operation(
            f"request.{verb.lower()}",
            verb,
            _checked_path(path),
            _decoder(check),
            ServerRequestError,
            query=params,
            body=body,
            headers=_checked_headers(headers or {}),
            retry=_retry(verb, retry),
            is_text=isinstance(body, (str, bytes)),
        )


def _retry(verb: str, retry: Retry | str | None) -> Retry:
    if retry is None:
        return Retry.SAFE if verb in _SAFE else Retry.NEVER
    try:
        return Retry(retry)
    except ValueError:
        raise OptionError(f"retry must be safe, idempotent or never, not {retry!r}") from None


def _checked_path(path: str) -> str:
    is_usable = isinstance(path, str) and path.startswith("/") and path.isascii()
    if not is_usable or not path.isprintable() or any(sign in path for sign in " ?#"):
        raise OptionError(
            f"{path!r} is no path; it starts with a slash, is quoted, and has no query (see params)"
        )
    return path


def _checked_headers(headers: Mapping[str, str]) -> Headers:
    for name, value in headers.items():
        if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
            raise OptionError(f"{name!r} is no name of a header")
        if name.lower() in _RESERVED:
            raise OptionError(f"the header {name} is set by the client itself")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise OptionError(f"the value of the header {name} is no printable ASCII text")
    return tuple((name.lower(), value) for name, value in headers.items())


def _decoder(check: bool) -> Decoder[Response]:
    def decode(response: Response, operation: Operation[Response]) -> Response:
        if check and not response.is_success:
            raise failure(response, operation)
        return response

    return decode
