"""What a decoder does that its request does not tell: found out by one made-up answer.

`ignore_missing`, `raise_on_document_error` and the like are options of the
decoder alone. A decoder is *lenient* where it returns something for the answer
below instead of raising; that one bit is kept with its kind.
"""

from __future__ import annotations

from typing import Any

from arango_jobs import json
from arango_jobs.operations import Operation, OperationKind, Response

__all__ = ["is_lenient"]


def _failing(status: int, number: int) -> Response:
    body = {"error": True, "code": status, "errorNum": number, "errorMessage": ""}
    return Response(status, {}, json.dumps(body))


_ONE_FAILED = Response(
    202, {}, json.dumps([{"error": True, "errorNum": 1210, "errorMessage": "", "code": 409}])
)
_RAW_INDEX = Response(201, {}, json.dumps({"id": "c/1", "isNewlyCreated": True, "code": 201}))

_PROBES: dict[str, Response] = {
    "document.delete": _failing(404, 1202),
    "vertex.delete": _failing(404, 1202),
    "edge.delete": _failing(404, 1202),
    "user.delete": _failing(404, 1703),
    "index.delete": _failing(404, 1212),
    "collection.delete": _failing(404, 1203),
    "database.delete": _failing(404, 1228),
    "graph.delete": _failing(404, 1924),
    "aql.delete_function": _failing(404, 1582),
    "document.insert_many": _ONE_FAILED,
    "document.update_many": _ONE_FAILED,
    "document.replace_many": _ONE_FAILED,
    "document.delete_many": _ONE_FAILED,
    **{
        f"request.{method}": _failing(500, 4)
        for method in ("get", "post", "put", "patch", "delete", "head", "options")
    },
}


def is_lenient(kind: OperationKind[Any]) -> bool | None:
    """Return whether `kind` returns what others raise, `None` where that is no question."""
    if kind.name == "index.add":
        return _renames(kind)
    probe = _PROBES.get(kind.name)
    if probe is None:
        return None
    try:
        kind.decode(probe, Operation(kind, [{}]))
    except Exception:  # noqa: BLE001  whatever it raises, it is not lenient
        return False
    return True


def _renames(kind: OperationKind[Any]) -> bool:
    """Return whether an index is returned under python-arango's names."""
    try:
        return "new" in kind.decode(_RAW_INDEX, Operation(kind))
    except Exception:  # noqa: BLE001  another wrapper's of the same name
        return False
