"""What is learned of how long operations take, and how soon they are looked at."""

from __future__ import annotations

import pytest

from arango_jobs._core.expectation import Expectation


def _run(expectation: Expectation, duration: float, jobs: int, lateness: float = 0.0) -> float:
    """Look at `jobs` jobs as a watch would, each look `lateness` late; return the last age seen."""
    age = 0.0
    for _ in range(jobs):
        age, missed = expectation.first_look + lateness, None
        while age < duration:
            missed, age = age, age + max(0.0003, 0.025 * age) + lateness
        expectation.learn_duration(age, missed)
    return age


@pytest.mark.parametrize("duration", [0.002, 0.05, 2.0])
def test_first_look_comes_shortly_before_the_end(duration: float) -> None:
    """So that what the looks add is a small share of the duration."""
    expectation = Expectation()
    seen = _run(expectation, duration, 200)
    assert 0.85 * duration <= expectation.first_look <= duration
    assert seen - duration <= max(0.0006, 0.03 * duration)


def test_late_looks_do_not_teach_long_durations() -> None:
    """What is done at once is soon looked at at once again, though looks were late for long."""
    expectation = Expectation()
    _run(expectation, 0.0, 50, lateness=0.02)
    assert expectation.first_look <= 0.02
    _run(expectation, 0.0, 50)
    assert expectation.first_look == 0.0


def test_operations_become_slower() -> None:
    """The estimate follows."""
    expectation = Expectation()
    _run(expectation, 0.01, 100)
    _run(expectation, 0.1, 100)
    assert expectation.first_look == pytest.approx(0.095, rel=0.15)
