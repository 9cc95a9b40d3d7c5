"""No method, and no parameter of one, is left out of the scripts."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator

import pytest
from driver_pairs import PAIRS
from plan import CASES, OUR_CASES

_OPERATORS = {
    "__contains__", "__enter__", "__exit__", "__getitem__", "__iter__", "__len__", "__next__",
    "__repr__",
}  # fmt: skip
_CURSORS = dict.fromkeys(("cursor", "other", "whole", "entered", "again"), "Cursor")
_JOBS = dict.fromkeys(("done", "failed", "slow", "cleared"), "AsyncJob")
_CLASSES = {
    "client": "ArangoClient", "gv": "VertexCollection", "ge": "EdgeCollection", "g": "Graph",
    "n": "Graph", "aql": "AQL", "aql.cache": "AQLQueryCache", **_CURSORS, **_JOBS,
}  # fmt: skip
_FUNCTIONS = {"len": "__len__", "next": "__next__", "repr": "__repr__"}


def class_of(node: ast.AST, receiver: str, context: str) -> str | None:
    """Return the class of what `node`, a part of a script, stands for."""
    name = ast.unparse(node)
    if name in ("db", "system"):
        return "AsyncDatabase" if context == "async" else "StandardDatabase"
    return receiver if name == "c" else _CLASSES.get(name)


Use = tuple[str, str, ast.Call | None]


def uses_in(tree: ast.AST, receiver: str, context: str) -> Iterator[Use]:
    """Give class, member and call of all that a step uses."""
    calls = {node.func: node for node in ast.walk(tree) if isinstance(node, ast.Call)}

    def of(node: ast.AST, member: str, call: ast.Call | None = None) -> Iterator[Use]:
        owner = class_of(node, receiver, context)
        if owner is not None:
            yield owner, member, call

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from of(node.value, node.attr, calls.get(node))
        elif isinstance(node, ast.Subscript):
            yield from of(node.value, "__getitem__")
        elif isinstance(node, ast.comprehension):
            yield from of(node.iter, "__iter__")
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            yield from of(node.comparators[0], "__contains__")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in _FUNCTIONS:
            yield from of(node.args[0], _FUNCTIONS[ast.unparse(node.func)])


def _all_uses() -> dict[tuple[str, str], list[ast.Call]]:
    found: dict[tuple[str, str], list[ast.Call]] = defaultdict(list)
    for case in [*CASES, *OUR_CASES]:
        for step in case.steps:
            for owner, member, call in uses_in(step.tree, case.receiver, case.context):
                calls = found[owner, member]
                if call is not None:
                    calls.append(call)
    return found


USES = _all_uses()


def members(name: str) -> set[str]:
    """Return the public members of our class, and the operators that both have."""
    theirs, ours = PAIRS[name]
    return {
        member
        for member in dir(ours)
        if not member.startswith("_") or (member in _OPERATORS and hasattr(theirs, member))
    }


@pytest.mark.parametrize("name", PAIRS)
def test_every_member_is_called(name: str) -> None:
    """What is new needs its argument sets."""
    assert {member for member in members(name) if (name, member) not in USES} == set()


@pytest.mark.parametrize("name", PAIRS)
def test_every_parameter_is_given(name: str) -> None:
    """With every method, somewhere; and what takes arguments is called more than once."""
    _, ours = PAIRS[name]
    left_out = {}
    for member in members(name):
        function = inspect.getattr_static(ours, member)
        if not inspect.isfunction(function) or member.startswith("_"):
            continue
        parameters = list(inspect.signature(function).parameters)[1:]
        calls = USES[name, member]
        given = {keyword.arg for call in calls for keyword in call.keywords}
        given |= {each for call in calls for each in parameters[: len(call.args)]}
        missing = set(parameters) - given
        if missing or (parameters and len({ast.unparse(call) for call in calls}) < 2):
            left_out[member] = missing
    assert left_out == {}
