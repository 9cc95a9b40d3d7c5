"""The window alone: what makes it grow, retreat, settle, and what it tells."""

from __future__ import annotations

import pytest

from arango_jobs._core.meter import Meter
from arango_jobs._core.window import Window


def used(window: Window, ended: int, *, latency: float = 0.01, now: float = 1.0) -> float:
    """Let so many jobs end one by one while the window is full; return the time."""
    for _ in range(ended):
        window.accepted(int(window.limit))
        now += latency / window.limit
        window.finished(now - latency, now)
    return now


def served(window: Window, workers: int, service: float, ended: int, now: float) -> float:
    """Let jobs end as `workers` do them for us alone, at each window as if it had been so long."""
    for _ in range(ended):
        in_flight = int(window.limit)
        wait = max(0.0, in_flight / workers - 1.0) * service
        now += service / min(in_flight, workers)
        window.accepted(in_flight)
        window.queue_time(wait, now, now)
        window.finished(now - wait - service, now)
    return now


def test_before_any_job_has_ended_it_opens_as_jobs_are_accepted() -> None:
    """A server that accepts nothing is sent a few; one that accepts gets twice as many."""
    window = Window(1024, 5.0)
    assert window.limit == 16
    for _ in range(100):
        window.accepted(int(window.limit))
    assert window.limit == 32


def test_nothing_speaks_against_it() -> None:
    """It doubles a round: 500 at a time before 500 have ended."""
    window = Window(1024, 5.0)
    used(window, 500)
    assert window.limit >= 500
    used(window, 1000)
    assert window.limit == 1024


def test_unused() -> None:
    """It grows only while it is used."""
    window = Window(1024, 5.0)
    for _ in range(200):
        window.accepted(3)
        window.finished(0.0, 1.0)
    assert window.limit == 16


def test_refused() -> None:
    """It goes below what the server had when it refused, and says so once."""
    window = Window(1024, 5.0)
    used(window, 100)
    assert window.refused(sent_at=2.0, held=72, now=2.1)
    assert window.limit == pytest.approx(0.85 * 72)
    assert window.reason == "refused"
    assert not window.refused(sent_at=2.05, held=40, now=2.2)
    assert window.limit == pytest.approx(0.85 * 72)


def test_refusal_is_paid_for() -> None:
    """It does not go above the ceiling before so many jobs have ended that refusals are few."""
    window = Window(1024, 5.0)
    used(window, 100)
    window.refused(sent_at=2.0, held=72, now=2.1)
    now = used(window, 150, now=2.1)
    assert 0.85 * 72 < window.limit < 72
    used(window, 1500, now=now)
    assert window.limit > 72


def test_many_refused_at_once() -> None:
    """Each refusal is paid for, also those of one burst."""
    few, many = Window(1024, 5.0), Window(1024, 5.0)
    for window, burst in ((few, 1), (many, 10)):
        for _ in range(burst):
            window.refused(sent_at=2.0, held=10, now=2.1)
        used(window, 250, now=2.1)
    assert few.limit > 20
    assert many.limit < 10


def test_above_the_ceiling() -> None:
    """What is above the ceiling doubles a round: whoever had filled the queue may be gone."""
    window = Window(1024, 5.0)
    window.refused(sent_at=2.0, held=0, now=2.1)
    assert window.limit == 1
    used(window, 250, now=2.1)
    assert window.limit > 100


def test_queue_time_above_the_limit() -> None:
    """It slows down, once for all jobs that were sent before it did."""
    window = Window(1024, 5.0)
    used(window, 100)
    before = window.limit
    assert window.queue_time(6.0, sent_at=2.0, now=2.1)
    assert window.limit == pytest.approx(0.9 * before)
    assert window.reason == "queue time"
    assert not window.queue_time(6.0, sent_at=2.0, now=2.2)
    assert window.queue_time(6.0, sent_at=2.2, now=2.3)
    assert window.limit == pytest.approx(0.81 * before)


