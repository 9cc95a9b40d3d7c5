"""The end of a `with` block: it can be bounded and interrupted, and leaves no query behind."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from life_support import Stage, ends, inserts, until

from arango_jobs import ArangoClient, JobFuture, JobManager, ManagerClosedError
from arango_jobs._runtime import leaving
from arango_jobs.local import LocalServer

SLOW = "RETURN SLEEP(15)"
Inside = Callable[[JobManager], None]


class Cancelled(BaseException):
    """As trio's."""


def left(jobs: JobManager, inside: Inside) -> float:
    """Leave a `with` block; return how long its end took."""
    began = time.monotonic()
    try:
        with jobs:
            try:
                inside(jobs)
            finally:
                began = time.monotonic()
    except tuple(RAISED):
        pass
    return time.monotonic() - began


def left_in_loop(jobs: JobManager, inside: Inside) -> float:
    """Do so with `async with`."""

    async def main() -> float:
        began = time.monotonic()
        try:
            async with jobs:
                try:
                    inside(jobs)
                finally:
                    began = time.monotonic()
        except tuple(RAISED):
            pass
        return time.monotonic() - began

    return asyncio.run(main())


RAISED: list[type[BaseException]] = [
    KeyboardInterrupt, asyncio.CancelledError, Cancelled, ValueError, SystemExit,
]  # fmt: skip
INTERRUPTS = RAISED[:3]
KINDS = [left, left_in_loop]


@pytest.fixture(autouse=True, scope="module")
def grammar() -> None:
    """Have the server's grammar made: the first query takes a second, cancelled or not."""
    with LocalServer() as server:
        ArangoClient(server.url).db().aql.execute("RETURN 1")


def query_running(stage: Stage, jobs: JobManager) -> JobFuture[Any]:
    future = jobs.aql.execute(SLOW)
    until(lambda: stage.db.aql.queries())
    return future


def raising(kind: type[BaseException]) -> Inside:
    def inside(_jobs: JobManager) -> None:
        raise kind

    return inside


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_limit(stage: Stage, kind: Callable[..., float]) -> None:
    """What has not ended by then says so, and its query is stopped."""
    jobs = JobManager(stage.db, shutdown_timeout=0.2)
    future = query_running(stage, jobs)
    assert 0.2 <= kind(jobs, lambda _jobs: None) < 2
    with pytest.raises(ManagerClosedError, match=r"had not ended within 0\.2 s"):
        future.result(timeout=0)
    until(lambda: not stage.db.aql.queries())
    assert stage.server.jobs() == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_time_limit(stage: Stage, kind: Callable[..., float]) -> None:
    """Everything is waited for."""
    jobs = JobManager(stage.db)
    future = jobs.aql.execute("RETURN SLEEP(0.4)")
    kind(jobs, lambda _jobs: None)
    assert list(future.result(timeout=0)) == [None]


@pytest.mark.parametrize("raised", RAISED)
@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_leaves_the_block(
    stage: Stage, kind: Callable[..., float], raised: type[BaseException]
) -> None:
    """An interrupt stops what runs; after any other exception, it is waited for."""
    jobs = JobManager(stage.db, shutdown_timeout=None if raised in INTERRUPTS else 0.3)
    future = query_running(stage, jobs)
    try:
        took = kind(jobs, raising(raised))
    except SystemExit:
        took = 0.3
    until(lambda: not stage.db.aql.queries())
    if raised in INTERRUPTS:
        assert took < 2
        assert future.cancelled()
    else:
        assert took >= 0.3
        assert isinstance(future.exception(timeout=0), ManagerClosedError)


