"""The window and the engine against the simulated server of the benchmarks, in virtual time."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _load(name: str) -> Any:
    sys.path.insert(0, str(_BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(_BENCHMARKS))


runs = _load("window_runs")
simulated = _load("simulated")


@pytest.mark.parametrize(
    ("workers", "queue", "service", "needed", "seconds"),
    [
        (1, 8, 0.005, 3, 4.0),
        (4, runs.ENDLESS, 0.001, 12, 0.8),
        (4, runs.ENDLESS, 0.05, 5, 12.0),
        (8, 16, 0.01, 11, 2.0),
        (32, runs.ENDLESS, 0.05, 35, 2.0),
        (64, 128, 0.005, 91, 0.5),
    ],
)
def test_capacity(workers: int, queue: float, service: float, needed: int, seconds: float) -> None:
    """It comes within a tenth of what a server can do, with hardly more jobs than that takes.

    `needed` is the least number at which the workers are busy for 99 % of the time
    (`window_runs.saturating`).
    """
    one = runs.run(workers, queue, simulated.exponential(service), seconds=seconds)
    half = seconds / 2
    assert one.used(half, seconds) > 0.95
    assert one.in_flight(0, half, seconds) <= max(1.1 * needed, needed + 2)
    assert one.refused < 0.01


def test_a_few_long_jobs_among_many_short_ones() -> None:
    """What a few jobs take does not lead it astray: it needs 38 at a time (`saturating`)."""
    one = runs.run(32, runs.ENDLESS, simulated.mixed(0.002, 0.2, 0.05), seconds=3.0)
    assert one.used(1.0, 3.0) > 0.95
    assert one.in_flight(0, 1.0, 3.0) <= 1.1 * 38


def test_queue_time_that_is_not_told() -> None:
    """Refusals alone lead to the same."""
    one = runs.run(8, 24, simulated.exponential(0.02), seconds=6.0, is_telling=False)
    assert 0.9 * 32 <= one.limit(0, 2.0, 6.0) <= 1.1 * 32
    assert one.refused < 0.01


def test_second_manager_that_starts_later() -> None:
    """It gets its share of a server that the first one had for itself."""
    one = runs.run(8, 24, simulated.exponential(0.02), seconds=9.0, starts=(0.0, 3.0))
    assert one.fairness(6.0, 9.0) > 0.95
    assert one.used(3.0, 9.0) > 0.95
    assert one.refused < 0.01


def test_overload_by_others() -> None:
    """When they have gone, the rate is back in seconds."""
    one = runs.overloaded(8, 24, simulated.exponential(0.02), 100)
    before = one.rate(0, 2.5, 5.0)
    assert one.rate(0, 6.0, 8.0) < 0.1 * before
    assert runs.recovery(one, 8.0, before) < 2.0


def test_jobs_of_no_time() -> None:
    """A start from a small window costs nothing where the client is the limit."""
    service = simulated.constant(1e-5)
    own = runs.run(32, 4096, service, seconds=1.0, backlog=4000)
    pinned = runs.run(
        32, 4096, service, seconds=1.0, backlog=4000, prepare=lambda client: runs.pin(1024, client)
    )
    assert max(row.limit for row in own.clients[0].rows) >= 500
    assert own.clients[0].ended_at < 1.05 * pinned.clients[0].ended_at


def test_merged_jobs() -> None:
    """Arrays of hundreds of documents go through the same window."""
    service = simulated.constant(0.02, 0.0001)
    one = runs.run(4, 28, service, seconds=5.0, is_merging=True)
    client = one.clients[0]
    assert client.done > 100 * client.submitted
    assert one.used(1.0, 5.0) > 0.95
    assert one.in_flight(0, 3.0, 5.0) <= 4 + 3


def test_long_ramp() -> None:
    """Of 5,000 operations only a few are on their way while the window still grows."""
    service = simulated.exponential(0.02)
    own = runs.run(128, runs.ENDLESS, service, seconds=2.0, backlog=5000)
    pinned = runs.run(
        128,
        runs.ENDLESS,
        service,
        seconds=2.0,
        backlog=5000,
        prepare=lambda client: runs.pin(160, client),
    )
    assert own.clients[0].ended_at < 1.15 * pinned.clients[0].ended_at
