"""When to look at the jobs of one Coordinator, and how: by list or one by one.

A fetch of a job that is not done is a 204 and costs what a status costs, so few
jobs are asked for directly, at intervals in proportion to their age, and no
oftener than `schedule.py` says: what a poll adds to a job is then a fixed small
share of its duration. Many jobs (the
crowd) are looked at by one list, sized to hold all of ours in spite of other
people's ids, because lists are shared, unordered and cut (server-protocol.md
§3.2, H-5, H-6). Where lists cannot answer (behind a balancer, or drowned by
foreign ids) the crowd is asked for directly too.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from arango_jobs._core.expectation import Expectations
from arango_jobs._core.job import Job, kind_of
from arango_jobs._core.schedule import SCHEDULE
from arango_jobs._core.states import State

__all__ = ["Watch"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_PENDING = State.PENDING

FEW = 16
"""Jobs up to which each is asked for directly."""
SHARE = 0.015
"""Interval between two looks as a share of the age, for one of up to `FREE` jobs."""
FREE = 2
"""Jobs up to which each is looked at as often as if it were alone; more share the looks."""
OLD = 0.1
"""Seconds of age up to which more than these are looked at without regard to how often already."""
CROWD_SHARE = 0.05
"""Interval between two lists as a share of the time that a job of the crowd is expected to take."""
SLOWER = 1.1
FASTER = 0.7
"""How the interval changes after a list that told nothing, and after one that told of something."""
SHORTEST = 0.0003
LONGEST = 1.0
PER_JOB = 5e-6
"""Seconds that each job of a crowd adds to the interval, so that a list serves many."""
FRUITFUL = 4
"""By how many jobs of a crowd each that a list found done shortens the interval."""
LIST_LIMIT = 50_000
"""The largest list that is asked for: it costs the server a walk over all jobs (§3.2)."""
DIRECT_SLICE = 512
PROBE_INTERVAL = 2.0
"""Seconds between two direct questions for an old job of the crowd: lists cannot tell a lost one
from a running one."""
BLIND = 30.0
"""Seconds for which lists are not asked for after they have turned out to be of no use."""
LIKELY = 0.9
_ONE_IN = 32


class Watch:
    """The outstanding jobs of one Coordinator and their next looks."""

    __slots__ = (
        "_anew_at",
        "_crowd",
        "_entered",
        "_expectations",
        "_foreign",
        "_heap",
        "_list_failures",
        "_list_is_out",
        "_lists_after",
        "_lists_held",
        "_next_list",
        "_number",
        "_pace",
        "_planned_at",
        "_probe_at",
        "_probe_size",
        "_told",
        "_turns",
        "by_id_only",
        "jobs",
    )

    def __init__(self, expectations: Expectations) -> None:
        self._expectations = expectations
        self.jobs: dict[str, Job] = {}
        self.by_id_only = False
        self._anew_at = float("-inf")
        """When all were last looked at anew."""
        self._crowd = 0
        """How many of them are looked at by lists."""
        self._entered = 0
        """How many jobs there were that might not be done at their first look."""
        self._heap: list[tuple[float, int, Sequence[Job]]] = []
        """When jobs are to be looked at directly; a number parts those of one time."""
        self._number = 0
        self._foreign = 0
        self._pace = LONGEST
        self._next_list = float("inf")
        self._planned_at = float("inf")
        """When the next list was planned, if that was because of how many it will be for."""
        self._list_is_out = False
        self._list_failures = 0
        self._lists_after = float("-inf")
        self._lists_held = float("-inf")
        """No list before this time."""
        self._told: set[str] = set()
        """Ids that the last list has told to be done; some may have been fetched since."""
        self._turns: Iterator[str] = iter(())
        """Ids in the order in which their jobs are asked for directly though of the crowd."""
        self._probe_at = 0.0
        self._probe_size = 1

    def add(self, jobs: Iterable[Job], now: float) -> list[Job]:
        """Watch `jobs`, just accepted; return those that are worth a look at once."""
        at_once: list[Job] = []
        for kind, group in groupby(jobs, kind_of):
            expectation = self._expectations[kind.name]
            delay, is_likely = expectation.first_look, expectation.hit_rate >= LIKELY
            direct = self._enter(list(group), is_likely=is_likely, delay=delay, now=now)
            if delay <= 0.0:
                at_once += direct
            elif direct:
                self._push(now + delay, direct)
        return at_once

    def _enter(
        self, jobs: Sequence[Job], *, is_likely: bool, delay: float, now: float
    ) -> Sequence[Job]:
        """Watch `jobs` of one kind; return those whose first look is a fetch of their own."""
        watched = self.jobs
        few = max(0, FEW - len(watched))
        for job in jobs:
            assert job.job_id is not None
            watched[job.job_id] = job
        if is_likely:
            return jobs
        direct, crowd = list(jobs[:few]), list(jobs[few:])
        # One in 32 of a crowd is looked at directly, so that the hit rate stays known.
        first = -(self._entered + few + 1) % _ONE_IN
        direct += crowd[first::_ONE_IN]
        del crowd[first::_ONE_IN]
        self._entered += len(jobs)
        for job in crowd:
            job.looks = 1
        if crowd:
            self._join_crowd(crowd, now, delay)
        return direct

    def hold(self, job: Job) -> None:
        """Keep `job` without looking at it: nobody wants its result."""
        assert job.job_id is not None
        self.jobs[job.job_id] = job
        self._leave_crowd((job,))

    def remove(self, jobs: Collection[Job]) -> None:
        """Stop watching `jobs`."""
        watched = self.jobs
        for job in jobs:
            job_id = job.job_id
            if job_id is None:
                continue
            found = watched.pop(job_id, None)
            if found is not None and found is not job:
                # After a restart its id is another job's.
                watched[job_id] = found
        self._leave_crowd(jobs)

    def look_again(self, jobs: Sequence[Job], now: float) -> None:
        """Plan the next looks at `jobs`, which were not done."""
        if self._told:
            self._doubt_lists(jobs, now)
        if len(self.jobs) <= FEW:
            for job in jobs:
                self._push(now + self._interval(job, now), (job,))
        elif self._crowd:
            self._enter_crowd(jobs)
        else:
            self._join_crowd(jobs, now, self._share(jobs[0], now))

    def look_at(self, job: Job, due: float) -> None:
        """Plan a direct look at `job` for the time `due`."""
        self._push(due, (job,))

    def due_jobs(self, now: float) -> list[Job]:
        """Take the jobs whose direct look is due; one may come twice."""
        due: list[Job] = []
        heap = self._heap
        while heap and heap[0][0] <= now:
            due += _wanted(heapq.heappop(heap)[2])
        if not self._crowd:
            return due
        if now >= self._probe_at:
            self._probe_at = now + PROBE_INTERVAL
            due.extend(self._oldest_of_crowd(self._probe_size))
        if now >= self._next_list and not self._can_list(now):
            due.extend(self._oldest_of_crowd(DIRECT_SLICE))
            self._plan_list(now)
        return due

    def list_count(self, now: float) -> int:
        """Return how many ids to ask the list for now; 0: no list is due."""
        if not self._crowd or now < self._list_due or self._list_is_out:
            return 0
        if self._crowd <= FEW // 2:
            self._disperse(now)
            return 0
        if not self._can_list(now):
            return 0
        self._list_is_out = True
        return min(self._wanted(), LIST_LIMIT)

    def listed(self, ids: list[Any], asked: int, now: float) -> list[Job]:
        """Return the jobs among `ids`, which are done; plan the next list."""
        self._list_is_out = False
        self._list_failures = 0
        self._told = self.jobs.keys() & set(ids)
        done = [self.jobs[each] for each in self._told]
        self._foreign = len(ids) - len(done)
        if len(ids) >= asked:
            self._foreign *= 2
        if self._wanted() > LIST_LIMIT:
            self._lists_after = now + BLIND
            self._foreign = LIST_LIMIT // 2
        self._plan_list(now, len(done))
        return _wanted(done)

    def list_failed(self, now: float, delay: float) -> None:
        """Plan another list after one that did not answer."""
        self._list_is_out = False
        self._list_failures += 1
        self._next_list = now + delay
        self._planned_at = float("inf")
        if self._list_failures >= 3:
            self._list_failures = 0
            self._lists_after = now + BLIND

    def hold_lists(self, due: float) -> None:
        """Ask for no list before `due`: what it tells of could not be fetched."""
        self._lists_held = max(self._lists_held, due)

    def list_refused(self, now: float) -> None:
        """Ask for each job directly for a while: the server gives no lists."""
        self._list_is_out = False
        self._lists_after = now + BLIND
        self._next_list = now

    def probed(self, is_lost: bool, now: float) -> None:
        """Take whether a job was still known: where one is lost, others may be."""
        if not is_lost:
            self._probe_size = 1
        elif self._crowd:
            self._probe_size = min(DIRECT_SLICE, 2 * self._probe_size)
            self._probe_at = now

    def ask_all(self, now: float) -> None:
        """Look at every job anew (after a new connection, say).

        Where connections end often, the looks stay as they were planned. What answers one gives
        go to fetches before a list.
        """
        if now - self._anew_at < LONGEST:
            return
        self._anew_at = now
        self._heap.clear()
        self._leave_crowd(self.jobs.values())
        jobs = [job for job in self.jobs.values() if not job.is_abandoned]
        pending = [job for job in jobs if job.state is _PENDING]
        if not pending:
            return
        if len(jobs) <= FEW:
            # Not always the same ones first.
            first = self._number % len(pending)
            self._push(now, pending[first:] + pending[:first])
            return
        self._join_crowd(pending, now, 0.0)
        told = [job for job in pending if job.job_id in self._told]
        self._push(now, told or self._oldest_of_crowd(FEW))

    def next_due(self) -> float | None:
        """Return when the next look is due, `None` while nothing is watched."""
        if not self.jobs:
            self._heap.clear()
            return None
        due = self._heap[0][0] if self._heap else float("inf")
        if self._crowd:
            due = min(due, self._probe_at)
            if not self._list_is_out:
                due = min(due, self._list_due)
        return None if due == float("inf") else due

    @property
    def _list_due(self) -> float:
        return max(self._next_list, self._lists_held)

    def _doubt_lists(self, jobs: Iterable[Job], now: float) -> None:
        """Ask for each job directly for a while if a list has told that one of `jobs` was done."""
        wrong = self._told.intersection([job.job_id for job in jobs])
        if wrong:
            self._told -= wrong
            self._lists_after = now + BLIND

    def _push(self, due: float, jobs: Sequence[Job]) -> None:
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, jobs))

    def _interval(self, job: Job, now: float) -> float:
        age, share = _age(job, now), self._share(job, now)
        if len(self.jobs) > FREE and age < OLD:
            return share
        job.looks = looks = SCHEDULE.spent(job.looks, age)
        return min(LONGEST, max(share, SCHEDULE.age_of(looks) - age))

    def _share(self, job: Job, now: float) -> float:
        share = SHARE * max(1.0, len(self.jobs) / FREE)
        return min(LONGEST, max(SHORTEST, share * _age(job, now)))

    def _join_crowd(self, jobs: Iterable[Job], now: float, delay: float) -> None:
        """Have `jobs` looked at by lists, the next one after `delay` seconds at the latest."""
        if not self._crowd:
            self._next_list = self._planned_at = float("inf")
            self._pace = LONGEST
            self._probe_at = now + PROBE_INTERVAL
        self._enter_crowd(jobs)
        self._next_list = min(self._next_list, now + max(delay, SHORTEST))
        self._pace = min(self._pace, max(SHORTEST, CROWD_SHARE * delay))

    def _enter_crowd(self, jobs: Iterable[Job]) -> None:
        new = [job for job in jobs if not job.is_in_crowd]
        for job in new:
            job.is_in_crowd = True
        self._crowd += len(new)

    def _leave_crowd(self, jobs: Iterable[Job]) -> None:
        members = [job for job in jobs if job.is_in_crowd]
        for job in members:
            job.is_in_crowd = False
        self._crowd -= len(members)
        # For fewer it need not be put off as long.
        due = self._planned_at + max(self._pace, PER_JOB * self._crowd)
        self._next_list = min(self._next_list, due)

    def _disperse(self, now: float) -> None:
        members = [job for job in self.jobs.values() if job.is_in_crowd]
        self._leave_crowd(members)
        for job in members:
            if job.state is _PENDING:
                self._push(now + self._interval(job, now) / 2, (job,))

    def _plan_list(self, now: float, found: int = 0) -> None:
        self._pace = min(LONGEST, max(SHORTEST, self._pace * (FASTER if found else SLOWER)))
        # Where many were done, many more will be: the next list has enough to tell at once.
        floor = PER_JOB * max(0, self._crowd - FRUITFUL * found)
        self._next_list = now + min(LONGEST, max(self._pace, floor))
        self._planned_at = now

    def _wanted(self) -> int:
        return len(self.jobs) + self._foreign + 100

    def _can_list(self, now: float) -> bool:
        return not self.by_id_only and now >= self._lists_after and self._wanted() <= LIST_LIMIT

    def _oldest_of_crowd(self, count: int) -> list[Job]:
        """Return up to `count` jobs of the crowd that were not returned for the longest time."""
        found: dict[str, Job] = {}
        has_begun_anew = False
        while len(found) < count:
            job_id = next(self._turns, None)
            if job_id is None:
                if has_begun_anew:
                    break
                has_begun_anew = True
                self._turns = iter(list(self.jobs))
                continue
            job = self.jobs.get(job_id)
            if job is not None and job.is_in_crowd and job.state is _PENDING:
                found[job_id] = job
        return list(found.values())


def _age(job: Job, now: float) -> float:
    return 0.0 if job.accepted_at is None else now - job.accepted_at


def _wanted(jobs: Iterable[Job]) -> list[Job]:
    """Return those that run, for all we know, and whose result somebody waits for."""
    return [
        job for job in jobs if job.state is _PENDING and (job.more is None or not job.is_abandoned)
    ]
