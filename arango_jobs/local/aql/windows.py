"""Compiles WINDOW: aggregates over the rows around each row, by number or by value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.aggregates import Aggregate, compile_aggregates
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.functions import ArgumentError
from arango_jobs.local.aql.functions.dateparts import add_duration, parse, timestamp
from arango_jobs.local.aql.operations import kept
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, read_options
from arango_jobs.local.aql.values import is_number

__all__: list[str] = []

# Which rows belong to the window of each row: from, to (excluded).
Spans = Callable[[list[Frame]], list[tuple[int, int]]]


def _bound(options: dict[str, Any], name: str) -> Any:
    value = options.get(name, 0)
    if value == "unbounded":
        return math.inf
    if not (is_number(value) and value >= 0) and not isinstance(value, str):
        raise problem(1501, f"syntax error, WINDOW has a bad value for '{name}'", 400)
    return value


def _by_rows(before: Any, after: Any) -> Spans:
    if not (is_number(before) and is_number(after)):
        raise problem(1501, "syntax error, WINDOW over rows needs numbers", 400)

    def spans(frames: list[Frame]) -> list[tuple[int, int]]:
        count = len(frames)
        return [
            (int(max(0, place - before)), int(min(count, place + after + 1)))
            for place in range(count)
        ]

    return spans


def _moved(value: float, bound: Any, sign: int) -> float:
    """Return `value` moved by a number, or by a duration of milliseconds."""
    if isinstance(bound, str):
        return timestamp(add_duration(parse(value), bound, sign))
    moved: float = value + sign * bound
    return moved


def _by_value(value: Evaluate, before: Any, after: Any, slot: int) -> Spans:
    dated = isinstance(before, str) or isinstance(after, str)

    def position(frame: Frame) -> float | None:
        found = value(frame)
        try:
            return timestamp(parse(found)) if dated else (found if is_number(found) else None)
        except ArgumentError:
            return None

    def spans(frames: list[Frame]) -> list[tuple[int, int]]:
        for frame in frames:
            frame[slot] = position(frame)
        frames[:] = [frame for frame in frames if frame[slot] is not None]
        frames.sort(key=lambda frame: float(frame[slot]))
        return _around(
            [frame[slot] for frame in frames],
            lambda place: (_moved(place, before, -1), _moved(place, after, 1)),
        )

    return spans


def _around(
    places: list[float], limits: Callable[[float], tuple[float, float]]
) -> list[tuple[int, int]]:
    found, low, high = [], 0, 0
    for place in places:
        least, most = limits(place)
        while low < len(places) and places[low] < least:
            low += 1
        while high < len(places) and places[high] <= most:
            high += 1
        found.append((low, high))
    return found


def _windowing(
    unit: Compilation, spans: Spans, aggregates: list[Aggregate], slots: list[int]
) -> Step:
    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        frames = kept(unit, source)
        windows = spans(frames)
        columns = [[item.argument(frame) for frame in frames] for item in aggregates]
        for frame, (low, high) in zip(frames, windows, strict=True):
            unit.run.check()
            for slot, item, column in zip(slots, aggregates, columns, strict=True):
                frame[slot] = item.reduce(column[low:high])
            yield frame

    return step


def _window(unit: Compilation, node: nodes.Window, rest: tuple[nodes.Node, ...]) -> Step:
    if unit.modified:
        raise problem(1595, "window operation after data-modification", 400)
    options = read_options(unit, node.bounds)
    before, after = _bound(options, "preceding"), _bound(options, "following")
    aggregates = compile_aggregates(unit, node.aggregates)
    if node.range_value is None:
        spans = _by_rows(before, after)
    else:
        value = compile_expression(unit, node.range_value)
        spans = _by_value(value, before, after, unit.new_slot())
    slots = [unit.declare(item.variable) for item in aggregates]
    unit.plan.add("WindowNode", aggregates=[{"outVariable": item.variable} for item in aggregates])
    return _windowing(unit, spans, aggregates, slots)


STATEMENTS[nodes.Window] = _window
