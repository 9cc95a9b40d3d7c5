"""Counts what each step of a query does, for ``profile: 2``. Costs nothing otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arango_jobs.local.aql.compilation import Compilation, Frame

__all__ = ["profiled"]

Step = Callable[[Iterable[Frame]], Iterator[Frame]]


def profiled(unit: Compilation, step: Step) -> Step:
    """Return `step`, counting into the statistics of the plan's newest node if that is wanted."""
    if unit.run.options.profile < 2:
        return step
    record: dict[str, Any] = {
        "id": unit.plan.nodes[-1]["id"],
        "calls": 0,
        "parallel": 0,
        "items": 0,
        "filtered": 0,
        "runtime": 0.0,
    }
    unit.run.nodes.append(record)
    clock = unit.run.context.clock

    def counting(source: Iterable[Frame]) -> Iterator[Frame]:
        record["calls"] += 1
        started = clock.monotonic()
        for frame in step(source):
            record["items"] += 1
            yield frame
        record["runtime"] += clock.monotonic() - started

    return counting
