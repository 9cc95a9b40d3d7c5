"""`/_api/transaction`: stream transactions."""

from __future__ import annotations

import math
from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.routes.bodies import result
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane
from arango_jobs.local.transactions import Transaction

__all__ = ["route"]

route = RouteTable()
_ONE = "/_api/transaction/{id}"


@route("POST /_api/transaction")
def javascript(call: Call) -> Response:
    """Refuse: there is no JavaScript here."""
    raise ArangoError(9, "the embedded server has no JavaScript transactions (POST /transaction)")


@route("POST /_api/transaction/begin")
def begin(call: Call) -> Response:
    """Start a stream transaction."""
    body = call.json_object()
    collections = body.get("collections")
    if not isinstance(collections, dict):
        raise ArangoError(10, "missing/invalid collections definition for transaction")
    reads = _names(collections, "read")
    exclusive = _names(collections, "exclusive")
    writes = _names(collections, "write") | exclusive
    for name in reads | writes:
        call.collection(name, write=name in writes)
    transaction = call.coordinator.transactions.begin(
        call.database,
        owner=call.identity.owner,
        reads=reads,
        writes=writes,
        exclusive=exclusive,
        lock_timeout=_lock_timeout(call, body),
        allow_implicit=body.get("allowImplicit") is not False,
    )
    return result(transaction.describe(), 201)


def _lock_timeout(call: Call, body: dict[str, Any]) -> float:
    """Return for how many seconds to wait for locks; 0 is without end."""
    value = body.get("lockTimeout", call.coordinator.deployment.options.lock_timeout)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ArangoError(10, "'lockTimeout' needs to be a positive number")
    return float(value) or math.inf


def _names(collections: dict[str, Any], mode: str) -> frozenset[str]:
    value = collections.get(mode) or []
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArangoError(10, f"'collections.{mode}' must be a name or an array of names")
    return frozenset(names)


@route("GET /_api/transaction", lane=Lane.FAST)
def running(call: Call) -> Response:
    """List the running transactions."""
    transactions = call.coordinator.transactions.running(call.database.name)
    owner = call.identity.owner
    shown = [{"id": t.id, "state": t.status} for t in transactions if owner in (None, t.owner)]
    return Response.json({"transactions": shown})


@route(f"GET {_ONE}", lane=Lane.MEDIUM)
def status(call: Call) -> Response:
    """Show a transaction's status."""
    return result(_transaction(call).describe())


@route(f"PUT {_ONE}", lane=Lane.MEDIUM)
def commit(call: Call) -> Response:
    """Make a transaction's writes stay."""
    transaction = _transaction(call)
    call.coordinator.transactions.commit(transaction)
    return result(transaction.describe())


@route(f"DELETE {_ONE}", lane=Lane.MEDIUM)
def abort(call: Call) -> Response:
    """Take a transaction's writes back."""
    transaction = _transaction(call)
    call.coordinator.transactions.abort(transaction)
    return result(transaction.describe())


def _transaction(call: Call) -> Transaction:
    return call.coordinator.transactions.get(
        call.params["id"], call.database.name, call.identity.owner
    )
