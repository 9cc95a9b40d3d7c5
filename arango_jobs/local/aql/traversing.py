"""Compiles graph traversals: depth first, breadth first or by weight, with PRUNE."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.graphs import Network, compile_network, read_steps
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, read_options
from arango_jobs.local.aql.values import is_true

__all__: list[str] = []

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One vertex reached on one path, linked to the visit before."""

    vertex: str
    edge: Document | None
    depth: int
    weight: float
    before: Visit | None

    def path(self) -> Iterator[Visit]:
        """Yield the visits of the path, the newest first."""
        visit: Visit | None = self
        while visit is not None:
            yield visit
            visit = visit.before


class _Waiting(Protocol):
    def add(self, visits: list[Visit]) -> None: ...

    def take(self) -> Visit | None: ...


class _Stack:
    def __init__(self) -> None:
        self._items: list[Visit] = []

    def add(self, visits: list[Visit]) -> None:
        self._items.extend(reversed(visits))

    def take(self) -> Visit | None:
        return self._items.pop() if self._items else None


class _Queue:
    def __init__(self) -> None:
        self._items: deque[Visit] = deque()

    def add(self, visits: list[Visit]) -> None:
        self._items.extend(visits)

    def take(self) -> Visit | None:
        return self._items.popleft() if self._items else None


class _Heap:
    def __init__(self) -> None:
        self._items: list[tuple[float, int, Visit]] = []
        self._ties = count()

    def add(self, visits: list[Visit]) -> None:
        for visit in visits:
            heapq.heappush(self._items, (visit.weight, next(self._ties), visit))

    def take(self) -> Visit | None:
        return heapq.heappop(self._items)[2] if self._items else None


_ORDERS: dict[str, Callable[[], _Waiting]] = {"dfs": _Stack, "bfs": _Queue, "weighted": _Heap}


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which way to go first, and what may be met twice."""

    order: str
    vertices: str
    edges: str


def _rules(options: dict[str, Any]) -> _Rules:
    order = options.get("order", "bfs" if options.get("bfs") is True else "dfs")
    rules = _Rules(order, options.get("uniqueVertices", "none"), options.get("uniqueEdges", "path"))
    known = (
        rules.order in _ORDERS
        and rules.vertices in ("none", "path", "global")
        and rules.edges in ("none", "path")
    )
    if not known:
        raise problem(10, "bad parameter: unknown value in the options of a traversal", 400)
    if rules.vertices == "global" and rules.order == "dfs":
        raise problem(10, "bad parameter: uniqueVertices: global needs order: bfs or weighted", 400)
    return rules


def _may_follow(rules: _Rules, visit: Visit, edge: Document, vertex: str) -> bool:
    if rules.edges == "path" and any(
        step.edge is not None and step.edge["_id"] == edge["_id"] for step in visit.path()
    ):
        return False
    return rules.vertices != "path" or all(step.vertex != vertex for step in visit.path())


def _next(network: Network, rules: _Rules, visit: Visit) -> list[Visit]:
    return [
        Visit(vertex, edge, visit.depth + 1, visit.weight + network.weight(edge), visit)
        for edge, vertex in network.neighbours(visit.vertex)
        if _may_follow(rules, visit, edge, vertex)
    ]


def _explore(
    network: Network, rules: _Rules, start: str, depth: int, is_pruned: Callable[[Visit], bool]
) -> Iterator[Visit]:
    """Yield every visit in order, going on from those that are not pruned."""
    waiting = _ORDERS[rules.order]()
    waiting.add([Visit(start, None, 0, 0, None)])
    met: set[str] = set()
    while (visit := waiting.take()) is not None:
        network.run.check()
        if rules.vertices == "global":
            if visit.vertex in met:
                continue
            met.add(visit.vertex)
        pruned = is_pruned(visit)
        yield visit
        if not pruned and visit.depth < depth:
            waiting.add(_next(network, rules, visit))


def _path_object(network: Network, visit: Visit) -> dict[str, Any]:
    steps = list(visit.path())[::-1]
    path: dict[str, Any] = {
        "edges": [step.edge for step in steps if step.edge is not None],
        "vertices": [network.vertex(step.vertex) for step in steps],
    }
    if network.weight_attribute is not None:
        path["weights"] = [step.weight for step in steps]
    return path


def _traversal(unit: Compilation, node: nodes.Traversal, rest: tuple[nodes.Node, ...]) -> Step:
    if len(node.variables) > 3:
        raise problem(1501, "syntax error, a traversal has at most three variables", 400)
    options = read_options(unit, node.options)
    rules = _rules(options)
    low, high = read_steps(unit, node.steps)
    start = compile_expression(unit, node.start)
    network = compile_network(unit, node.direction, node.targets, options)
    unit.enter_loop()
    slots = [unit.declare(name) for name in node.variables]
    prune_slot = None if node.prune_variable is None else unit.declare(node.prune_variable)
    prune = None if node.prune is None else compile_expression(unit, node.prune)
    unit.plan.add(
        "TraversalNode", rows=unit.plan.rows * 10,
        edgeCollections=[collection.name for collection, _ in network.edges],
        options={"order": rules.order, "uniqueVertices": rules.vertices},
    )  # fmt: skip
    fill = _filling(network, slots)

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        for frame in source:
            identifier = network.start(start(frame))
            if identifier is None:
                continue
            pruned = _pruning(frame, fill, prune, prune_slot)
            for visit in _explore(network, rules, identifier, high, pruned):
                if visit.depth >= low:
                    if prune is None:
                        fill(frame, visit)
                    yield frame

    return step


def _filling(network: Network, slots: list[int]) -> Callable[[Frame, Visit], None]:
    def fill(frame: Frame, visit: Visit) -> None:
        frame[slots[0]] = network.vertex(visit.vertex)
        if len(slots) > 1:
            frame[slots[1]] = visit.edge
        if len(slots) > 2:
            frame[slots[2]] = _path_object(network, visit)

    return fill


def _pruning(
    frame: Frame,
    fill: Callable[[Frame, Visit], None],
    prune: Evaluate | None,
    slot: int | None,
) -> Callable[[Visit], bool]:
    if prune is None:
        return lambda visit: False

    def is_pruned(visit: Visit) -> bool:
        fill(frame, visit)
        value = prune(frame)
        if slot is not None:
            frame[slot] = value
        return is_true(value)

    return is_pruned


STATEMENTS[nodes.Traversal] = _traversal
