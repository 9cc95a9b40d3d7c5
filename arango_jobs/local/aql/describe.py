"""Describes a parsed query as ``POST /_api/query`` does: its binds, collections and tree.

Knows nothing of running a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.nodes import Node

__all__ = ["describe", "type_of"]

_TYPES: dict[type[Node], str] = {
    nodes.Array: "array", nodes.ArrayComparison: "array compare", nodes.ArrayMatch: "array filter",
    nodes.Attribute: "attribute access", nodes.Bind: "parameter",
    nodes.BindCollection: "datasource parameter", nodes.BoundAttribute: "bound attribute access",
    nodes.Brackets: "passthru", nodes.Collect: "collect", nodes.CollectionRef: "collection",
    nodes.Constant: "value", nodes.Edge: "direction", nodes.Element: "reference",
    nodes.Expansion: "expansion", nodes.Filter: "filter", nodes.ForIn: "for",
    nodes.Function: "function call", nodes.Index: "indexed access", nodes.Let: "let",
    nodes.Limit: "limit", nodes.Member: "object element", nodes.Name: "reference",
    nodes.Object: "object", nodes.Paths: "shortest path", nodes.Query: "root", nodes.Range: "range",
    nodes.Return: "return", nodes.Sort: "sort", nodes.SortItem: "sort element",
    nodes.Subquery: "subquery", nodes.Ternary: "ternary", nodes.Traversal: "traversal",
    nodes.Upsert: "upsert", nodes.Window: "window",
}  # fmt: skip

_OPERATORS = {
    "==": "compare ==", "!=": "compare !=", "<": "compare <", "<=": "compare <=", ">": "compare >",
    ">=": "compare >=", "IN": "compare in", "NOT IN": "compare not in", "+": "plus", "-": "minus",
    "*": "times", "/": "division", "%": "modulus", "AND": "logical and", "OR": "logical or",
    "NOT": "unary not", "LIKE": "like", "NOT LIKE": "not like", "=~": "regex match",
    "!~": "regex non-match",
}  # fmt: skip

_TRAITS = {"name", "key", "variable", "value", "kind", "direction"}


def _parts(node: Node) -> Iterator[Node]:
    """Yield the nodes directly inside `node`, in their order."""
    for field in fields(node):
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield item


def _walk(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(_parts(node))))


def type_of(node: Node) -> str:
    """Return the word that ArangoDB has for a kind of node."""
    if isinstance(node, nodes.Unary) and node.operator != "NOT":
        return "unary minus" if node.operator == "-" else "unary plus"
    operator = getattr(node, "operator", None)
    if operator is not None and not isinstance(node, nodes.ArrayComparison):
        return _OPERATORS[operator]
    return node.kind if isinstance(node, nodes.Modification) else _TYPES[type(node)]


def _tree(node: Node) -> dict[str, Any]:
    described: dict[str, Any] = {"type": type_of(node)}
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name in _TRAITS and not isinstance(value, (Node, tuple)):
            described["name" if field.name in ("key", "variable") else field.name] = value
    inner = [_tree(part) for part in _parts(node)]
    if isinstance(node, nodes.ForIn):
        inner[:0] = [{"type": "variable", "name": name} for name in node.variables]
    if inner:
        described["subNodes"] = inner
    return described


def _declared(node: Node) -> Iterator[str]:
    for name in ("variable", "count_into", "into", "prune_variable"):
        value = getattr(node, name, None)
        if isinstance(value, str):
            yield value
    yield from getattr(node, "variables", ())


def _collections(query: nodes.Query) -> list[str]:
    """Return the names used as collections: all names that are no variables."""
    known, found = {"NEW", "OLD", "CURRENT"}, dict[Any, None]()
    parts = list(_walk(query))
    for node in parts:
        known.update(_declared(node))
    for node in parts:
        named = isinstance(node, nodes.Name) and node.name not in known
        if named or isinstance(node, nodes.CollectionRef):
            found[getattr(node, "name", None)] = None
    found.pop(None, None)
    return list(found)


def describe(query: nodes.Query) -> dict[str, Any]:
    """Return the query's bind parameters, collections and syntax tree."""
    binds = dict[str, None]()
    for node in _walk(query):
        if isinstance(node, (nodes.Bind, nodes.BindCollection)):
            binds[node.name] = None
        elif isinstance(node, nodes.CollectionRef) and node.bind:
            binds[node.bind] = None
    return {
        "parsed": True,
        "collections": _collections(query),
        "bindVars": list(binds),
        "ast": [_tree(query)],
    }
