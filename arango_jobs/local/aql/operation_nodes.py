"""The nodes of operations and whole queries: frozen records without behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from arango_jobs.local.aql.expression_nodes import Bind, Node, Object

__all__ = [
    "Collect",
    "CollectionRef",
    "Edge",
    "Filter",
    "ForIn",
    "Let",
    "Limit",
    "Modification",
    "Paths",
    "Query",
    "Return",
    "Sort",
    "SortItem",
    "Subquery",
    "Traversal",
    "Upsert",
    "Window",
]


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


@dataclass(frozen=True, slots=True, eq=False)
class Subquery(Node):
    """``(FOR … RETURN …)``."""

    query: Query
