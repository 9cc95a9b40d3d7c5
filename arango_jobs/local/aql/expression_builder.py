"""Makes syntax tree nodes of what the grammar's rules for expressions matched.

One method per rule, called while the parser reduces, innermost first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lark import Token, Transformer, v_args

from arango_jobs.local.aql import literals, nodes
from arango_jobs.local.aql.nodes import Node

__all__ = ["ExpressionBuilder"]

_WORDS = {"TRUE": True, "FALSE": False, "NULL": None}


def _present(items: Any) -> tuple[Any, ...]:
    return tuple(item for item in items if item is not None)


def _operator(token: Token) -> str:
    return " ".join(token.upper().split())


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
