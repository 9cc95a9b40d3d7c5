"""The nodes of expressions: one frozen record per construct, without behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "Array",
    "ArrayComparison",
    "ArrayMatch",
    "Attribute",
    "Binary",
    "Bind",
    "BindCollection",
    "BoundAttribute",
    "Brackets",
    "Constant",
    "Element",
    "Expansion",
    "Function",
    "Index",
    "Logical",
    "Member",
    "Name",
    "Node",
    "Object",
    "Range",
    "Ternary",
    "Unary",
]


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
