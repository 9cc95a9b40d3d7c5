"""What is kept of a kind of operation: enough to send it again and to read its answer.

Never credentials: headers that may carry some are left out, and so are bodies
that hold passwords; what lacks something cannot be sent again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson

from arango_jobs.ledger.probes import is_lenient
from arango_jobs.operations import Headers, OperationKind

__all__ = ["KindFacts", "facts_of", "public_headers"]

_PUBLIC_HEADERS = frozenset(
    {
        "accept",
        "charset",
        "content-encoding",
        "content-type",
        "if-match",
        "if-none-match",
        "x-arango-allow-dirty-read",
        "x-arango-driver",
    }
)
_SECRET_PATHS = ("/_open/auth", "/_api/user", "/_api/token", "/_api/database", "/_admin/execute")


@dataclass(frozen=True, slots=True)
class KindFacts:
    """An `OperationKind`, without the code that belongs to it."""

    name: str
    method: str
    database: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    retry: str = "never"
    is_text: bool = False
    is_query: bool = False
    is_direct: bool = False
    order: str | None = None
    merge: tuple[str, str, int] | None = None
    """Method, target and the status that the single call has on success."""
    lenient: bool | None = None
    """Whether its decoder returns what others raise (probes.py)."""
    withholds_body: bool = False
    withholds_headers: bool = False

    def to_json(self) -> bytes:
        """Return it as JSON."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: bytes) -> KindFacts:
        """Return what `to_json` was called on."""
        values = orjson.loads(text)
        values["headers"] = tuple((name, value) for name, value in values["headers"])
        if values["merge"] is not None:
            values["merge"] = tuple(values["merge"])
        return cls(**values)


def facts_of(kind: OperationKind[Any]) -> KindFacts:
    """Return what is kept of `kind`."""
    headers = public_headers(kind.headers)
    plan = kind.merge
    return KindFacts(
        name=kind.name,
        method=kind.method,
        database=kind.database,
        path=kind.path,
        query=kind.query,
        headers=headers,
        retry=kind.retry.value,
        is_text=kind.is_text,
        is_query=kind.is_query,
        is_direct=kind.is_direct,
        order=kind.order,
        merge=None if plan is None else (plan.method, plan.target, plan.status),
        lenient=is_lenient(kind),
        withholds_body=_may_hold_password(kind),
        withholds_headers=headers != kind.headers,
    )


def _may_hold_password(kind: OperationKind[Any]) -> bool:
    is_write = kind.method not in ("GET", "DELETE") and not kind.name.startswith("permission.")
    return is_write and kind.path.startswith(_SECRET_PATHS)


def public_headers(headers: Headers) -> Headers:
    """Return those of `headers` that are known to carry nothing secret."""
    return tuple(each for each in headers if each[0].lower() in _PUBLIC_HEADERS)
