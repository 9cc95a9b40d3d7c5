"""arango_jobs as a contender."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import requests

from arango_jobs import ArangoClient, JobManager
from benchmarks.servers.base import Server, Unavailable
from benchmarks.timing import Contender, Work
from benchmarks.work import Task

__all__ = ["await_ids", "callers", "contender", "manager", "open_window"]

Gather = Callable[[Callable[[Any], Any], Sequence[Any]], Sequence[Any]]


@contextmanager
def manager(
    server: Server, *, session: requests.Session | None = None, **options: Any
) -> Iterator[JobManager]:
    """Give a manager with the defaults that users have, and end it."""
    with ArangoClient(hosts=server.url, session=session) as client:
        db = client.db(server.database, username=server.user, password=server.password)
        with JobManager(db, **options) as jobs:
            yield jobs


def results(call: Callable[[Any], Any], items: Sequence[Any]) -> Sequence[Any]:
    """Submit all, then take every result."""
    futures = [call(item) for item in items]
    return [future.result() for future in futures]


def contender(
    name: str, server: Server, task: Task, *, gather: Gather = results, **options: Any
) -> Contender:
    """Return arango_jobs with these options of the manager."""

    @contextmanager
    def opened() -> Iterator[Work]:
        task.prepare(server)
        with manager(server, **options) as jobs:
            yield partial(gather, task.call(jobs), task.items)

    return Contender(name, len(task), opened)


def callers(name: str, server: Server, task: Task, width: int, **options: Any) -> Contender:
    """Return `width` threads that each wait for a result before they call again."""

    @contextmanager
    def opened() -> Iterator[Work]:
        task.prepare(server)
        with manager(server, **options) as jobs, ThreadPoolExecutor(width) as pool:
            call = task.call(jobs)
            yield lambda: list(pool.map(lambda item: call(item).result(), task.items))

    return Contender(name, len(task), opened)


def open_window(jobs: JobManager, count: int) -> None:
    """Have the manager give its server `count` jobs at once, as after many quick ones.

    Those quick ones themselves would leave memory behind that hides what comes after.
    """
    for host in jobs._desk.poller.engine.hosts:
        host.window.limit = float(count)


def await_ids(futures: Sequence[Any], seconds: float = 60.0) -> None:
    """Wait until the server has accepted all of `futures`."""
    end = time.monotonic() + seconds
    while not all(future.job_id for future in futures):
        if time.monotonic() > end:
            there = sum(future.job_id is not None for future in futures)
            raise Unavailable(
                f"the server has accepted {there:,} of {len(futures):,} jobs in {seconds:g} s"
            )
        time.sleep(0.01)
