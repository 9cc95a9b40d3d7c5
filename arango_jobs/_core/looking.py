"""Looking at jobs on the server: by fetching them, by lists, by asking for their status.

When and how is worth it is for `watch.py` to say; here the calls are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs._core.actions import Ask, Asks
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying

__all__ = ["Looking"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_ASK = Call.ASK
_FETCH = Call.FETCH
_FETCHING = State.FETCHING
_LIST = Call.LIST
_PENDING = State.PENDING


class Looking:
    """Makes the looks that are due."""

    def __init__(self, book: Book, tidying: Tidying) -> None:
        self._book = book
        self._tidying = tidying

    def look(self, host: Host, now: float) -> None:
        """Make the looks at the jobs of `host` that are due."""
        watch = host.watch
        if not watch.jobs:
            return
        due = dict.fromkeys(watch.due_jobs(now))
        if due:
            jobs = [job for job in due if job.state is _PENDING]
            self.fetch(host, self._not_held(host, jobs, now), now)
        count = watch.list_count(now)
        if count:
            database = next(iter(watch.jobs.values())).database
            ask = Ask(_LIST, host.index, now)
            ask.count, ask.database = count, database
            self._book.ask(ask)

    def next_due(self) -> float:
        """Return when the next look is due, infinity while nothing is watched."""
        looks = (
            (host.watch.next_due(), host.closed_until)
            for host in self._book.hosts
            if not host.is_suspect
        )
        return min(
            (max(look, closed_until) for look, closed_until in looks if look is not None),
            default=float("inf"),
        )

    def fetch(self, host: Host, jobs: Sequence[Job], now: float) -> None:
        """Take the results of `jobs`, as far as there are any."""
        for job in jobs:
            if job.state is _PENDING:
                job.state = _FETCHING
            else:
                job.move(_FETCHING)
            job.looks += 1
        self._book.ask_all(Asks(_FETCH, host.index, now, jobs, host.epoch()))

    def ask_status(self, job: Job, now: float) -> None:
        """Ask whether there is a result, which takes nothing."""
        self._book.ask(Ask(_ASK, job.host, now, job))

    def listed(self, host: Host, ids: list[Any], asked: int, now: float) -> None:
        """Fetch what a list of up to `asked` ids has told to be done."""
        # Of a host that is suspect the list may be another process's.
        self.fetch_soon(host, self._not_held(host, host.watch.listed(ids, asked, now), now), now)

    def _not_held(self, host: Host, jobs: list[Job], now: float) -> list[Job]:
        """Return those of `jobs` that may be looked at now; the others are, when they may be."""
        held = [job for job in jobs if job.more is not None and job.held_until > now]
        if not held:
            return jobs
        for job in held:
            host.watch.look_at(job, job.held_until)
        kept = set(held)
        return [job for job in jobs if job not in kept]

    def fetch_soon(self, host: Host, jobs: Sequence[Job], now: float) -> None:
        """Fetch `jobs` at once, or when it is known again who the host is."""
        if not host.is_suspect:
            self.fetch(host, jobs, now)
            return
        for job in jobs:
            host.watch.look_at(job, now)

    def hold(self, job: Job, due: float, now: float) -> None:
        """Look at `job` again at the time `due`, and not before, whatever a list says."""
        job.held_until = due
        self.look_later(job, due, now)

    def look_later(self, job: Job, due: float, now: float) -> None:
        """Look at `job` again at the time `due`."""
        job.move(_PENDING)
        self._book.hosts[job.host].watch.look_at(job, due)
        self._tidying.tidy_up(job, now)
