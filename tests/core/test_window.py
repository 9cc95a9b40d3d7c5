"""The window alone: what makes it grow, retreat, settle, and what it tells."""

from __future__ import annotations

import random
from dataclasses import astuple

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of

from arango_jobs._core.meanings import Call
from arango_jobs._core.meter import Load, Meter
from arango_jobs._core.window import Window


def used(window: Window, ended: int, *, latency: float = 0.01, now: float = 1.0) -> float:
    """Let so many jobs end one by one while the window is full; return the time."""
    for _ in range(ended):
        window.accepted(int(window.limit))
        now += latency / window.limit
        window.finished(now)
    return now


def served(window: Window, workers: int, service: float, ended: int, now: float) -> float:
    """Let jobs end as `workers` do them for us alone, at each window as if it had been so long."""
    for _ in range(ended):
        in_flight = int(window.limit)
        wait = max(0.0, in_flight / workers - 1.0) * service
        now += service / min(in_flight, workers)
        window.accepted(in_flight)
        window.queue_time(wait, now, now)
        window.finished(now)
    return now


def test_before_any_job_has_ended_it_opens_as_jobs_are_accepted() -> None:
    """A server that accepts nothing is sent a few; one that accepts gets more."""
    window = Window(1024, 5.0)
    assert window.limit == 6
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
        window.finished(1.0)
    assert window.limit == 6


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
    assert workers <= int(window.limit) <= 1.1 * workers + 2
    assert window.is_sharing


def test_long_jobs() -> None:
    """While none ends, one more is tried each second, as long as the window is used."""
    window = Window(1024, 5.0)
    for tenth in range(10, 60):
        window.accepted(3)
        window.awaited(tenth / 10)
    assert window.limit == 6
    for _ in range(40):
        window.accepted(int(window.limit))
    for tenth in range(60, 95):
        window.accepted(int(window.limit))
        window.awaited(tenth / 10)
    assert window.limit == 32 + 4


def test_long_jobs_of_a_server_that_tells_nothing_new() -> None:
    """The queue time need not change for more to be sent while none of the jobs ends."""
    bench = Bench(merge=False)
    bench.submit(*(FakePart(kind_of()) for _ in range(60)))
    job_id = 100
    while bench.waiting(Call.SUBMIT):
        job_id += 1
        bench.accept(str(job_id))
    sent = bench.host.in_flight
    assert sent < 60
    bench.pass_time(0.5)
    assert bench.host.in_flight == sent
    bench.pass_time(1.0)
    assert bench.host.in_flight == sent + 1


def test_long_jobs_of_which_one_was_refused() -> None:
    """What has been refused is seldom tried again, and then goes on as fast as ever."""
    window = Window(1024, 5.0)
    window.refused(sent_at=0.0, held=1, now=1.0)
    window.awaited(16.0)
    assert window.limit == 1
    window.awaited(17.5)
    assert window.limit == 2
    window.accepted(2)
    window.awaited(18.6)
    assert window.limit == 3


def test_still_over_the_limit() -> None:
    """It does not grow between two retreats while jobs wait too long."""
    window = Window(1024, 5.0)
    used(window, 100)
    window.queue_time(6.0, sent_at=2.0, now=2.1)
    before = window.limit
    used(window, 30, now=2.1)
    assert window.limit < before + 1.0


def test_what_was_sent_before_it_shrank_is_not_taken_for_its_effect() -> None:
    """After a large step down the next round, of jobs sent before, changes nothing."""
    window = Window(1024, 5.0)
    now = used(window, 200)
    window.queue_time(0.5, sent_at=now, now=now)
    before = window.limit
    while window.limit >= before:
        before = window.limit
        now = used(window, 1, latency=1.0, now=now)
    after = window.limit
    now = used(window, int(before), latency=1.0, now=now)
    assert window.limit == after


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
        told += window.finished(number * 0.001 + 0.01)
    assert 3 <= told <= 16


def metered(told: list[float], *, ended: int = 100, at_once: int = 1) -> Load:
    """Return the load of a round of so many jobs, 100 a second, with the queue times `told`."""
    meter = Meter()
    meter.begin(10.0, ended)
    now = 10.0
    for number in range(ended):
        meter.waited(told[number % len(told)])
        if number % at_once == 0:
            now = 10.0 + (number + at_once) / 100
        meter.finished(now)
    load = meter.load(now)
    assert load is not None
    return load


def test_meter() -> None:
    """How many end in a second, and how long they waited."""
    load = metered([0.0302, 0.0304])
    assert load.rate == pytest.approx(100.0)
    assert load.waited == pytest.approx(0.0303)
    assert load.batch == 0.0


def test_meter_of_jobs_heard_of_at_once() -> None:
    """Of jobs that come in fives each is one of four others, on the average."""
    assert metered([0.0302], at_once=5).batch == pytest.approx(4.0)


def test_meter_of_cut_queue_times() -> None:
    """A server that tells whole milliseconds says 0 of most that is below."""
    sizes = random.Random(1)
    for mean in (0.0004, 0.001, 0.02):
        waits = [sizes.expovariate(1.0 / mean) for _ in range(5000)]
        told = [int(1e3 * wait) / 1e3 for wait in waits]
        assert metered(told, ended=5000).waited == pytest.approx(mean, rel=0.1)
        assert metered(waits, ended=5000).waited == pytest.approx(mean, rel=0.1)


def test_meter_of_a_server_that_tells_nothing() -> None:
    """Without a queue time nothing is known of the queue."""
    meter = Meter()
    for number in range(100):
        meter.finished(1.0 + number)
    assert meter.load(100.0) is None


def test_queue_time_that_is_stale() -> None:
    """No more jobs than we have there can wait there."""
    window = Window(1024, 50.0)
    window.queue_time(30.0, sent_at=0.0, now=0.5)
    used(window, 200, latency=0.1)
    assert window.limit >= 3


def test_no_change_is_not_told() -> None:
    """At its maximum it has nothing to tell."""
    window = Window(6, 5.0)
    for number in range(200):
        window.accepted(6)
        assert not window.finished(number * 0.001 + 0.01)


def test_meter_takes_many_at_once() -> None:
    """As one after the other, where they were heard of at the same moment."""
    one, many = Meter(), Meter()
    for meter in (one, many):
        meter.begin(0.0, 16)
    for moment, count in ((0.5, 1), (1.0, 7), (1.5, 3), (2.0, 30)):
        for meter in (one, many):
            meter.waited(moment * 0.001)
            meter.finished(moment)
        for _ in range(count):
            one.finished(moment)
        many.also_finished(count)
        each, at_once = one.load(2.5), many.load(2.5)
        assert each is not None
        assert at_once is not None
        assert astuple(at_once) == pytest.approx(astuple(each))


def test_window_takes_many_at_once() -> None:
    """It grows and shrinks as it does when it is told one after the other."""
    one, many = Window(1000, 5.0), Window(1000, 5.0)
    random_ = random.Random(3)
    now = 0.0
    for step in range(300):
        now += 0.02
        queue_time, count = random_.choice((0.0, 0.001, 0.02)), random_.randrange(1, 40)
        for window in (one, many):
            window.queue_time(queue_time, now, now)
            if step == 150:
                window.refused(now, 50, now)
        filled = int(one.limit)
        for _ in range(count):
            one.accepted(filled)
        many.accepted(filled, count)
        news = [one.finished(now) for _ in range(count)]
        assert many.finished(now, count) == any(news)
        assert many.limit == pytest.approx(one.limit)
    assert one.limit > 40
