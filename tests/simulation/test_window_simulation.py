"""The window and the engine against the simulated server of the benchmarks, in virtual time."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _load(name: str) -> Any:
    sys.path.insert(0, str(_BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(_BENCHMARKS))


runs = _load("window_runs")
simulated = _load("simulated")


def test_short_queue() -> None:
    """Alone, it comes within a tenth of what the server holds, with few refusals."""
    one = runs.run(8, 24, simulated.exponential(0.02), seconds=8.0)
    assert 0.9 * 32 <= one.limit(0, 2.0, 8.0) <= 1.1 * 32
    assert one.used(2.0, 8.0) > 0.99
    assert one.refused < 0.01


def test_queue_time_that_is_not_told() -> None:
    """Refusals alone lead to the same."""
    one = runs.run(8, 24, simulated.exponential(0.02), seconds=6.0, is_telling=False)
    assert 0.9 * 32 <= one.limit(0, 2.0, 6.0) <= 1.1 * 32
    assert one.refused < 0.01


def test_endless_queue() -> None:
    """It takes what keeps the workers busy and hardly more, though nothing is refused."""
    one = runs.run(32, runs.ENDLESS, simulated.exponential(0.05), seconds=4.0)
    assert one.used(2.0, 4.0) > 0.98
    assert 32 <= one.limit(0, 2.0, 4.0) <= 1.25 * 32


def test_second_manager_that_starts_later() -> None:
    """It gets its share of a server whose queue the first one had filled."""
    one = runs.run(8, 24, simulated.exponential(0.02), seconds=12.0, starts=(0.0, 3.0))
    assert one.limit(0, 1.0, 3.0) > 0.9 * 32
    assert one.fairness(8.0, 12.0) > 0.95
    assert one.used(3.0, 12.0) > 0.95
    assert one.refused < 0.01


def test_overload_by_others() -> None:
    """When they have gone, the rate is back in seconds."""
    one = runs.overloaded(8, 24, simulated.exponential(0.02), 100)
    before = one.rate(0, 2.5, 5.0)
    assert one.rate(0, 6.0, 8.0) < 0.1 * before
    assert runs.recovery(one, 8.0, before) < 4.0


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
    assert 0.85 * 32 <= one.limit(0, 1.0, 5.0) <= 1.1 * 32
    assert one.used(1.0, 5.0) > 0.99
