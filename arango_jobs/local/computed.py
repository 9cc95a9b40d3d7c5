"""Computed values: attributes that a collection fills in by AQL when documents are written.

Knows AQL and the shape of `computedValues`; the store only knows that something computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arango_jobs.clock import Clock
from arango_jobs.local.aql import QueryContext, QueryOptions, parse_query, run_query
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store import Database

__all__ = ["Computer", "make_computer"]

_EVENTS = ("insert", "update", "replace")
_RESERVED = frozenset({"_id", "_key", "_rev"})


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    expression: str
    events: tuple[str, ...]
    overwrite: bool
    keep_null: bool
    uses_document: bool


@dataclass(frozen=True, slots=True)
class Computer:
    """Fills in a collection's computed values."""

    values: tuple[_Value, ...]
    database: Database
    clock: Clock

    def __call__(self, event: str, document: dict[str, Any]) -> dict[str, Any]:
        """Return `document` as it is to be stored."""
        for value in self.values:
            if event not in value.events or (value.name in document and not value.overwrite):
                continue
            bind_vars = {"doc": document} if value.uses_document else {}
            context = QueryContext(database=self.database, clock=self.clock)
            rows = run_query(value.expression, bind_vars, QueryOptions(), context).rows
            computed = next(iter(rows), None)
            if computed is None and not value.keep_null:
                document = {k: v for k, v in document.items() if k != value.name}
            else:
                document = {**document, value.name: computed}
        return document


def make_computer(values: Any, database: Database, clock: Clock) -> Computer | None:
    """Read `computedValues`; None if there are none; raise 10 for wrong ones."""
    if values is None or values == []:
        return None
    if not isinstance(values, list):
        raise ArangoError(10, "'computedValues' must be an array")
    return Computer(tuple(_read(value) for value in values), database, clock)


def _read(value: Any) -> _Value:
    if not isinstance(value, dict):
        raise ArangoError(10, "an element of 'computedValues' must be an object")
    name, expression = value.get("name"), value.get("expression")
    if not isinstance(name, str) or not name or name in _RESERVED:
        raise ArangoError(10, f"invalid name {name!r} in 'computedValues'")
    if not isinstance(expression, str):
        raise ArangoError(10, f"'expression' of the computed value '{name}' must be a string")
    if not isinstance(value.get("overwrite"), bool):
        raise ArangoError(10, f"'overwrite' of the computed value '{name}' must be a boolean")
    events = value.get("computeOn", list(_EVENTS))
    if not isinstance(events, list) or not events or any(e not in _EVENTS for e in events):
        raise ArangoError(10, f"'computeOn' of '{name}' must name insert, update or replace")
    parsed = parse_query(expression)
    others = set(parsed["bindVars"]) - {"doc"}
    if others or parsed["collections"]:
        raise ArangoError(10, f"the computed value '{name}' may use @doc only")
    return _Value(
        name,
        expression,
        tuple(events),
        value["overwrite"],
        value.get("keepNull") is not False,
        "doc" in parsed["bindVars"],
    )
