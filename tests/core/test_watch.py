"""When and how the jobs of one Coordinator are looked at."""

from __future__ import annotations

from collections import Counter

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of

from arango_jobs._core.expectation import Expectations
from arango_jobs._core.job import Acceptance, Job
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs._core.watch import FEW, LIST_LIMIT, LONGEST, Watch

KIND = kind_of("aql.execute", is_query=True)


def at_server(number: int, now: float = 0.0) -> Job:
    """Return a job that has been accepted."""
    job = Job.of((FakePart(KIND),), 10)
    job.job_id = str(number)
    job.acceptance = Acceptance(now, 1)
    job.move(State.SUBMITTING)
    job.move(State.PENDING)
    return job


def accepted(watch: Watch, number: int, now: float = 0.0) -> Job:
    """Let `watch` have one more job."""
    job = at_server(number, now)
    watch.add((job,), now)
    return job


def crowd(count: int, now: float = 0.0) -> tuple[Watch, list[Job]]:
    """Return a watch with so many jobs, none of which was done at its first look."""
    watch = Watch(Expectations())
    jobs = [accepted(watch, number, now) for number in range(1, count + 1)]
    for job in jobs:
        watch.look_again((job,), now)
    watch._heap.clear()
    return watch, jobs


def test_some_of_a_crowd_are_asked_for_directly() -> None:
    """Few are; of more one in 32, so that it is known how many are done at their first look."""
    watch = Watch(Expectations())
    for begin, count in ((1, 70), (71, 1), (72, 129)):
        jobs = [at_server(number) for number in range(begin, begin + count)]
        direct = watch.add(jobs, 0.0)
        expected = [job for job in jobs if int(job.job_id or 0) <= 16 or _is_one_in_32(job)]
        assert direct == expected == [job for job in jobs if not job.looks]
        assert [job for job in jobs if job.is_in_crowd] == [
            one for one in jobs if one not in direct
        ]


def _is_one_in_32(job: Job) -> bool:
    return int(job.job_id or 0) % 32 == 0


class TestFew:
    """Few jobs are asked for one by one."""

    def test_first_look_at_once(self) -> None:
        """Nothing is known of the operation yet, so it may be done already."""
        watch = Watch(Expectations())
        job = accepted(watch, 1)
        assert watch.jobs == {"1": job}
        assert not job.is_in_crowd

    @pytest.mark.parametrize("age", [0.05, 0.1, 1.0, 10.0])
    def test_interval_in_proportion_to_age(self, age: float) -> None:
        """What a look adds to a job is a small share of its duration."""
        watch = Watch(Expectations())
        job = accepted(watch, 1, 0.0)
        watch.look_again((job,), age)
        due = watch.next_due()
        assert due is not None
        assert due - age == pytest.approx(0.015 * age)

    def test_several_share_the_looks(self) -> None:
        """Sixteen jobs cost no more looks than two do."""
        watch = Watch(Expectations())
        jobs = [accepted(watch, number, 0.0) for number in range(1, 17)]
        watch.look_again(jobs[:1], 1.0)
        assert watch.next_due() == pytest.approx(1.12)

    def test_interval_has_an_end(self) -> None:
        watch = Watch(Expectations())
        watch.look_again((accepted(watch, 1, 0.0),), 10_000.0)
        assert watch.next_due() == 10_000.0 + LONGEST

    def test_nothing_watched(self) -> None:
        """No look is due where nothing is outstanding, whatever was planned before."""
        watch = Watch(Expectations())
        job = accepted(watch, 1)
        watch.look_at(job, 5.0)
        assert watch.next_due() == 5.0
        watch.remove((job,))
        assert watch.next_due() is None

    def test_no_list(self) -> None:
        watch, _jobs = crowd(FEW)
        assert watch.list_count(1e6) == 0


