"""Compiles COLLECT: groups of rows, ordered by their values, with counts and aggregates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.aggregates import Aggregate, compile_aggregates
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, read_options
from arango_jobs.local.aql.run import CHUNK, Run
from arango_jobs.local.aql.values import sort_key

__all__: list[str] = []


class _Group:
    """The rows that have the same values: how many, and what is kept of them."""

    __slots__ = ("columns", "count", "frame", "members")

    def __init__(self, frame: Frame, columns: int) -> None:
        self.frame = frame
        self.count = 0
        self.columns: list[list[Any]] = [[] for _ in range(columns)]
        self.members: list[Any] = []


class _Plan:
    """What one COLLECT computes, with the slots it fills."""

    def __init__(self, unit: Compilation, node: nodes.Collect) -> None:
        self.run: Run = unit.run
        before = unit.collectable
        self.base = unit.bases[-1]
        self.values = [compile_expression(unit, group.expression) for group in node.groups]
        self.aggregates: list[Aggregate] = compile_aggregates(unit, node.aggregates)
        self.member = _member(unit, node, before)
        unit.end_loops()
        self.value_slots = [unit.declare(group.variable) for group in node.groups]
        self.aggregate_slots = [unit.declare(item.variable) for item in self.aggregates]
        self.count_slot = None if node.count_into is None else unit.declare(node.count_into)
        self.member_slot = None if node.into is None else unit.declare(node.into)

    def collect(self, source: Iterable[Frame]) -> dict[Any, _Group]:
        """Sort the rows into groups."""
        groups: dict[Any, _Group] = {}
        arguments = [item.argument for item in self.aggregates]
        for number, frame in enumerate(source):
            if not number % CHUNK:
                self.run.check()
            values = [value(frame) for value in self.values]
            key = tuple([sort_key(value) for value in values])
            group = groups.get(key)
            if group is None:
                group = groups[key] = self._open(frame, values)
            group.count += 1
            for column, argument in zip(group.columns, arguments, strict=True):
                column.append(argument(frame))
            if self.member is not None:
                group.members.append(self.member(frame))
                self.run.hold(group.members[-1])
        return groups

    def _open(self, frame: Frame, values: list[Any]) -> _Group:
        group = _Group(frame[:], len(self.aggregates))
        self.run.hold(frame)
        for slot, value in zip(self.value_slots, values, strict=True):
            group.frame[slot] = value
        return group

    def close(self, group: _Group) -> Frame:
        """Return the row that stands for a group."""
        frame = group.frame
        for slot, item, column in zip(
            self.aggregate_slots, self.aggregates, group.columns, strict=True
        ):
            frame[slot] = item.reduce(column) if group.count else item.empty
        if self.count_slot is not None:
            frame[self.count_slot] = group.count
        if self.member_slot is not None:
            frame[self.member_slot] = group.members
        return frame

    def nothing(self) -> Frame:
        """Return the one row that there is without groups and without input."""
        return self.close(_Group(self.base[0][:], len(self.aggregates)))


def _member(unit: Compilation, node: nodes.Collect, before: dict[str, int]) -> Evaluate | None:
    """Return what INTO keeps of a row: an expression, or an object of the row's variables."""
    if node.into is None:
        if node.keep:
            raise problem(1501, "syntax error, KEEP needs INTO", 400)
        return None
    if node.into_expression is not None:
        return compile_expression(unit, node.into_expression)
    for name in node.keep:
        if name not in before:
            raise problem(1512, f"unknown variable '{name}'", 400)
    slots = [(name, before[name]) for name in node.keep or before]
    return lambda frame: {name: frame[slot] for name, slot in slots}


def _check(node: nodes.Collect) -> None:
    if not (node.groups or node.aggregates or node.count_into or node.into):
        raise problem(1501, "syntax error, COLLECT needs something to collect", 400)
    if node.count_into and (node.aggregates or node.into):
        raise problem(1501, "syntax error, WITH COUNT excludes AGGREGATE and INTO", 400)


def _counting(unit: Compilation, node: nodes.Collect) -> Step:
    """Return the step for ``COLLECT WITH COUNT INTO n``, which keeps nothing."""
    unit.end_loops()
    slot, base = unit.declare(node.count_into or ""), unit.bases[-1]
    unit.plan.add("CollectNode", rows=1, groups=[], collectOptions={"method": "count"})

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        count = 0
        for _ in source:
            count += 1
        frame = base[0][:]
        frame[slot] = count
        yield frame

    return step


def _collect(unit: Compilation, node: nodes.Collect, rest: tuple[nodes.Node, ...]) -> Step:
    _check(node)
    read_options(unit, node.options)
    if node.count_into and not node.groups:
        return _counting(unit, node)
    plan = _Plan(unit, node)
    unit.plan.add(
        "CollectNode",
        groups=[{"outVariable": group.variable} for group in node.groups],
        aggregates=[{"outVariable": item.variable} for item in node.aggregates],
        collectOptions={"method": "hash" if node.groups else "sorted"},
    )

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        groups = plan.collect(source)
        if not groups and not plan.values:
            yield plan.nothing()
            return
        for key in sorted(groups):
            yield plan.close(groups[key])

    return step


STATEMENTS[nodes.Collect] = _collect