@pytest.mark.parametrize("maximum", [1, 5, 100])
def test_maximum(maximum: int) -> None:
    """It never goes above what the user allows, nor below one."""
    window = Window(maximum, 5.0)
    used(window, 1000)
    assert window.limit == maximum
    window.refused(sent_at=2.0, held=0, now=2.1)
    assert window.limit == 1


@pytest.mark.parametrize(("workers", "service"), [(4, 0.05), (16, 0.02), (32, 0.02), (128, 0.1)])
def test_long_queue(workers: int, service: float) -> None:
    """Of a queue that refuses nothing it takes what keeps the workers busy, and little more."""
    window = Window(1024, 5.0)
    served(window, workers, service, 60 * workers + 3000, 1.0)
    assert workers <= window.limit <= 1.35 * workers + 2
    assert window.is_sharing


def test_long_jobs() -> None:
    """While none ends, one more is tried each second, as long as the window is used."""
    window = Window(1024, 5.0)
    window.refused(sent_at=0.0, held=1, now=1.0)
    for tenth in range(10, 60):
        window.queue_time(0.0, sent_at=0.0, now=tenth / 10)
    assert window.limit == 2
    for tenth in range(60, 100):
        window.accepted(int(window.limit))
        window.queue_time(0.0, sent_at=0.0, now=tenth / 10)
    assert window.limit == 6


def test_queue_was_there_before_us() -> None:
    """Who comes to a queue is not alone."""
    window = Window(1024, 5.0)
    window.queue_time(0.05, sent_at=0.0, now=0.1)
    assert window.is_sharing


def test_refused_where_it_was_before() -> None:
    """Alone, the ceiling stays, but for jobs that are done and not yet fetched."""
    window = Window(1024, 5.0)
    for at, held in ((2.0, 72), (3.0, 71), (4.0, 73)):
        window.limit = 80.0
        window.refused(sent_at=at, held=held, now=at)
    assert not window.is_sharing


@pytest.mark.parametrize("held", [60, 90])
def test_refused_elsewhere(held: int) -> None:
    """A ceiling that moves shows that others are there, or were."""
    window = Window(1024, 5.0)
    for at, each in ((2.0, 72), (3.0, held)):
        window.limit = 100.0
        window.refused(sent_at=at, held=each, now=at)
    assert window.is_sharing


def test_changes_are_told_once_a_round() -> None:
    """Each change of a whole job would be a signal a job."""
    window = Window(1024, 5.0)
    told = 0
    for number in range(500):
        window.accepted(int(window.limit))
        told += window.finished(number * 0.001, number * 0.001 + 0.01)
    assert 3 <= told <= 8


def test_meter_by_littles_law() -> None:
    """A rate times a time is a number."""
    meter = Meter()
    meter.begin(10.0, 100)
    for number in range(100):
        now = 10.0 + (number + 1) / 100
        meter.waited(0.03, now)
        is_over = meter.finished(0.05, now)
    assert is_over
    load = meter.load(11.0)
    assert load is not None
    assert load.rate == pytest.approx(100.0)
    assert load.queued == pytest.approx(3.0)
    assert load.busy == pytest.approx(2.0)


def test_meter_of_a_server_that_tells_nothing() -> None:
    """Without a queue time nothing is known of the queue."""
    meter = Meter()
    for number in range(100):
        meter.finished(0.05, 1.0 + number)
    assert meter.load(100.0) is None


def test_meter_of_a_queue_time_that_is_stale() -> None:
    """A job cannot have waited longer than it took."""
    meter = Meter()
    meter.begin(10.0, 32)
    for number in range(32):
        meter.waited(9.0, 10.0 + number)
        meter.finished(0.5, 10.0 + number)
    load = meter.load(42.0)
    assert load is not None
    assert load.queued == pytest.approx(0.5)
    assert load.busy == 0.0


def test_no_change_is_not_told() -> None:
    """At its maximum it has nothing to tell."""
    window = Window(16, 5.0)
    for number in range(200):
        window.accepted(16)
        assert not window.finished(number * 0.001, number * 0.001 + 0.01)
