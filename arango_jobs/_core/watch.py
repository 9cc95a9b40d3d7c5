"""When to look at the jobs of one Coordinator, and how: by list or one by one.

A fetch of a job that is not done is a 204 and costs what a status costs, so few
jobs are asked for directly, at intervals in proportion to their age: what a
poll adds to a job is then a fixed small share of its duration. Many jobs (the
crowd) are looked at by one list, sized to hold all of ours in spite of other
people's ids, because lists are shared, unordered and cut (server-protocol.md
§3.2, H-5, H-6). Where lists cannot answer (behind a balancer, or drowned by
foreign ids) the crowd is asked for directly too.
"""

from __future__ import annotations

import heapq
from typing import Any

from arango_jobs._core.expectation import Expectations
from arango_jobs._core.job import Job
from arango_jobs._core.states import State

__all__ = ["Watch"]

FEW = 16
"""Jobs up to which each is asked for directly."""
SHARE = 0.05
"""Interval between two looks as a share of the age."""
SHORTEST = 0.0003
LONGEST = 1.0
PER_JOB = 5e-6
"""Seconds that each job of a crowd adds to the interval, so that a list serves many."""
LIST_LIMIT = 50_000
"""The largest list that is asked for: it costs the server a walk over all jobs (§3.2)."""
DIRECT_SLICE = 512
PROBE_INTERVAL = 2.0
"""Seconds between two direct questions for an old job of the crowd: lists cannot tell a lost one
from a running one."""
LIKELY = 0.9


class Watch:
    """The outstanding jobs of one Coordinator and their next looks."""

    __slots__ = (
        "_crowd",
        "_expectations",
        "_foreign",
        "_heap",
        "_last_list",
        "_list_until",
        "_next_list",
        "_number",
        "_probe_at",
        "_youngest",
        "by_id_only",
        "jobs",
    )

    def __init__(self, expectations: Expectations) -> None:
        self._expectations = expectations
        self.jobs: dict[str, Job] = {}
        self.by_id_only = False
        self._crowd: dict[str, Job] = {}
        self._heap: list[tuple[float, int, Job]] = []
        self._number = 0
        self._foreign = 0
        self._youngest = 0.0
        self._next_list = float("inf")
        self._list_until: float | None = None
        self._last_list = 0.0
        self._probe_at = 0.0

    def add(self, job: Job, now: float) -> bool:
        """Watch `job`, just accepted; return whether it is worth a look at once."""
        assert job.job_id is not None
        self.jobs[job.job_id] = job
        expectation = self._expectations.of(job.kind.name)
        delay = expectation.first_look
        self._number += 1
        # One in 32 of a crowd is looked at directly, so that the hit rate stays known.
        job.is_direct = (
            len(self.jobs) <= FEW or expectation.hit_rate >= LIKELY or self._number % 32 == 0
        )
        if not job.is_direct:
            self._join_crowd(job, now, delay)
            return False
        if delay <= 0.0:
            return True
        self._push(now + delay, job)
        return False

    def remove(self, job: Job) -> None:
        """Stop watching `job`."""
        if job.job_id is not None:
            self.jobs.pop(job.job_id, None)
            self._crowd.pop(job.job_id, None)

    def look_again(self, job: Job, now: float) -> None:
        """Plan the next look at `job`, which was not done."""
        assert job.job_id is not None
        if len(self.jobs) > FEW:
            self._join_crowd(job, now, 0.0)
            return
        self._push(now + self._interval(job, now), job)

    def look_at(self, job: Job, due: float) -> None:
        """Plan a direct look at `job` for the time `due`."""
        self._push(due, job)

    def due_jobs(self, now: float) -> list[Job]:
        """Take the jobs whose direct look is due."""
        due: list[Job] = []
        heap = self._heap
        while heap and heap[0][0] <= now:
            job = heapq.heappop(heap)[2]
            if job.state is not State.PENDING or self.jobs.get(job.job_id or "") is not job:
                continue
            due.append(job)
        if now >= self._probe_at and self._crowd:
            self._probe_at = now + PROBE_INTERVAL
            due.extend(self._oldest_of_crowd())
        if self._crowd and (self.by_id_only or self._is_drowned()) and now >= self._next_list:
            due.extend(self._slice_of_crowd())
            self._plan_list(now)
        return due

    def list_count(self, now: float) -> int:
        """Return how many ids to ask the list for now; 0: no list is due."""
        if not self._crowd or now < self._next_list or self._list_until is not None:
            return 0
        if self.by_id_only or self._is_drowned():
            return 0
        if len(self._crowd) <= FEW // 2:
            self._disperse(now)
            return 0
        self._list_until = now
        return self._wanted()

    def listed(self, ids: list[Any], asked: int, now: float) -> list[Job]:
        """Return the jobs among `ids`, which are done; plan the next list."""
        self._list_until = None
        self._last_list = now
        done = [self.jobs[each] for each in self.jobs.keys() & set(ids)]
        self._foreign = len(ids) - len(done)
        if len(ids) >= asked:
            self._foreign *= 2
        self._plan_list(now)
        return [job for job in done if job.state is State.PENDING]

    def list_failed(self, now: float, delay: float) -> None:
        """Plan another list after one that did not answer."""
        self._list_until = None
        self._next_list = now + delay

    def ask_all(self, now: float) -> None:
        """Make every job due for a direct look (after a new connection, say)."""
        self._crowd.clear()
        self._heap.clear()
        for job in self.jobs.values():
            if job.state is State.PENDING:
                self._push(now, job)

    def next_due(self) -> float | None:
        """Return when the next look is due, `None` while nothing is watched."""
        due = self._heap[0][0] if self._heap else float("inf")
        if self._crowd:
            due = min(due, self._probe_at)
            if self._list_until is None:
                due = min(due, self._next_list)
        return None if due == float("inf") else due

    def _push(self, due: float, job: Job) -> None:
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, job))

    def _interval(self, job: Job, now: float) -> float:
        age = now - (job.accepted_at if job.accepted_at is not None else now)
        return min(LONGEST, max(SHORTEST, SHARE * age))

    def _join_crowd(self, job: Job, now: float, delay: float) -> None:
        assert job.job_id is not None
        if not self._crowd:
            self._next_list = now + max(delay, SHORTEST)
            self._probe_at = now + PROBE_INTERVAL
        self._crowd[job.job_id] = job
        if job.accepted_at is not None:
            self._youngest = max(self._youngest, job.accepted_at + delay)

    def _disperse(self, now: float) -> None:
        crowd, self._crowd = self._crowd, {}
        for job in crowd.values():
            if job.state is State.PENDING:
                self._push(now + self._interval(job, now) / 2, job)

    def _plan_list(self, now: float) -> None:
        share = SHARE * max(0.0, now - self._youngest)
        floor = PER_JOB * len(self._crowd)
        self._next_list = now + min(LONGEST, max(SHORTEST, floor, share))

    def _wanted(self) -> int:
        return len(self.jobs) + self._foreign + 100

    def _is_drowned(self) -> bool:
        return self._wanted() > LIST_LIMIT

    def _oldest_of_crowd(self) -> list[Job]:
        for job_id in self._crowd:
            job = self._crowd.pop(job_id)
            self._crowd[job_id] = job
            return [job] if job.state is State.PENDING else []
        return []

    def _slice_of_crowd(self) -> list[Job]:
        chosen = list(self._crowd)[:DIRECT_SLICE]
        jobs = [self._crowd.pop(job_id) for job_id in chosen]
        self._crowd.update(zip(chosen, jobs, strict=True))
        return [job for job in jobs if job.state is State.PENDING]