@pytest.mark.parametrize("kind", KINDS)
def test_writes_at_an_interrupt(stage: Stage, kind: Callable[..., float]) -> None:
    """What was sent gets a moment to end with its own result, what was not is cancelled."""
    jobs = JobManager(stage.db, max_jobs=4, merge=False)
    with stage.held():
        futures = inserts(jobs, range(20))
        until(lambda: sum(future.job_id is not None for future in futures) == 4)
    kind(jobs, raising(KeyboardInterrupt))
    found = ends(futures)
    assert set(found) <= {"value", "cancelled"}
    assert stage.numbers.total() == found["value"]
    assert stage.server.jobs() == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_end_after_an_interrupt(
    stage: Stage, kind: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after the moment, and deleted on the server."""
    monkeypatch.setattr(leaving, "_MOMENT", 0.1)
    jobs = JobManager(stage.db, max_jobs=4, merge=False)
    with stage.held():
        futures = inserts(jobs, range(20))
        until(lambda: sum(future.job_id is not None for future in futures) == 4)
        assert kind(jobs, raising(KeyboardInterrupt)) < 2
        assert ends(futures) == {"ManagerClosedError": 4, "cancelled": 16}
        assert stage.server.jobs() == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_task_is_cancelled_at_the_end_of_its_block(stage: Stage, times: int) -> None:
    """The thread that waits is woken, and nothing of it is left."""

    async def main() -> float:
        async def block() -> None:
            async with jobs:
                pass

        task = asyncio.ensure_future(block())
        await asyncio.sleep(0.1)
        began = time.monotonic()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    jobs = JobManager(stage.db)
    future = query_running(stage, jobs)
    assert asyncio.run(main()) < 2
    until(future.done)
    until(lambda: not stage.db.aql.queries())
    until(lambda: not stage.server.jobs())
    until(lambda: not [one for one in threading.enumerate() if "shutdown" in one.name])
    assert future.cancelled() or isinstance(future.exception(), ManagerClosedError)


@pytest.mark.parametrize("is_sync", [True, False])
def test_ctrl_c_at_the_end_of_a_block(stage: Stage, is_sync: bool) -> None:
    """One is enough: the program ends, and its query with it."""
    text = """
        import asyncio
        jobs = JobManager(db)
        def inside():
            jobs.aql.execute("RETURN SLEEP(15)")
            while not db.aql.queries(): time.sleep(0.01)
            print("in the end")
        async def main():
            async with jobs: inside()
        try:
            if sys.argv[2] == "True":
                with jobs: inside()
            else:
                asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
    """.replace("sys.argv[2]", repr(str(is_sync)))
    with stage.program(text) as program:
        assert program.line() == "in the end"
        began = time.monotonic()
        program.send(signal.SIGINT)
        assert program.line() == "interrupted"
        assert program.end() == 0, program.errors
        assert time.monotonic() - began < 3
    until(lambda: not stage.db.aql.queries())


SERVICE = """
    import uvicorn
    OPTIONS = {options}

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            async with JobManager(db, **OPTIONS) as jobs:
                app.jobs = jobs.with_options(cancel_with_task={bound})
                await send({{"type": "lifespan.startup.complete"}})
                await receive()
            await send({{"type": "lifespan.shutdown.complete"}})
        else:
            await app.jobs.aql.execute("RETURN SLEEP(15)")

    config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown={grace})
    server = uvicorn.Server(config)
    def tell():
        while not server.started: time.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1])
    threading.Thread(target=tell).start()
    server.run()
"""


@pytest.mark.parametrize(
    ("options", "bound"), [({"shutdown_timeout": 0.5}, False), ({}, True)], ids=["limit", "bound"]
)
def test_a_service_stops(stage: Stage, options: dict[str, Any], bound: bool) -> None:
    """SIGTERM ends uvicorn promptly, though a request waits for a long query."""
    text = SERVICE.format(options=options, bound=bound, grace=1)
    with stage.program(text) as program:
        port = int(program.line())
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: stage.db.aql.queries())
            began = time.monotonic()
            program.send(signal.SIGTERM)
            program.end()
            assert time.monotonic() - began < 5
    until(lambda: not stage.db.aql.queries())
    assert stage.server.jobs() == []
