"""From a request of python-arango's to an `Operation`.

    wrapper ─ execute(request, handler) ─▶ Recorder ─▶ Operation ─▶ (whoever sends it)

The body is what that driver's serializer made; the decoder is that driver's
own reading of the answer.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from typing import Any

from arango_jobs.api.compression import compressed
from arango_jobs.api.destination import Destination
from arango_jobs.api.retry import import_retry
from arango_jobs.errors import ArangoServerError, OptionError, UnsupportedTargetError
from arango_jobs.integrations.python_arango.credentials import destination_of
from arango_jobs.integrations.python_arango.documents import Documents
from arango_jobs.integrations.python_arango.private import Parts, parts_of
from arango_jobs.integrations.python_arango.responses import Fits, Handler, Reader, is_batch
from arango_jobs.integrations.python_arango.targets import path_and_query
from arango_jobs.json import dumps_by, encode_text
from arango_jobs.operations import Headers, Operation, OperationKind, Response, Retry

__all__ = ["Recorder", "Recorders"]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# What the manager sets by itself, or (compressed answers) no job ever has: H-14.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
        "x-arango-async",
    }
)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_READING_POSTS = frozenset({"/_api/explain", "/_api/query"})
_DOCUMENT = re.compile(r"/_api/document/[^/]+/[^/]+\Z")
# A job that forgets jobs may forget itself, and one that ends the server has no result.
_AT_ONCE = re.compile(r"/_(?:api|admin)/job(?:/|\Z)|/_admin/shutdown\Z")


class Recorder:
    """Makes operations of the requests that go over one connection of the driver's."""

    def __init__(
        self, connection: Any, parts: Parts, destination: Destination, *, client_keys: bool
    ) -> None:
        self.connection = connection
        self.destination = destination
        self._compression = parts.compression
        self._database: str = connection.db_name
        self._reader = Reader(connection, parts.hosts)
        self._documents = Documents(
            connection, parts, self._reader, destination, client_keys=client_keys
        )
        self._headers: dict[tuple[tuple[str, str], ...], Headers] = {}

    def record(self, request: Any, handler: Handler, deadline: float | None) -> Operation[Any]:
        """Return the operation that `request` is; raise `OptionError` for one that is malformed."""
        method = request.method.upper()
        if method not in _METHODS:
            raise OptionError(f"{request.method!r} is no HTTP method")
        path, query = path_and_query(request.endpoint, request.params)
        headers = self._checked_headers(request.headers)
        single = self._documents.operation(request, handler, path, query, headers)
        if single is not None:
            return single
        is_query = method == "POST" and path == "/_api/cursor"
        data = request.data
        if is_query and deadline is not None and isinstance(data, dict):
            data = _with_runtime(data, deadline)
        body, headers = self._body(data, headers)
        if method == "HEAD" and _DOCUMENT.match(path):
            # Fetching the result of a HEAD request hangs on several versions: H-13.
            method = "GET"
        kind: OperationKind[Any] = OperationKind(
            _name(request, handler),
            method,
            self._database,
            path,
            self._decoder(request, handler, is_batch if is_query else None),
            ArangoServerError,
            query=query,
            headers=headers,
            retry=_retry(method, path, request),
            is_text=True,
            is_query=is_query,
            is_direct=method == "HEAD" or bool(_AT_ONCE.match(path)),
            destination=self.destination,
        )
        return Operation(kind, body)

    def _decoder(
        self, request: Any, handler: Handler, fits: Fits | None
    ) -> Callable[[Response, Operation[Any]], Any]:
        read = self._reader.read

        def decode(response: Response, operation: Operation[Any]) -> Any:
            return read(request, handler, response, operation, fits)

        return decode

    def _body(self, data: Any, headers: Headers) -> tuple[bytes | None, Headers]:
        if data is None:
            return None, headers
        if hasattr(data, "to_string"):
            return _read_whole(data), headers
        if isinstance(data, (str, bytes)):
            body = encode_text(data, "the body") if isinstance(data, str) else data
        else:
            body = dumps_by(self.connection.normalize_data, data)
        body, encoding = compressed(body, self._compression)
        return body, headers + encoding if encoding else headers

    def _checked_headers(self, headers: Any) -> Headers:
        """Return `headers` as a tuple, the same one for the same headers."""
        given = tuple(headers.items())
        known = self._headers.get(given)
        if known is not None:
            return known
        for name, value in given:
            if name.lower() in _RESERVED:
                raise OptionError(f"the header {name} is set by the manager itself")
            if not _NAME.match(name) or not _VALUE.match(str(value)):
                raise OptionError(f"the header {name!r} cannot go into a request")
        made = tuple((name.lower(), str(value)) for name, value in given)
        # Headers that carry a revision differ from one request to the next.
        if len(self._headers) < 256:
            self._headers[given] = made
        return made


class Recorders:
    """The recorder of each connection that a manager's calls may come over."""

    def __init__(
        self, connection: Any, parts: Parts, destination: Destination, *, client_keys: bool
    ) -> None:
        self.own = Recorder(connection, parts, destination, client_keys=client_keys)
        self._client_keys = client_keys
        self._others: weakref.WeakKeyDictionary[Any, Recorder] = weakref.WeakKeyDictionary()

    def of(self, wrapper: Any) -> Recorder:
        """Return the recorder for a wrapper of the user's.

        Raises `UnsupportedTargetError` where the manager cannot send for it: it
        belongs to a transaction or a batch, to another server or to another user.
        """
        if wrapper.context not in ("default", "managed"):
            raise UnsupportedTargetError(
                f"{wrapper!r} belongs to the driver's {wrapper.context} context; a JobManager "
                "sends for wrappers of a StandardDatabase"
            )
        connection = wrapper.conn
        if connection is self.own.connection:
            return self.own
        recorder = self._others.get(connection)
        if recorder is None:
            recorder = self._others[connection] = self._other(wrapper, connection)
        return recorder

    def _other(self, wrapper: Any, connection: Any) -> Recorder:
        parts = parts_of(connection)
        theirs = destination_of(connection, parts)
        self.own.destination.check(theirs, wrapper)
        return Recorder(connection, parts, theirs, client_keys=self._client_keys)


def _name(request: Any, handler: Handler) -> str:
    """Return the wrapper's method, such as `StandardCollection.insert`."""
    name, inside, _ = str(getattr(handler, "__qualname__", "")).partition(".<locals>")
    return name if inside else f"request.{request.method}"


def _read_whole(form: Any) -> bytes:
    """Return a form with files as it is sent: a request that is repeated needs it again."""
    whole: bytes = form.to_string()
    for part in form.fields.values():
        if isinstance(part, tuple) and hasattr(part[1], "close"):
            # The driver has opened it, and forgets it.
            part[1].close()
    return whole


def _retry(method: str, path: str, request: Any) -> Retry:
    if method in _READS:
        return Retry.SAFE
    if method == "POST" and path in _READING_POSTS:
        return Retry.SAFE
    if method == "PUT" and path.startswith("/_api/document/") and "onlyget" in request.params:
        return Retry.SAFE
    if method == "POST" and path == "/_api/import" and isinstance(request.data, list):
        params = request.params
        overwrites = params.get("overwrite", "0") not in ("0", "false")
        return import_retry(params.get("onDuplicate"), overwrites, request.data)
    return Retry.NEVER


def _with_runtime(data: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Return the query with the deadline as its `maxRuntime`, where it has no smaller one."""
    options = dict(data.get("options") or {})
    own = options.get("maxRuntime")
    options["maxRuntime"] = min(own, deadline) if own else deadline
    return {**data, "options": options}
