"""How often one job is looked at, whatever is known of its kind, and how late that is."""

from __future__ import annotations

import itertools
from statistics import median

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of

from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.schedule import SCHEDULE

KIND = kind_of("aql.execute")
ROUND_TRIP = 0.0004


def run(bench: Bench, duration: float) -> list[float]:
    """Run one job that takes `duration` seconds; return its ages at the looks."""
    part = FakePart(KIND)
    bench.submit(part)
    bench.accept()
    began, looks = bench.now, list[float]()
    while not part.ends:
        while bench.waiting(Call.FETCH):
            age = bench.now - began
            looks.append(age)
            bench.pass_time(ROUND_TRIP)
            if age >= duration:
                bench.succeed()
            else:
                bench.answer(Call.FETCH, Meaning.PENDING)
        if not part.ends:
            bench.pass_to_next()
    return looks


def ready(taught: float | None = None) -> Bench:
    """Return a bench whose host is known, after twenty jobs that took `taught` seconds."""
    bench = Bench(patience=1e6)
    part = FakePart(kind_of("other"))
    bench.submit(part)
    bench.accept()
    bench.know()
    bench.succeed()
    for _ in range(0 if taught is None else 20):
        run(bench, taught or 0.0)
    return bench


TAUGHT = (None, 0.0, 0.0005, 0.002, 0.01, 0.05, 0.2, 0.39, 0.41, 0.9, 2.0)


@pytest.mark.parametrize("taught", TAUGHT)
def test_looks_at_one_job(taught: float | None) -> None:
    """At most 45 in the first second and 25 in the next nine, then about one a second."""
    bench = ready(taught)
    looks = run(bench, 60.0)
    assert sum(age <= 1.0 for age in looks) <= 45
    assert sum(1.0 < age <= 10.0 for age in looks) <= 25
    assert sum(10.0 < age <= 60.0 for age in looks) <= 60


@pytest.mark.parametrize("taught", [None, 0.0, 0.002, 0.01])
def test_a_duration_that_is_new(taught: float | None) -> None:
    """What the looks add to it is less than 3 ms up to 50 ms of duration, 5 % above, as a rule."""
    added: dict[float, float] = {}
    for duration in [*range(3, 50, 3), *range(50, 3000, 59)]:
        added[duration] = 1e3 * run(ready(taught), duration / 1e3)[-1] - duration
    assert median(late for duration, late in added.items() if duration < 50) <= 2.8
    assert median(late / duration for duration, late in added.items() if duration >= 50) <= 0.052


@pytest.mark.parametrize("duration", [0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_round_durations_are_noticed_soon(duration: float) -> None:
    """Also where they have never been seen."""
    late = run(ready(), duration)[-1] - duration
    assert late <= max(0.0015, 0.06 * duration)


@pytest.mark.parametrize("duration", [0.002, 0.01, 0.05, 0.2])
def test_a_duration_that_is_known(duration: float) -> None:
    """Looks are close to one another when a job is expected to end."""
    bench = ready()
    for _ in range(40):
        run(bench, duration)
    late = [run(bench, duration)[-1] - duration for _ in range(20)]
    assert median(late) <= max(0.0007, 0.03 * duration)


def test_ages_and_counts_agree() -> None:
    """The look that so many have gone before is made at the age by which there are more."""
    for looks in range(120):
        assert SCHEDULE.looks_by(SCHEDULE.age_of(looks) * (1 + 1e-9) + 1e-9) == looks + 1
    ages = [SCHEDULE.age_of(looks) for looks in range(120)]
    assert all(before < after for before, after in itertools.pairwise(ages))


def test_looks_that_were_not_needed_do_not_pile_up() -> None:
    """Only a few are left to a job, those beyond the schedule are forgiven."""
    assert SCHEDULE.spent(0, 0.3) == SCHEDULE.looks_by(0.3) - 6
    assert SCHEDULE.spent(0, 5.0) == SCHEDULE.looks_by(5.0) - 2
    assert SCHEDULE.spent(500, 0.3) == SCHEDULE.looks_by(0.3)
