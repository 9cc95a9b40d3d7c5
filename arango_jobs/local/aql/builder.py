"""Makes syntax tree nodes of what the grammar's rules matched, innermost first.

One method per rule, called while the parser reduces. Knows nothing of running a query.
"""

from __future__ import annotations

from typing import Any

from lark import Token, v_args

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.expression_builder import ExpressionBuilder
from arango_jobs.local.aql.nodes import Node

__all__ = ["Builder"]


def _direction(token: Token | None) -> str | None:
    return None if token is None else token.lower()


@v_args(inline=True)
class Builder(ExpressionBuilder):
    """The rules for operations and whole queries."""

    def start(self, query: nodes.Query) -> nodes.Query:
        """Return the query."""
        return query

    def query(self, collections: Any, *statements: Any) -> nodes.Query:
        """Build a query."""
        return nodes.Query(_flat(statements), collections or ())

    def query_body(self, *statements: Any) -> nodes.Query:
        """Build a sub-query."""
        return nodes.Query(_flat(statements))

    def with_collections(self, *collections: nodes.CollectionRef) -> Any:
        """Return the collections announced by WITH."""
        return collections

    def collection_name(self, name: str | Token) -> nodes.CollectionRef:
        """Build a reference to a collection."""
        if isinstance(name, Token):
            return nodes.CollectionRef(None, name[1:])
        return nodes.CollectionRef(name)

    def variables(self, *names: str) -> tuple[str, ...]:
        """Return the names."""
        return names

    keep = variables

    def options(self, options: nodes.Object) -> nodes.Object:
        """Return the options."""
        return options

    def for_in(self, names: Any, _in: Token, source: Node, search: Any, options: Any) -> Node:
        """Build FOR over values."""
        return nodes.ForIn(names, source, search, options)

    def prune(self, variable: str | None, condition: Node) -> tuple[str | None, Node]:
        """Return PRUNE's variable and condition."""
        return variable, condition

    def graph(self, name: str | Node) -> Node:
        """Return the expression that names a graph."""
        return nodes.Constant(name) if isinstance(name, str) else name

    def edge(self, direction: Token | None, collection: nodes.CollectionRef) -> nodes.Edge:
        """Build an edge collection with its direction."""
        return nodes.Edge(collection, _direction(direction))

    def edges(self, *edges: nodes.Edge) -> tuple[nodes.Edge, ...]:
        """Return the edge collections."""
        return edges

    def traversal(
        self,
        names: Any,
        _in: Token,
        steps: Any,
        direction: Token,
        start: Node,
        targets: Any,
        prune: Any,
        options: Any,
    ) -> Node:
        """Build FOR over a traversal."""
        variable, condition = prune or (None, None)
        return nodes.Traversal(
            names, steps, direction.lower(), start, targets, condition, variable, options
        )

    def paths(
        self,
        names: Any,
        _in: Token,
        steps: Any,
        direction: Token,
        kind: Token,
        start: Node,
        target: Node,
        targets: Any,
        options: Any,
    ) -> Node:
        """Build FOR over paths between two vertices."""
        return nodes.Paths(
            names, steps, direction.lower(), kind.upper(), start, target, targets, options
        )

    def filter_(self, condition: Node) -> Node:
        """Build FILTER."""
        return nodes.Filter(condition)

    def assignment(self, name: str, expression: Node) -> nodes.Let:
        """Build ``name = expression``."""
        return nodes.Let(name, expression)

    def let_(self, *assignments: nodes.Let) -> Any:
        """Return the assignments of a LET, which may be several."""
        return assignments

    assignments = aggregate = let_

    def sort_item(self, expression: Node, direction: Token | nodes.Bind | None) -> Node:
        """Build one expression of a SORT."""
        if isinstance(direction, nodes.Bind):
            return nodes.SortItem(expression, direction)
        return nodes.SortItem(expression, "ASC" if direction is None else direction.upper())

    def sort_(self, *items: nodes.SortItem) -> Node:
        """Build SORT."""
        return nodes.Sort(items)

    def limit_(self, first: Node, second: Node | None) -> Node:
        """Build LIMIT."""
        return nodes.Limit(None, first) if second is None else nodes.Limit(first, second)

    def return_(self, distinct: Token | None, expression: Node) -> Node:
        """Build RETURN."""
        return nodes.Return(distinct is not None, expression)

    def with_count(self, name: str) -> str:
        """Return the variable for the count."""
        return name

    def into(self, name: str, expression: Node | None) -> tuple[str, Node | None]:
        """Return INTO's variable and expression."""
        return name, expression

    def collect(
        self, groups: Any, aggregates: Any, count: Any, into: Any, keep: Any, options: Any
    ) -> Node:
        """Build COLLECT."""
        name, expression = into or (None, None)
        return nodes.Collect(
            groups or (), aggregates or (), count, name, expression, keep or (), options
        )

    def window(self, value: Node | None, bounds: nodes.Object, aggregates: Any) -> Node:
        """Build WINDOW."""
        return nodes.Window(value, bounds, aggregates)

    def insert(self, document: Node, *rest: Any) -> Node:
        """Build INSERT."""
        return nodes.Modification("insert", document, None, *_without_in(rest))

    def remove(self, document: Node, *rest: Any) -> Node:
        """Build REMOVE."""
        return nodes.Modification("remove", document, None, *_without_in(rest))

    def update(self, kind: Token, document: Node, patch: Node | None, *rest: Any) -> Node:
        """Build UPDATE or REPLACE."""
        return nodes.Modification(kind.lower(), document, patch, *_without_in(rest))

    def upsert(self, search: Node, insert: Node, kind: Token, patch: Node, *rest: Any) -> Node:
        """Build UPSERT."""
        return nodes.Upsert(search, insert, kind.lower(), patch, *_without_in(rest))


def _without_in(rest: Any) -> Any:
    """Drop the IN before a collection: the operator is kept in the tree, INTO is not."""
    return rest[1:] if isinstance(rest[0], Token) else rest


def _flat(statements: Any) -> tuple[Node, ...]:
    flat: list[Node] = []
    for statement in statements:
        if isinstance(statement, tuple):
            flat.extend(statement)
        elif statement is not None:
            flat.append(statement)
    return tuple(flat)