class TestCrowd:
    """Many jobs are looked at by lists."""

    def test_list_holds_all_of_ours(self) -> None:
        watch, jobs = crowd(100)
        count = watch.list_count(1.0)
        assert count >= len(jobs)

    def test_one_list_at_a_time(self) -> None:
        watch, _jobs = crowd(100)
        assert watch.list_count(1.0)
        assert watch.list_count(2.0) == 0

    def test_listed_jobs_are_done(self) -> None:
        watch, jobs = crowd(100)
        asked = watch.list_count(1.0)
        assert set(watch.listed(["3", "7", "999"], asked, 1.0)) == {jobs[2], jobs[6]}

    def test_sized_beyond_the_ids_of_others(self) -> None:
        """Other people's ids in the list make the next one so much longer."""
        watch, _jobs = crowd(100)
        asked = watch.list_count(1.0)
        watch.listed([str(number) for number in range(5000, 5150)], asked + 1000, 1.0)
        assert watch.list_count(10.0) >= 100 + 150

    def test_cut_list_is_asked_longer(self) -> None:
        """A list as long as was asked for may have left out ours: ask for much more."""
        watch, _jobs = crowd(100)
        asked = watch.list_count(1.0)
        watch.listed([str(number) for number in range(5000, 5000 + asked)], asked, 1.0)
        assert watch.list_count(10.0) >= 100 + 2 * asked

    def test_drowned(self) -> None:
        """Where others have too many results, ours are asked for by id, and lists tried later."""
        watch, jobs = crowd(100)
        asked = watch.list_count(1.0)
        watch.listed([str(number) for number in range(10**6, 10**6 + LIST_LIMIT)], asked, 1.0)
        assert watch.list_count(5.0) == 0
        assert set(watch.due_jobs(5.0)) == set(jobs)
        assert watch.list_count(40.0) > 0

    def test_lists_that_fail(self) -> None:
        """After three that failed the jobs are asked for by id for a while."""
        watch, jobs = crowd(100)
        now = 1.0
        for _ in range(3):
            assert watch.list_count(now)
            watch.list_failed(now, 1.0)
            now += 1.0
        assert watch.list_count(now) == 0
        assert set(watch.due_jobs(now)) == set(jobs)
        assert watch.list_count(now + 40.0) > 0

    def test_sooner_for_fewer(self) -> None:
        """A list that was put off for the sake of many need not wait where few are left."""
        watch, jobs = crowd(1000)
        for now in (0.5, 1.0):
            asked = watch.list_count(now)
            watch.listed(["1"], asked, now)
            watch._pace = 0.0003
        assert watch.next_due() == pytest.approx(1.0 + 5e-6 * 996)
        watch.remove(jobs[:900])
        assert watch.next_due() == pytest.approx(1.0 + 5e-6 * 100)

    def test_not_sooner_after_a_failure(self) -> None:
        watch, jobs = crowd(1000)
        asked = watch.list_count(1.0)
        watch.listed(["1"], asked, 1.0)
        assert watch.list_count(1.9)
        watch.list_failed(1.9, 0.5)
        watch.remove(jobs[:900])
        assert watch.next_due() == 2.0  # to probe the oldest of them
        watch.due_jobs(2.0)
        assert watch.next_due() == 2.4

    def test_behind_a_balancer(self) -> None:
        """Lists are one Coordinator's: behind a balancer jobs are asked for by id."""
        watch, jobs = crowd(100)
        watch.by_id_only = True
        assert watch.list_count(5.0) == 0
        assert set(watch.due_jobs(5.0)) == set(jobs)

    def test_crowd_disperses(self) -> None:
        """The last few of a crowd are asked for one by one again."""
        watch, jobs = crowd(30)
        for job in jobs[5:]:
            watch.remove((job,))
        assert watch.list_count(5.0) == 0
        due = watch.next_due()
        assert due is not None
        assert set(watch.due_jobs(due + 1.0)) == set(jobs[:5])

    def test_lost_job_is_found(self) -> None:
        """A list cannot tell a lost job from one that runs, so old ones are asked for in turn."""
        watch, jobs = crowd(40)
        found: list[Job] = []
        now = 0.0
        for _ in range(80):
            now += 2.0
            asked = watch.list_count(now)
            found += watch.due_jobs(now)
            watch.listed([], asked or 1000, now)
        assert set(found) == set(jobs)
        assert len(found) <= 82

    def test_many_lost_jobs_are_found_soon(self) -> None:
        """Where one is lost, others may be: the questions double as long as that is so."""
        watch, jobs = crowd(1000)
        now, lost = 2.0, 0
        for _ in range(12):
            for job in watch.due_jobs(now):
                watch.remove((job,))
                watch.probed(True, now)
                lost += 1
        assert lost == len(jobs)

    def test_abandoned_jobs_are_not_looked_at(self) -> None:
        watch, jobs = crowd(30)
        for job in jobs:
            job.is_abandoned = True
            watch.hold(job)
        assert watch.due_jobs(1e6) == []
        assert watch.listed([jobs[0].job_id], 100, 1.0) == []


def test_an_id_given_twice() -> None:
    """Removing a job of a former process leaves the one that has its id now."""
    watch = Watch(Expectations())
    old, new = accepted(watch, 7), accepted(watch, 7)
    watch.remove((old,))
    assert watch.jobs == {"7": new}


@pytest.mark.parametrize("count", [1, FEW, 1000, 10_000])
def test_requests_in_a_minute(count: int) -> None:
    """However many jobs are pending, a minute of waiting costs few requests a second."""
    bench = Bench(max_jobs=20_000, merge=False)
    bench.host.window.limit = 20_000.0
    asked: Counter[Call] = Counter()
    for _ in range(count):
        bench.world.add(FakePart(KIND))
    bench.world.plan()
    bench.know()
    link = bench.world.links[0]
    number = 0
    end = bench.now + 70.0
    while True:
        while link.queue:
            call = link.queue.popleft()
            if bench.now > end - 60.0:
                asked[call.ask.call] += 1
            number += 1
            meaning, detail = {
                Call.SUBMIT: (Meaning.ACCEPTED, str(number)),
                Call.LIST: (Meaning.OK, []),
                Call.FETCH: (Meaning.PENDING, None),
            }[call.ask.call]
            bench.world.hear(call, meaning, detail)
        due = bench.engine.next_due(bench.now)
        assert due is not None
        if due > end:
            break
        bench.world.now = due
        bench.world.plan()
    assert len(bench.host.watch.jobs) == count
    assert 0 < sum(asked.values()) <= 20 * 60, asked
