"""Turns what was measured into lines and goals of a report."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.results import TIMES, Figure, Goal, Report
from benchmarks.servers.base import Server
from benchmarks.timing import Contender, Measured, ratio

__all__ = ["add_rates", "best_of", "goal", "keep"]

Found = dict[str, Measured]


def keep(*contenders: Contender | None) -> list[Contender]:
    """Return the contenders that there are."""
    return [each for each in contenders if each is not None]


def add_rates(report: Report, found: Found, base: str, *, short: str = "loop") -> None:
    """Add a line for each contender, with its ratio to the one named `base`."""
    for name, one in found.items():
        report.figures.append(
            Figure(
                name,
                {
                    "per second": one.rate,
                    f"{TIMES} {short}": ratio(one, found.get(base)),
                    "CPU µs each": one.cpu,
                    "requests each": one.requests,
                    "operations": float(one.contender.operations),
                },
                {"per second": one.rates},
            )
        )


def goal(
    report: Report,
    server: Server,
    text: str,
    limit: float,
    measured: float | None,
    *,
    unit: str = TIMES,
    is_least: bool = True,
    digits: int = 2,
) -> None:
    """Add a goal. They are set for the stub; what another server gives is no measure of them."""
    if server.name != "stub":
        note = "Goals are set for the stub; another server is a part of what is measured here."
        if note not in report.notes:
            report.notes.append(note)
        return
    report.goals.append(Goal(text, limit, measured, unit, is_least, digits))


def best_of(found: Found, names: Iterable[str]) -> Measured | None:
    """Return the fastest of those named that was measured."""
    there = [found[name] for name in names if name in found]
    return max(there, key=lambda one: one.rate, default=None)
