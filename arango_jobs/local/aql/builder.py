"""Makes syntax tree nodes of what the grammar's rules matched, innermost first.

One method per rule, called while the parser reduces. Knows nothing of running a query.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lark import Token, Transformer, v_args

from arango_jobs.local.aql import literals, nodes
from arango_jobs.local.aql.nodes import Node

__all__ = ["Builder"]

_WORDS = {"TRUE": True, "FALSE": False, "NULL": None}


def _present(items: Any) -> tuple[Any, ...]:
    return tuple(item for item in items if item is not None)


def _operator(token: Token) -> str:
    return " ".join(token.upper().split())


def _direction(token: Token | None) -> str | None:
    return None if token is None else token.lower()


def _extend(node: Node, step: Any) -> Node:
    """Continue an access path; after an expansion it continues in every element."""
    if isinstance(node, nodes.Expansion):
        return replace(node, tail=_extend(node.tail or nodes.Element(), step))
    made: Node = step(node)
    return made


@v_args(inline=True)
class ExpressionBuilder(Transformer[Token, Any]):
    """The rules for expressions."""

    def identifier(self, token: Token) -> str:
        """Return a name, without the ticks around it."""
        return literals.quoted_name(token) if token.type == "QUOTED_IDENTIFIER" else str(token)

    def string(self, token: Token) -> Node:
        """Build a string."""
        return nodes.Constant(literals.string(token))

    def literal(self, token: Token) -> Node:
        """Build a number, true, false or null."""
        if token.type in _WORDS:
            return nodes.Constant(_WORDS[token.type])
        return nodes.Constant(literals.number(token))

    def bind(self, token: Token) -> nodes.Bind:
        """Build a bind parameter."""
        return nodes.Bind(token[1:])

    def bind_collection(self, token: Token) -> Node:
        """Build a bind parameter that names a collection."""
        return nodes.BindCollection(token[1:])

    def name(self, name: str) -> Node:
        """Build a reference to a variable or a collection."""
        return nodes.Name(name)

    def brackets(self, inner: Node) -> Node:
        """Keep the brackets only where they change what an access path belongs to."""
        return nodes.Brackets(inner) if isinstance(inner, nodes.Expansion) else inner

    def subquery(self, query: nodes.Query) -> Node:
        """Build a sub-query."""
        return nodes.Subquery(query)

    bare_subquery = subquery

    def attribute(self, base: Node, name: str | nodes.Bind) -> Node:
        """Build ``base.name``."""
        if isinstance(name, nodes.Bind):
            return _extend(base, lambda node: nodes.BoundAttribute(node, name))
        return _extend(base, lambda node: nodes.Attribute(node, name))

    def index(self, base: Node, index: Node) -> Node:
        """Build ``base[index]``."""
        if isinstance(index, nodes.Constant) and isinstance(index.value, str):
            name = index.value
            return _extend(base, lambda node: nodes.Attribute(node, name))
        return _extend(base, lambda node: nodes.Index(node, index))

    def stars(self, *tokens: Token) -> int:
        """Return how many stars there are."""
        return len(tokens)

    def inline_filter(self, condition: Node) -> Node:
        """Return the condition."""
        return condition

    inline_return = search = inline_filter

    def inline_limit(self, first: Node, second: Node | None) -> tuple[Node | None, Node]:
        """Return offset and count."""
        return (None, first) if second is None else (first, second)

    def expansion(
        self,
        base: Node,
        stars: int,
        condition: Node | None,
        limit: tuple[Node | None, Node] | None,
        projection: Node | None,
    ) -> Node:
        """Build ``base[*]``; several stars take the whole expansion before them as their array."""
        if stars > 1:
            return nodes.Expansion(base, stars, condition, limit, projection)
        return _extend(
            base, lambda node: nodes.Expansion(node, stars, condition, limit, projection)
        )

    def match_count(self, quantifier: Token | Node) -> str | Node:
        """Return ANY, ALL, NONE or the number wanted."""
        return quantifier.lower() if isinstance(quantifier, Token) else quantifier

    quantifier = match_count

    def array_match(self, base: Node, quantifier: str | Node | None, condition: Any) -> Node:
        """Build ``base[? …]``."""
        return _extend(base, lambda node: nodes.ArrayMatch(node, quantifier, condition))

    def function_name(self, *parts: Token) -> str:
        """Return a function's name in upper case."""
        return "::".join(parts).upper()

    def function_call(self, name: str, *arguments: Node | None) -> Node:
        """Build a call."""
        return nodes.Function(name, _present(arguments))

    def array(self, *items: Node | None) -> Node:
        """Build an array."""
        return nodes.Array(_present(items))

    def object(self, *members: nodes.Member | None) -> nodes.Object:
        """Build an object."""
        return nodes.Object(_present(members))

    def member(self, key: str | Token | nodes.Bind, value: Node) -> nodes.Member:
        """Build ``key: value``."""
        if isinstance(key, Token):
            return nodes.Member(literals.string(key), value)
        return nodes.Member(key, value)

    def computed_member(self, key: Node, value: Node) -> nodes.Member:
        """Build ``[key]: value``."""
        return nodes.Member(key, value)

    def shorthand(self, name: str) -> nodes.Member:
        """Build ``name``, short for ``name: name``."""
        return nodes.Member(name, nodes.Name(name))

    def unary(self, operator: Token, operand: Node) -> Node:
        """Build an operator with one operand."""
        sign = "NOT" if operator.type == "NOT" else str(operator)
        if sign == "-" and isinstance(operand, nodes.Constant) and _is_number(operand.value):
            return nodes.Constant(-operand.value)
        return nodes.Unary(sign, operand)

    def binary(self, left: Node, operator: Token, right: Node) -> Node:
        """Build an operator with two operands."""
        return nodes.Binary(_operator(operator), left, right)

    def array_comparison(
        self, left: Node, quantifier: str | Node, operator: Token, right: Node
    ) -> Node:
        """Build a comparison of an array's elements."""
        return nodes.ArrayComparison(quantifier, _operator(operator), left, right)

    def range_(self, low: Node, high: Node) -> Node:
        """Build a range."""
        return nodes.Range(low, high)

    def disjunction(self, left: Node, right: Node) -> Node:
        """Build OR, adding to a chain of them."""
        return _chain("OR", left, right)

    def conjunction(self, left: Node, right: Node) -> Node:
        """Build AND, adding to a chain of them."""
        return _chain("AND", left, right)

    def choice(self, condition: Node, yes: Node | None, no: Node) -> Node:
        """Build a ternary operator."""
        return nodes.Ternary(condition, yes, no)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _chain(operator: str, left: Node, right: Node) -> Node:
    terms: tuple[Node, ...] = (left,)
    if isinstance(left, nodes.Logical) and left.operator == operator:
        terms = left.terms
    return nodes.Logical(operator, (*terms, right))


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
