"""Compiles searches for paths between two vertices: shortest, all shortest, k shortest, k paths.

One search serves all: simple paths in the order of their weight, led by the exact distance
that remains.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.graphs import Network, compile_network, read_steps
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, read_options

__all__: list[str] = []

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Path:
    """A path without repeated vertices."""

    vertices: tuple[str, ...]
    edges: tuple[Document, ...]
    weight: float


def _distances(network: Network, target: str) -> dict[str, float]:
    """Return the weight of the best way to `target` from every vertex that has one."""
    best: dict[str, float] = {}
    ties = count()
    waiting: list[tuple[float, int, str]] = [(0, next(ties), target)]
    while waiting:
        network.run.check()
        distance, _, vertex = heapq.heappop(waiting)
        if vertex in best:
            continue
        best[vertex] = distance
        for edge, other in network.neighbours(vertex, backwards=True):
            if other not in best:
                heapq.heappush(waiting, (distance + network.weight(edge), next(ties), other))
    return best


def _search(network: Network, start: str, target: str, longest: int | None) -> Iterator[Path]:
    """Yield the simple paths from `start` to `target`, lightest first."""
    remaining = _distances(network, target)
    if start not in remaining:
        return
    ties = count()
    waiting = [(remaining[start], next(ties), Path((start,), (), 0))]
    while waiting:
        network.run.check()
        _, _, path = heapq.heappop(waiting)
        if path.vertices[-1] == target:
            yield path
            continue
        if longest is not None and len(path.edges) >= longest:
            continue
        for edge, vertex in network.neighbours(path.vertices[-1]):
            if vertex in path.vertices or vertex not in remaining:
                continue
            weight = path.weight + network.weight(edge)
            longer = Path((*path.vertices, vertex), (*path.edges, edge), weight)
            heapq.heappush(waiting, (weight + remaining[vertex], next(ties), longer))


def _all_shortest(paths: Iterator[Path]) -> Iterator[Path]:
    shortest: float | None = None
    for path in paths:
        if shortest is None:
            shortest = path.weight
        if path.weight > shortest:
            return
        yield path


def _found(
    network: Network, kind: str, ends: tuple[str, str], steps: tuple[int, int]
) -> Iterator[Path]:
    longest = steps[1] if kind == "K_PATHS" else None
    paths = _search(network, *ends, longest)
    if kind == "ALL_SHORTEST_PATHS":
        yield from _all_shortest(paths)
        return
    for path in paths:
        if kind != "K_PATHS" or len(path.edges) >= steps[0]:
            yield path


def _as_object(network: Network, kind: str, path: Path) -> Document:
    shown: Document = {
        "edges": list(path.edges),
        "vertices": [network.vertex(vertex) for vertex in path.vertices],
    }
    if kind == "K_SHORTEST_PATHS":
        shown["weight"] = path.weight
    return shown


def _rows(
    network: Network, kind: str, paths: Iterator[Path], slots: list[int], frame: Frame
) -> Iterator[Frame]:
    if kind != "SHORTEST_PATH":
        for path in paths:
            frame[slots[0]] = _as_object(network, kind, path)
            yield frame
        return
    shortest = next(paths, None)
    if shortest is None:
        return
    for vertex, edge in zip(shortest.vertices, (None, *shortest.edges), strict=True):
        frame[slots[0]] = network.vertex(vertex)
        if len(slots) > 1:
            frame[slots[1]] = edge
        yield frame


def _ends(
    network: Network, frame: Frame, start: Evaluate, target: Evaluate
) -> tuple[str, str] | None:
    first, last = network.start(start(frame)), network.start(target(frame))
    return None if first is None or last is None else (first, last)


def _paths(unit: Compilation, node: nodes.Paths, rest: tuple[nodes.Node, ...]) -> Step:
    most = 2 if node.kind == "SHORTEST_PATH" else 1
    if len(node.variables) > most:
        raise problem(1501, f"syntax error, {node.kind} has too many variables", 400)
    if node.steps is not None and node.kind != "K_PATHS":
        raise problem(1501, f"syntax error, {node.kind} takes no depth", 400)
    options = read_options(unit, node.options)
    steps = read_steps(unit, node.steps)
    start, target = compile_expression(unit, node.start), compile_expression(unit, node.target)
    network = compile_network(unit, node.direction, node.targets, options)
    unit.enter_loop()
    slots = [unit.declare(name) for name in node.variables]
    unit.plan.add(
        "ShortestPathNode" if node.kind == "SHORTEST_PATH" else "EnumeratePathsNode",
        rows=unit.plan.rows * 10,
        edgeCollections=[collection.name for collection, _ in network.edges],
    )

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        for frame in source:
            ends = _ends(network, frame, start, target)
            if ends is not None:
                found = _found(network, node.kind, ends, steps)
                yield from _rows(network, node.kind, found, slots, frame)

    return step


STATEMENTS[nodes.Paths] = _paths
