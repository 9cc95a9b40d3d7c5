"""Operations on single documents, in the form in which the manager can merge them.

Operations are merged by the identity of their kind, so kinds are kept, by
everything on which a success's result depends: the request but for document
and key, and the plain values that the driver's handler has closed over. The
result of an element of an array is made by the handler of the first operation
of that kind; errors, and answers to single requests, are read by the
operation's own.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from arango_jobs.api.compression import compressed
from arango_jobs.api.destination import Destination
from arango_jobs.api.query import encode_query
from arango_jobs.api.retry import delete_retry, insert_retry, overwrite_retry
from arango_jobs.errors import ArangoServerError
from arango_jobs.integrations.python_arango.driver import default_deserializer
from arango_jobs.integrations.python_arango.private import Parts
from arango_jobs.integrations.python_arango.responses import Fits, Handler, Reader, is_document
from arango_jobs.json import dumps_by
from arango_jobs.operations import (
    Headers,
    MergePlan,
    Operation,
    OperationKind,
    Response,
    Retry,
    quote_segment,
)

__all__ = ["Documents"]

_PATH = re.compile(r"(/_api/document/[^/%]+)(?:/([^/%]+))?\Z")
_MOST_KINDS = 1024
_PLAIN = (bool, int, str, type(None))
_REVISION = "if-match"


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the calls of one method go out, alone and merged."""

    method: str
    array_method: str
    has_key: bool = True
    """Whether the key ends the path."""
    has_body: bool = True
    reads: bool = False


_SHAPES = {
    "StandardCollection.insert": _Shape("POST", "POST", has_key=False),
    "StandardCollection.update": _Shape("PATCH", "PATCH"),
    "StandardCollection.replace": _Shape("PUT", "PUT"),
    "StandardCollection.delete": _Shape("DELETE", "DELETE", has_body=False),
    "StandardCollection.get": _Shape("GET", "PUT", has_body=False, reads=True),
    # HEAD must not become a job (H-13).
    "Collection.has": _Shape("GET", "PUT", has_body=False, reads=True),
}


class _Body(bytes):
    """What is sent, and the call that it belongs to."""

    request: Any
    handler: Handler


class Documents:
    """Makes operations on single documents."""

    def __init__(
        self,
        connection: Any,
        parts: Parts,
        reader: Reader,
        destination: Destination,
        *,
        client_keys: bool,
    ) -> None:
        self._connection = connection
        self._destination = destination
        self._database: str = connection.db_name
        self._compression = parts.compression
        self._reader = reader
        self._may_merge = parts.deserializer in (json.loads, default_deserializer)
        self._client_keys = client_keys
        # A key of ours must be one that nobody else makes: 64 random bits.
        self._prefix = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._kinds: dict[Any, OperationKind[Any]] = {}

    def operation(
        self, request: Any, handler: Handler, path: str, query: str, headers: Headers
    ) -> Operation[Any] | None:
        """Return the operation, `None` where the request is about no single document."""
        name = handler.__qualname__.partition(".<locals>")[0]
        shape = _SHAPES.get(name)
        match = _PATH.match(path) if shape is not None else None
        if shape is None or match is None or bool(match[2]) is not shape.has_key:
            return None
        collection, key = match.groups()
        document, made_key = request.data, False
        if not shape.has_key:
            document, key, made_key = self._keyed(document)
        body, coding = self._body(document, request, handler)
        revision = tuple(pair for pair in headers if pair[0] == _REVISION)
        is_single = not (
            self._may_merge
            and not coding
            and not revision
            and (not shape.has_body or _is_element(document, key if shape.has_key else None))
        )
        if revision or coding:
            headers = tuple(pair for pair in headers if pair[0] != _REVISION) + coding
        cells = _plain_cells(handler)
        # By type too: a handler may tell True from 1.
        values = tuple((*item, type(item[1])) for item in cells.items())
        slot = (name, collection, query, headers, is_single, values)
        kind = self._kinds.get(slot)
        if kind is None:
            kind = self._kind(name, shape, collection, query, headers, is_single, request, handler)
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[slot] = kind
        retry = _retry(name, request.params, document, key, cells, bool(revision))
        return Operation(kind, body, key, revision, not shape.has_key, retry, made_key)

    def _keyed(self, document: Any) -> tuple[Any, str | None, bool]:
        """Return the document to insert, its key if that is known, and whether it is ours."""
        if not isinstance(document, dict):
            return document, None, False
        if "_key" in document or not self._client_keys:
            key = document.get("_key")
            return document, key if type(key) is str else None, False
        key = f"{self._prefix}{next(self._numbers):x}"
        return {**document, "_key": key}, key, True

    def _body(self, document: Any, request: Any, handler: Handler) -> tuple[_Body, Headers]:
        plain = b"" if document is None else dumps_by(self._connection.normalize_data, document)
        data, coding = compressed(plain, self._compression) if plain else (plain, ())
        body = _Body(data)
        body.request, body.handler = request, handler
        return body, coding

    def _kind(
        self,
        name: str,
        shape: _Shape,
        collection: str,
        query: str,
        headers: Headers,
        is_single: bool,
        request: Any,
        handler: Handler,
    ) -> OperationKind[Any]:
        fits = _fits(name, request)
        merge = None if is_single else self._plan(shape, collection, request, handler, fits)
        return OperationKind(
            name,
            shape.method,
            self._database,
            collection,
            self._decoder(fits),
            ArangoServerError,
            query=query,
            headers=headers,
            is_text=True,
            merge=merge,
            order=None if shape.reads else f"{self._database}{collection}",
            destination=self._destination,
        )

    def _decoder(self, fits: Fits | None) -> Callable[[Response, Operation[Any]], Any]:
        read = self._reader.read

        def decode(response: Response, operation: Operation[Any]) -> Any:
            body = operation.body
            return read(body.request, body.handler, response, operation, fits)

        return decode

    def _plan(
        self,
        shape: _Shape,
        collection: str,
        request: Any,
        handler: Handler,
        fits: Fits | None,
    ) -> MergePlan:
        # The reply to a silent array cannot be taken apart (server-protocol.md §8.2).
        options = {name: value for name, value in request.params.items() if name != "silent"}
        if shape.reads:
            options["onlyget"] = "true"
        status = _status(shape.method, request.params)
        return MergePlan(
            shape.array_method,
            f"/_db/{quote_segment(self._database)}{collection}{encode_query(options)}",
            _key,
            self._reader.element(request, handler, status, fits),
            status,
            is_body=shape.has_body,
        )


