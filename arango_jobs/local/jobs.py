"""The job table of one Coordinator (server-protocol.md §2 to §6, §14).

Knows ids, owners, states and stamps; knows no HTTP and runs nothing. Safe to use from any thread.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from arango_jobs.local.messages import Response

__all__ = ["DONE", "PENDING", "Cancellable", "Job", "JobTable", "parse_id"]

PENDING, DONE = "pending", "done"
_MAX_ID = 2**64 - 1


class Cancellable(Protocol):
    """The work behind a job."""

    def cancel(self) -> None:
        """Ask the work to stop."""
        ...


@dataclass(slots=True, eq=False)
class Job:
    """One entry: `stamp` is the submission's time, then the completion's."""

    id: int
    owner: str
    stamp: float
    work: Cancellable | None = None
    response: Response | None = None
    done: bool = False

    @property
    def state(self) -> str:
        """Return ``pending`` or ``done``."""
        return DONE if self.done else PENDING


def parse_id(text: str) -> int:
    """Read an id as ArangoDB does: leading digits; 0 for anything else or over 64 bits."""
    digits = "".join(itertools.takewhile(lambda c: c in "0123456789", text[:25]))
    number = int(digits) if digits else 0
    return number if number <= _MAX_ID else 0


class JobTable:
    """The jobs of one Coordinator, kept by owner and state so that lists cost what they return."""

    def __init__(self, *, shuffle: random.Random | None = None) -> None:
        self._jobs: dict[int, Job] = {}
        self._by_state: dict[tuple[str, bool], dict[int, Job]] = {}
        self._lock = threading.Lock()
        self._shuffle = shuffle

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job_id: int, owner: str, now: float, work: Cancellable | None = None) -> Job:
        """Enter a pending job."""
        job = Job(job_id, owner, now, work)
        with self._lock:
            self._jobs[job_id] = job
            self._group(owner, False)[job_id] = job
        return job

    def finish(self, job: Job, response: Response, now: float) -> None:
        """Keep a job's response, unless its entry is gone."""
        with self._lock:
            if self._jobs.get(job.id) is not job:
                return
            del self._group(job.owner, False)[job.id]
            self._group(job.owner, True)[job.id] = job
            job.response, job.stamp, job.done = response, now, True
            job.work = None

    def find(self, job_id: int, owner: str | None) -> Job | None:
        """Return a job that `owner` may see (None sees all), or None."""
        job = self._jobs.get(job_id)
        if job is not None and (owner is None or job.owner == owner):
            return job
        return None

    def take(self, job_id: int, owner: str | None) -> Job | None:
        """Return a visible job and, if it is done, remove it."""
        with self._lock:
            job = self.find(job_id, owner)
            if job is not None and job.done:
                self._remove(job)
            return job

    def delete(self, job_id: int, owner: str | None) -> bool:
        """Remove a visible job in any state; tell whether there was one."""
        with self._lock:
            job = self.find(job_id, owner)
            if job is not None:
                self._remove(job)
            return job is not None

    def delete_where(self, owner: str | None, condition: Callable[[Job], bool]) -> int:
        """Remove the visible jobs that meet `condition`; return how many."""
        with self._lock:
            doomed = [
                job
                for job in self._jobs.values()
                if (owner is None or job.owner == owner) and condition(job)
            ]
            for job in doomed:
                self._remove(job)
            return len(doomed)

    def ids(self, *, done: bool, owner: str | None, count: int) -> list[str]:
        """Return visible ids; the bound is looked at after adding, so 0 gives one (§3.2)."""
        count = max(count, 1)
        with self._lock:
            if self._shuffle is not None:
                everything = list(self._visible(done, owner))
                self._shuffle.shuffle(everything)
                return [str(job_id) for job_id in everything[:count]]
            return [str(job_id) for job_id in itertools.islice(self._visible(done, owner), count)]

    def count(self, *, done: bool) -> int:
        """Return how many jobs of all users are in a state."""
        with self._lock:
            return sum(len(group) for (_, d), group in self._by_state.items() if d == done)

    def snapshot(self) -> list[Job]:
        """Return all jobs."""
        with self._lock:
            return list(self._jobs.values())

    def clear(self) -> None:
        """Forget everything, as a restart does."""
        with self._lock:
            self._jobs.clear()
            self._by_state.clear()

    def _visible(self, done: bool, owner: str | None) -> Iterator[int]:
        groups: Iterable[dict[int, Job]]
        if owner is None:
            groups = [group for (_, d), group in self._by_state.items() if d == done]
        else:
            groups = [self._by_state.get((owner, done), {})]
        # Newest first is what a small table of the real server shows.
        return itertools.chain.from_iterable(reversed(group) for group in groups)

    def _group(self, owner: str, done: bool) -> dict[int, Job]:
        return self._by_state.setdefault((owner, done), {})

    def _remove(self, job: Job) -> None:
        del self._jobs[job.id]
        self._group(job.owner, job.done).pop(job.id, None)
