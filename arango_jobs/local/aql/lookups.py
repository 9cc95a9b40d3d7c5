"""Finds documents by key or index instead of looking at all of them.

Reads the FILTERs that follow a FOR. They still run: what is found here may be too much,
never too little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame
from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.expressions import compile_expression

__all__ = ["Lookup", "find_lookup"]

_SIMPLE = (nodes.Constant, nodes.Bind, nodes.Name, nodes.Attribute, nodes.Array)
_INDEXED = ("persistent", "hash", "skiplist")
_EDGE = 3
# Functions that may not be called once more: they wait, fail, warn or differ each time.
_CHANGING = frozenset(
    {"APPLY", "ASSERT", "CALL", "FAIL", "RAND", "RANDOM_TOKEN", "SLEEP", "UUID", "WARN"}
)

Documents = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to fetch the documents for a frame, and the name and fields of what finds them."""

    fetch: Callable[[Frame], Documents]
    index: str
    fields: tuple[str, ...]


def _terms(rest: tuple[nodes.Node, ...]) -> Iterator[nodes.Node]:
    for statement in rest:
        if not isinstance(statement, nodes.Filter):
            return
        condition = statement.condition
        if isinstance(condition, nodes.Logical) and condition.operator == "AND":
            yield from condition.terms
        else:
            yield condition


def _path(node: nodes.Node, variable: str) -> str | None:
    names = []
    while isinstance(node, nodes.Attribute):
        names.append(node.name)
        node = node.base
    if not names or not isinstance(node, nodes.Name) or node.name != variable:
        return None
    return ".".join(reversed(names))


def _is_known(node: nodes.Node, variable: str) -> bool:
    """Tell whether `node` can be evaluated before the loop's variable has a value."""
    if isinstance(node, nodes.Array):
        return all(_is_known(item, variable) for item in node.items)
    if isinstance(node, nodes.Function):
        is_pure = node.name not in _CHANGING
        return is_pure and all(_is_known(argument, variable) for argument in node.arguments)
    while isinstance(node, nodes.Attribute):
        node = node.base
    if isinstance(node, nodes.Name):
        return node.name != variable
    return isinstance(node, _SIMPLE)


def _conditions(
    unit: Compilation, variable: str, rest: tuple[nodes.Node, ...]
) -> Iterator[tuple[str, str, Evaluate]]:
    for term in _terms(rest):
        if not isinstance(term, nodes.Binary) or term.operator not in ("==", "IN"):
            continue
        sides = [(term.left, term.right)]
        if term.operator == "==":
            sides.append((term.right, term.left))
        for attribute, value in sides:
            path = _path(attribute, variable)
            if path is not None and _is_known(value, variable):
                yield path, term.operator, compile_expression(unit, value)
                break


def _as_list(operator: str, value: Any) -> list[Any]:
    if operator == "==":
        return [value]
    return value if type(value) is list else []


def _strings(operator: str, value: Any) -> list[str]:
    return list(dict.fromkeys(item for item in _as_list(operator, value) if type(item) is str))


def _by_key(collection: CollectionLike, path: str, operator: str, value: Evaluate) -> Lookup:
    prefix = collection.name + "/"

    def fetch(frame: Frame) -> Documents:
        keys = _strings(operator, value(frame))
        if path == "_id":
            keys = [key[len(prefix) :] for key in keys if key.startswith(prefix)]
        found = (collection.get(key) for key in keys)
        return [document for document in found if document is not None]

    return Lookup(fetch, "primary", ("_key",))


def _by_end(collection: CollectionLike, path: str, operator: str, value: Evaluate) -> Lookup:
    direction = "outbound" if path == "_from" else "inbound"

    def fetch(frame: Frame) -> Documents:
        ends = _strings(operator, value(frame))
        return [edge for end in ends for edge in collection.edges(end, direction)]

    return Lookup(fetch, "edge", (path,))


def _by_index(collection: CollectionLike, index: Any, values: list[Evaluate]) -> Lookup:
    def fetch(frame: Frame) -> Documents:
        wanted = tuple(value(frame) for value in values)
        if any(type(value) in (list, dict) for value in wanted) or (
            index.sparse and None in wanted
        ):
            return collection.all()
        return collection.find(index, wanted)

    return Lookup(fetch, index.name, tuple(index.fields))


def find_lookup(
    unit: Compilation, collection: CollectionLike, variable: str, rest: tuple[nodes.Node, ...]
) -> Lookup | None:
    """Return the best way to find what the FILTERs after a FOR ask for, or None."""
    equal: dict[str, Evaluate] = {}
    for path, operator, value in _conditions(unit, variable, rest):
        if path in ("_key", "_id"):
            return _by_key(collection, path, operator, value)
        if path in ("_from", "_to") and collection.type == _EDGE:
            return _by_end(collection, path, operator, value)
        if operator == "==":
            equal.setdefault(path, value)
    usable = [
        index
        for index in collection.indexes
        if index.type in _INDEXED and index.fields and all(name in equal for name in index.fields)
    ]
    if not usable:
        return None
    best = max(usable, key=lambda index: (index.unique, len(index.fields)))
    return _by_index(collection, best, [equal[name] for name in best.fields])
