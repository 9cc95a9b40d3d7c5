"""`/_api/import` (server-protocol.md §8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.store import Collection, Written

__all__ = ["route"]

route = RouteTable()
_MODES = {"error": "conflict", "update": "update", "replace": "replace", "ignore": "ignore"}
_SHOWN = 255


@dataclass(slots=True)
class _Counts:
    created: int = 0
    errors: int = 0
    empty: int = 0
    updated: int = 0
    ignored: int = 0
    details: list[str] = field(default_factory=list)

    def count(self, written: Written) -> None:
        if written.skipped:
            self.ignored += 1
        elif written.old_rev is not None:
            self.updated += 1
        else:
            self.created += 1


@route("POST /_api/import")
def import_documents(call: Call) -> Response:
    """Import documents; without ``complete`` the bad ones are counted and left out."""
    collection = call.collection(call.required("collection"), write=True)
    kind = call.query.get("type", "")
    mode = _MODES.get(call.query.get("onDuplicate", "error"), "conflict")
    complete = call.flag("complete")
    prefixes = {"_from": call.query.get("fromPrefix"), "_to": call.query.get("toPrefix")}
    counts = _Counts()
    with call.statement() as statement:
        writer = statement.writing(collection)
        if call.flag("overwrite"):
            writer.truncate()
        for position, item in _items(kind, call.request.body, counts):
            try:
                document = _checked(item)
                _prefix(document, prefixes, collection)
                counts.count(writer.insert(document, overwrite_mode=mode))
            except ArangoError as error:
                if complete or error.error_num == 32:
                    raise
                counts.errors += 1
                counts.details.append(_detail(position, item, error))
    body: dict[str, Any] = {
        "error": False,
        "created": counts.created,
        "errors": counts.errors,
        "empty": counts.empty,
        "updated": counts.updated,
        "ignored": counts.ignored,
    }
    if call.flag("details"):
        body["details"] = counts.details
    return Response.json(body, 201)


def _items(kind: str, body: bytes, counts: _Counts) -> Iterator[tuple[int, Any]]:
    if kind in ("array", "list") or (kind == "auto" and body.lstrip()[:1] == b"["):
        items = _loads(body)
        if isinstance(items, ArangoError):
            raise items
        if not isinstance(items, list):
            raise ArangoError(400, "expecting a JSON array in the request")
        yield from enumerate(items)
    elif kind in ("documents", "auto"):
        yield from _lines(body, counts)
    elif kind == "":
        yield from _table(body, counts)
    else:
        raise ArangoError(400, "invalid value for 'type', expecting documents, array, list or auto")


def _lines(body: bytes, counts: _Counts) -> Iterator[tuple[int, Any]]:
    lines = body.split(b"\n")
    if not lines[-1].strip():
        lines.pop()  # What follows the last line break is no line.
    for position, line in enumerate(lines):
        if line.strip():
            yield position, _loads(line)
        else:
            counts.empty += 1


def _table(body: bytes, counts: _Counts) -> Iterator[tuple[int, Any]]:
    rows = _lines(body, counts)
    _, names = next(rows, (0, None))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArangoError(400, "no JSON array of attribute names found in the first line")
    for position, values in rows:
        if isinstance(values, list) and len(values) == len(names):
            yield position, dict(zip(names, values, strict=True))
        elif isinstance(values, ArangoError):
            yield position, values
        else:
            yield position, ArangoError(400, "wrong number of JSON values in the line")


def _loads(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return ArangoError(600, f"VPackError error: {error}")


def _checked(item: Any) -> dict[str, Any]:
    if isinstance(item, ArangoError):
        raise item
    if not isinstance(item, dict):
        raise ArangoError(1227)
    return item


def _prefix(
    document: dict[str, Any], prefixes: dict[str, str | None], collection: Collection
) -> None:
    for end, prefix in prefixes.items():
        value = document.get(end)
        if prefix and isinstance(value, (str, int)) and "/" not in str(value):
            document[end] = f"{prefix.rstrip('/')}/{value}"


def _detail(position: int, item: Any, error: ArangoError) -> str:
    shown = "" if isinstance(item, ArangoError) else orjson.dumps(item).decode()
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "..."
    return (
        f"at position {position}: creating document failed with error '{error.message}', "
        f"offending document: {shown}"
    )
