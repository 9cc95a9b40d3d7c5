"""What is looked at before anything becomes a job, in this order (server-protocol.md §1.3)."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.identity import NOBODY, Identity
from arango_jobs.local.messages import Request
from arango_jobs.local.store import Database

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["admit", "challenge", "check_queue_time", "decoded"]

# Paths that need no credentials.
_OPEN = ("/_open/", "/_admin/server/availability")
_MAX_UNPACKED = 1 << 28
_REFUSAL = "not authorized to execute this request"


def admit(
    coordinator: Coordinator, request: Request, database_name: str, path: str
) -> tuple[Identity, Database]:
    """Return who asks and in which database; raise 30, 1228 or (as a 401) 11."""
    if coordinator.stopping:
        raise ArangoError(30)
    deployment = coordinator.deployment
    identity = deployment.auth.identify(request.headers.get("authorization"))
    database = deployment.store.databases.get(database_name)
    if database is None:
        # Database names cannot be probed by those who could not read them.
        if identity is not None and identity.database_level(database_name) != "none":
            raise ArangoError(1228)
        raise ArangoError(11, _REFUSAL, 401)
    if identity is None:
        if not path.startswith(_OPEN):
            raise ArangoError(11, _REFUSAL, 401)
        return NOBODY, database
    if not _may_enter(identity, database_name, path):
        raise ArangoError(11, _REFUSAL, 401)
    return identity, database


def _may_enter(identity: Identity, database: str, path: str) -> bool:
    if identity.database_level(database) != "none" or path.startswith(_OPEN):
        return True
    own = path.split("/")[:4] == ["", "_api", "user", identity.name]
    return own and bool(identity.name)


def decoded(request: Request) -> Request:
    """Return the request with its body unpacked; raise 10 if that cannot be done."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding == "x-arango-lz4":
        raise ArangoError(10, "the embedded server cannot decode x-arango-lz4 bodies")
    if encoding not in ("gzip", "deflate"):
        return request
    unpacker = zlib.decompressobj(wbits=47)
    try:
        body = unpacker.decompress(request.body, _MAX_UNPACKED)
    except zlib.error as error:
        raise ArangoError(10, f"cannot decode the request body: {error}") from error
    if not unpacker.eof:
        raise ArangoError(10, "cannot decode the request body: it is cut short or too large")
    return replace(request, body=body)


def check_queue_time(coordinator: Coordinator, request: Request) -> None:
    """Raise 21004 if work waited longer of late than the request allows."""
    text = request.headers.get("x-arango-queue-time-seconds")
    if text is None:
        return
    try:
        limit = float(text)
    except ValueError:
        return
    if 0 < limit < coordinator.queue_time:
        coordinator.scheduler.queue_time_violations += 1
        raise ArangoError(21004)


def challenge(request: Request, error: ArangoError) -> dict[str, str]:
    """Return the header that asks for credentials, where one is due."""
    if error.status == 401 and "x-omit-www-authenticate" not in request.headers:
        return {"WWW-Authenticate": 'Basic realm="ArangoDB", Bearer token_type="JWT"'}
    return {}