def _fits(name: str, request: Any) -> Fits | None:
    """Return what the body of a success must be; nothing is told of a silent write."""
    is_silent = name == "Collection.has" or _is_on(request.params, "silent")
    return None if is_silent else is_document


def _key(operation: Operation[Any]) -> Any:
    return operation.key


def _is_element(document: Any, key: str | None) -> bool:
    """Whether the document can stand in an array: there its own `_key` says what it is about."""
    return isinstance(document, dict) and (key is None or document.get("_key") == key)


def _plain_cells(handler: Handler) -> dict[str, Any]:
    """Return the plain values that `handler` has closed over, by name."""
    function: Any = handler
    names = function.__code__.co_freevars
    cells = function.__closure__ or ()
    found = {name: cell.cell_contents for name, cell in zip(names, cells, strict=True)}
    return {name: value for name, value in found.items() if isinstance(value, _PLAIN)}


def _status(method: str, params: Mapping[str, str]) -> int:
    if method == "GET":
        return 200
    is_synced = _is_on(params, "waitForSync")
    if method == "DELETE":
        return 200 if is_synced else 202
    return 201 if is_synced else 202


def _is_on(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "0").lower() in ("1", "true")


def _retry(
    name: str,
    params: Mapping[str, str],
    document: Any,
    key: str | None,
    cells: Mapping[str, Any],
    checks_revision: bool,
) -> Retry:
    """Return what a second run would do; `api/retry.py` says why."""
    if _SHAPES[name].reads:
        return Retry.SAFE
    if key is None or checks_revision:
        return Retry.NEVER
    returns_old = _is_on(params, "returnOld")
    version_attribute = params.get("versionAttribute")
    if name == "StandardCollection.insert":
        mode = params.get("overwriteMode") or ("replace" if _is_on(params, "overwrite") else None)
        return insert_retry(mode, returns_old, version_attribute)
    if name == "StandardCollection.delete":
        return delete_retry(cells.get("ignore_missing") is True, returns_old)
    if isinstance(document, dict) and "_rev" in document and not _is_on(params, "ignoreRevs"):
        return Retry.NEVER
    return overwrite_retry(returns_old, version_attribute)
