"""python-arango-async: synchronous calls, and its background jobs, 64 at once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

# It has annotations but does not say so (no py.typed).
from arangoasync import ArangoClient  # type: ignore[import-untyped]
from arangoasync.auth import Auth  # type: ignore[import-untyped]
from arangoasync.http import AioHTTPClient  # type: ignore[import-untyped]

from benchmarks.servers.base import Server
from benchmarks.timing import Contender, Work
from benchmarks.work import Task

__all__ = ["calls", "jobs"]

_AT_ONCE = 64

Handle = Callable[[Any], Awaitable[Any]]


def calls(
    server: Server,
    task: Task,
    name: str = "python-arango-async, 64 at once",
    *,
    at_once: int = _AT_ONCE,
    ca_file: str | None = None,
) -> Contender:
    """Return calls that wait for their results."""
    return _contender(name, server, task, at_once, ca_file, _as_it_is, is_async=False)


def jobs(
    server: Server,
    task: Task,
    name: str = "python-arango-async, its async jobs",
    *,
    at_once: int = _AT_ONCE,
    ca_file: str | None = None,
) -> Contender:
    """Return background jobs, each asked for every millisecond."""
    return _contender(name, server, task, at_once, ca_file, _through_a_job, is_async=True)


def _as_it_is(call: Handle) -> Handle:
    return call


def _through_a_job(call: Handle) -> Handle:
    async def handle(item: Any) -> Any:
        job = await call(item)
        while await job.status() != "done":
            await asyncio.sleep(0.001)
        return await job.result()

    return handle


def _contender(
    name: str,
    server: Server,
    task: Task,
    at_once: int,
    ca_file: str | None,
    wrap: Callable[[Handle], Handle],
    *,
    is_async: bool,
) -> Contender:
    @contextmanager
    def opened() -> Iterator[Work]:
        task.prepare(server)
        loop = asyncio.new_event_loop()
        client = loop.run_until_complete(_client(server, ca_file))
        try:
            auth = Auth(username=server.user, password=server.password)
            db: Any = loop.run_until_complete(client.db(server.database, auth=auth))
            handle = wrap(task.call(db.begin_async_execution() if is_async else db))
            yield lambda: loop.run_until_complete(_all(handle, task, at_once))
        finally:
            loop.run_until_complete(client.close())
            # TLS connections are closed by a later turn of the loop.
            loop.run_until_complete(asyncio.sleep(0.05))
            loop.close()

    return Contender(name, len(task), opened)


async def _client(server: Server, ca_file: str | None) -> ArangoClient:
    # In a coroutine, as aiohttp takes the running loop.
    context = True if ca_file is None else ssl.create_default_context(cafile=ca_file)
    return ArangoClient(hosts=server.url, http_client=AioHTTPClient(ssl_context=context))


async def _all(handle: Handle, task: Task, at_once: int) -> list[Any]:
    items = iter(enumerate(task.items))
    found: list[Any] = [None] * len(task)

    async def worker() -> None:
        for number, item in items:
            found[number] = await handle(item)

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return found
