"""python-arango, in the ways that its documentation shows and that its users use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from arango.client import ArangoClient

from benchmarks.servers.base import COLLECTION, Server
from benchmarks.timing import Contender, Work
from benchmarks.work import Task

__all__ = ["callers", "documented_loop", "import_bulk", "insert_many", "thread_pool"]


@contextmanager
def _database(server: Server, ca_file: str | None) -> Iterator[Any]:
    client = ArangoClient(hosts=server.url, verify_override=ca_file)
    try:
        yield client.db(server.database, username=server.user, password=server.password)
    finally:
        client.close()


def documented_loop(
    server: Server,
    task: Task,
    name: str = "python-arango, the loop of its documentation",
    *,
    ca_file: str | None = None,
) -> Contender:
    """Return jobs that are submitted one by one and asked for one by one."""

    @contextmanager
    def opened() -> Iterator[Work]:
        task.prepare(server)
        with _database(server, ca_file) as db:
            call = task.call(db.begin_async_execution(return_result=True))

            def work() -> list[Any]:
                jobs = [call(item) for item in task.items]
                for job in jobs:
                    while job.status() != "done":
                        time.sleep(0.001)
                return [job.result() for job in jobs]

            yield work

    return Contender(name, len(task), opened)


def thread_pool(
    server: Server,
    task: Task,
    name: str = "python-arango, ThreadPoolExecutor(8)",
    *,
    threads: int = 8,
    ca_file: str | None = None,
) -> Contender:
    """Return synchronous calls in a pool of threads."""

    @contextmanager
    def opened() -> Iterator[Work]:
        task.prepare(server)
        with _database(server, ca_file) as db, ThreadPoolExecutor(threads) as pool:
            call = task.call(db)

            def work() -> list[Any]:
                futures = [pool.submit(call, item) for item in task.items]
                return [future.result() for future in futures]

            yield work

    return Contender(name, len(task), opened)


def callers(name: str, server: Server, task: Task, width: int) -> Contender:
    """Return `width` threads that call synchronously; one caller needs no thread."""

    @contextmanager
    def opened() -> Iterator[Work]:
        task.prepare(server)
        with _database(server, None) as db, ThreadPoolExecutor(width) as pool:
            call = task.call(db)
            if width == 1:
                yield lambda: [call(item) for item in task.items]
            else:
                yield lambda: list(pool.map(call, task.items))

    return Contender(name, len(task), opened)


def insert_many(
    server: Server, task: Task, name: str, *, size: int = 1000, at_once: int = 1
) -> Contender:
    """Return arrays of `size` documents, one after the other or some at once."""

    @contextmanager
    def opened() -> Iterator[Work]:
        with _database(server, None) as db, ThreadPoolExecutor(at_once) as pool:
            many = db.collection(COLLECTION).insert_many
            run = pool.map if at_once > 1 else map

            def work() -> list[Any]:
                return [one for each in run(many, _batches(task, size)) for one in each]

            yield work

    return Contender(name, len(task), opened)


def import_bulk(server: Server, task: Task, name: str, *, size: int = 1000) -> Contender:
    """Return imports of `size` documents, one after the other: counts, no result for each."""

    @contextmanager
    def opened() -> Iterator[Work]:
        with _database(server, None) as db:
            load = db.collection(COLLECTION).import_bulk

            def work() -> range:
                return range(sum(load(each)["created"] for each in _batches(task, size)))

            yield work

    return Contender(name, len(task), opened)


def _batches(task: Task, size: int) -> list[list[Any]]:
    return [list(task.items[at : at + size]) for at in range(0, len(task), size)]
