"""What single writes have in common: their options, and how they and their errors are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.store import Collection, Documents, Written

__all__ = ["WriteOptions", "many", "one", "requested_rev"]

_MODES = frozenset({"ignore", "replace", "update", "conflict"})


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The query parameters of document writes (server-protocol.md §8.2)."""

    return_new: bool
    return_old: bool
    silent: bool
    keep_null: bool
    merge_objects: bool
    ignore_revs: bool
    overwrite_mode: str | None
    version_attribute: str | None
    status: int

    @classmethod
    def read(cls, call: Call, collection: Collection, *, keep_null: bool = True) -> WriteOptions:
        """Read them; an unknown overwriteMode counts as none."""
        mode = call.query.get("overwriteMode")
        if mode not in _MODES:
            mode = "replace" if call.flag("overwrite") else None
        synced = call.flag("waitForSync") or collection.properties.get("waitForSync") is True
        return cls(
            return_new=call.flag("returnNew"),
            return_old=call.flag("returnOld"),
            silent=call.flag("silent"),
            keep_null=call.flag("keepNull", keep_null),
            merge_objects=call.flag("mergeObjects", True),
            ignore_revs=call.flag("ignoreRevs", True),
            overwrite_mode=mode,
            version_attribute=call.query.get("versionAttribute") or None,
            status=201 if synced else 202,
        )


def requested_rev(call: Call) -> str | None:
    """Return the revision of `if-match`, without its quotes."""
    text = call.header("if-match")
    return text.strip().strip('"') if text else None


def shown(written: Written, options: WriteOptions) -> dict[str, Any]:
    """Return what a write's answer tells."""
    body: dict[str, Any] = {"_id": written.id, "_key": written.key, "_rev": written.rev}
    if written.old_rev is not None:
        body["_oldRev"] = written.old_rev
    if options.return_new and written.new is not None:
        body["new"] = written.new
    if options.return_old and written.old is not None:
        body["old"] = written.old
    return body


def one(call: Call, written: Written, options: WriteOptions, status: int) -> Response:
    """Return the answer to a write of one document."""
    headers = {
        "Etag": f'"{written.rev}"',
        "Location": f"/_db/{call.database.name}/_api/document/{written.id}",
    }
    if options.silent:
        return Response.json({}, status, headers)
    return Response.json(shown(written, options), status, headers)


def many(
    call: Call,
    collection: Collection,
    items: Iterable[Any],
    write: Callable[[Any, Documents], Written],
    options: WriteOptions,
    status: int,
) -> Response:
    """Write each item in one statement; errors stand in the answer at the item's place."""
    results: list[dict[str, Any]] = []
    errors: Counter[int] = Counter()
    with call.statement() as statement:
        writer = statement.writing(collection)
        for item in items:
            try:
                written = write(item, writer)
            except ArangoError as error:
                if error.error_num == 32:
                    raise
                errors[error.error_num] += 1
                results.append(element_error(error))
            else:
                if not options.silent:
                    results.append(shown(written, options))
    headers = {}
    if errors:
        counts = {str(number): count for number, count in errors.items()}
        headers["X-Arango-Error-Codes"] = orjson.dumps(counts).decode()
    if options.silent and not errors:
        return Response.json({}, status, headers)
    return Response.json(results, status, headers)


def element_error(error: ArangoError) -> dict[str, Any]:
    """Return an error as an element of an array answer shows it."""
    return {"error": True, "errorNum": error.error_num, "errorMessage": error.message}
