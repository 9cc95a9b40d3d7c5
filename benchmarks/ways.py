"""Does it matter how results are waited for, and how operations are handed in?"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from arango_jobs import ArangoClient, JobManager
from benchmarks import ours
from benchmarks.results import Report
from benchmarks.servers.base import COLLECTION, Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates
from benchmarks.timing import Contender, Work, measure
from benchmarks.work import inserts

__all__ = ["TITLE", "run"]

TITLE = "Ways to hand in and to wait (inserts, merged)"

_BASE = "[f.result() for f in futures]"

Call = Callable[[Any], Any]


def run(settings: Settings, server: Server) -> Report:
    """Measure each of them."""
    server.configure()
    report = Report("ways", TITLE)
    task = inserts(settings.seed, settings.of(tiny=50, short=10_000, full=50_000))
    contenders = [
        ours.contender(name, server, task, gather=gather) for name, gather in _GATHER.items()
    ]
    for name, way in _HAND_IN.items():
        contenders.append(_handed_in(name, server, task.items, way))
    add_rates(report, measure(contenders, server, settings.repeats), _BASE, short="the first")
    return report


def _wait(call: Call, items: Sequence[Any]) -> list[Any]:
    futures = [call(item) for item in items]
    concurrent.futures.wait(futures)
    return [future.result() for future in futures]


def _as_completed(call: Call, items: Sequence[Any]) -> list[Any]:
    futures = [call(item) for item in items]
    return [future.result() for future in concurrent.futures.as_completed(futures)]


def _callbacks(call: Call, items: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    futures = [call(item) for item in items]
    for future in futures:
        future.add_done_callback(lambda done: found.append(done.result()))
    concurrent.futures.wait(futures)
    # The last callbacks may be on their way still.
    return [future.result() for future in futures]


def _await(call: Call, items: Sequence[Any]) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return list(await asyncio.gather(*map(asyncio.wrap_future, map(call, items))))

    return asyncio.run(all_of_them())


_GATHER: dict[str, ours.Gather] = {
    _BASE: ours.results,
    "concurrent.futures.wait": _wait,
    "concurrent.futures.as_completed": _as_completed,
    "add_done_callback": _callbacks,
    "asyncio.gather": _await,
}


def _submit(jobs: JobManager, insert: Call, items: Sequence[Any]) -> list[Any]:
    futures = [jobs.submit(insert, item) for item in items]
    return [future.result() for future in futures]


def _map(jobs: JobManager, insert: Call, items: Sequence[Any]) -> list[Any]:
    return list(jobs.map(insert, items, buffersize=5_000))


_HAND_IN = {
    "jobs.submit(collection.insert, document)": _submit,
    "jobs.map(collection.insert, documents)": _map,
}


def _handed_in(
    name: str,
    server: Server,
    items: Sequence[Any],
    way: Callable[[JobManager, Call, Sequence[Any]], list[Any]],
) -> Contender:
    @contextmanager
    def opened() -> Iterator[Work]:
        with ArangoClient(hosts=server.url) as client:
            db = client.db(server.database, username=server.user, password=server.password)
            with JobManager(db) as jobs:
                yield lambda: way(jobs, db.collection(COLLECTION).insert, items)

    return Contender(name, len(items), opened)
