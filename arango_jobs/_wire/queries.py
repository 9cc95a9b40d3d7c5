"""Asking the server whether a query only reads, by `POST /_api/explain`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arango_jobs.operations import Operation, Request, Response, quote_segment

__all__ = ["explain_request", "only_reads"]

_WRITING_NODES = frozenset({"InsertNode", "UpdateNode", "ReplaceNode", "RemoveNode", "UpsertNode"})


def explain_request(operation: Operation[Any], encode: Callable[[Any], bytes]) -> Request:
    """Ask for the plan of the query that `operation` runs."""
    query = operation.body
    body = {"query": query["query"], "bindVars": query.get("bindVars") or {}}
    target = f"/_db/{quote_segment(operation.kind.database)}/_api/explain"
    return Request("POST", target, (), encode(body), is_quick=False)


def only_reads(response: Response) -> bool:
    """Return whether the plan writes to no collection; False where that cannot be told."""
    body = response.json()
    plan = body.get("plan") if isinstance(body, dict) else None
    if not isinstance(plan, dict):
        return False
    collections, nodes = plan.get("collections"), plan.get("nodes")
    if not isinstance(collections, list) or not isinstance(nodes, list):
        return False
    if not all(isinstance(one, dict) for one in (*collections, *nodes)):
        return False
    return all(one.get("type") == "read" for one in collections) and not any(
        node.get("type") in _WRITING_NODES for node in nodes
    )
