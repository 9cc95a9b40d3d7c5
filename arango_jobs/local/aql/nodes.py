"""The syntax tree of a query: one frozen record per construct, without behaviour.

Knows nothing of parsing or of running; `builder` makes the tree, `compiler` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "Array", "ArrayComparison", "ArrayMatch", "Attribute", "Binary", "Bind", "BindCollection",
    "BoundAttribute", "Brackets", "Collect", "CollectionRef", "Constant", "Edge", "Element",
    "Expansion", "Filter", "ForIn", "Function", "Index", "Let", "Limit", "Logical", "Member",
    "Modification", "Name", "Node", "Object", "Paths", "Query", "Range", "Return", "Sort",
    "SortItem", "Subquery", "Ternary", "Traversal", "Unary", "Upsert", "Window",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Any part of a query."""


# ---- expressions -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Node):
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable, or a collection used as a value."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Element(Node):
    """The array element that an expansion is looking at."""


@dataclass(frozen=True, slots=True, eq=False)
class Bind(Node):
    """``@name``."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class BindCollection(Node):
    """``@@name``; the name keeps its second @."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Brackets(Node):
    """``(expression)``: what follows does not belong to an expansion inside."""

    inner: Node


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(Node):
    """``base.name``."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class BoundAttribute(Node):
    """``base.@name``: the value is a name or a path of names."""

    base: Node
    bind: Bind


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """``base[index]``."""

    base: Node
    index: Node


@dataclass(frozen=True, slots=True, eq=False)
class Expansion(Node):
    """``base[* FILTER … LIMIT … RETURN …]tail``; more stars flatten as many levels less one."""

    base: Node
    stars: int
    condition: Node | None
    limit: tuple[Node | None, Node] | None
    projection: Node | None
    tail: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ArrayMatch(Node):
    """``base[? quantifier FILTER condition]``."""

    base: Node
    quantifier: str | Node | None
    condition: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class Function(Node):
    """A call; the name is in upper case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Array(Node):
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Member(Node):
    """One member of an object; the key is fixed or computed."""

    key: str | Node
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Object(Node):
    """``{a: 1, [b]: 2}``."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """``-x``, ``+x`` or ``NOT x``."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """Two operands: comparison, arithmetic, IN, LIKE or a regular expression."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Logical(Node):
    """AND or OR over all its terms, so that a long chain is not a deep tree."""

    operator: str
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ternary(Node):
    """``condition ? yes : no``; without `yes` the condition itself."""

    condition: Node
    yes: Node | None
    no: Node


@dataclass(frozen=True, slots=True, eq=False)
class Range(Node):
    """``low..high``."""

    low: Node
    high: Node


@dataclass(frozen=True, slots=True, eq=False)
class ArrayComparison(Node):
    """``left ALL|ANY|NONE|AT LEAST (n) operator right``."""

    quantifier: str | Node
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Subquery(Node):
    """``(FOR … RETURN …)``."""

    query: Query


# ---- operations --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class CollectionRef(Node):
    """A collection by its name or by a bind parameter."""

    name: str | None
    bind: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ForIn(Node):
    """``FOR variable IN source``."""

    variables: tuple[str, ...]
    source: Node
    search: Node | None
    options: Object | None


@dataclass(frozen=True, slots=True, eq=False)
class Edge(Node):
    """An edge collection of a traversal, with its own direction if it has one."""

    collection: CollectionRef
    direction: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Traversal(Node):
    """``FOR v, e, p IN steps DIRECTION start targets``; the targets are a graph or edges."""

    variables: tuple[str, ...]
    steps: Node | None
    direction: str
    start: Node
    targets: Node | tuple[Edge, ...]
    prune: Node | None
    prune_variable: str | None
    options: Object | None


@dataclass(frozen=True, slots=True, eq=False)
class Paths(Node):
    """``FOR … IN DIRECTION SHORTEST_PATH start TO target targets`` and its relatives."""

    variables: tuple[str, ...]
    steps: Node | None
    direction: str
    kind: str
    start: Node
    target: Node
    targets: Node | tuple[Edge, ...]
    options: Object | None


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Node):
    """``FILTER condition``."""

    condition: Node


@dataclass(frozen=True, slots=True, eq=False)
class Let(Node):
    """``LET variable = expression``."""

    variable: str
    expression: Node


@dataclass(frozen=True, slots=True, eq=False)
class SortItem(Node):
    """One expression of a SORT; the direction may be a bind parameter."""

    expression: Node
    direction: str | Bind


@dataclass(frozen=True, slots=True, eq=False)
class Sort(Node):
    """``SORT a, b DESC``."""

    items: tuple[SortItem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Limit(Node):
    """``LIMIT offset, count``."""

    offset: Node | None
    count: Node


@dataclass(frozen=True, slots=True, eq=False)
class Collect(Node):
    """``COLLECT`` in all its forms."""

    groups: tuple[Let, ...]
    aggregates: tuple[Let, ...]
    count_into: str | None
    into: str | None
    into_expression: Node | None
    keep: tuple[str, ...]
    options: Object | None


@dataclass(frozen=True, slots=True, eq=False)
class Window(Node):
    """``WINDOW``, over rows or over a range of values."""

    range_value: Node | None
    bounds: Object
    aggregates: tuple[Let, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Return(Node):
    """``RETURN expression``."""

    distinct: bool
    expression: Node


@dataclass(frozen=True, slots=True, eq=False)
class Modification(Node):
    """INSERT, UPDATE, REPLACE or REMOVE; `patch` is what follows WITH."""

    kind: str
    document: Node
    patch: Node | None
    collection: CollectionRef
    options: Object | None


@dataclass(frozen=True, slots=True, eq=False)
class Upsert(Node):
    """``UPSERT search INSERT document UPDATE|REPLACE patch``."""

    search: Node
    insert: Node
    kind: str
    patch: Node
    collection: CollectionRef
    options: Object | None


@dataclass(frozen=True, slots=True, eq=False)
class Query(Node):
    """Operations in their order, after the collections named by WITH."""

    statements: tuple[Node, ...]
    collections: tuple[CollectionRef, ...] = ()
