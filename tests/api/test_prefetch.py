"""Batches drawn ahead: never more than asked for, in order, and with errors in their place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arango_jobs import ArangoClient, CursorNextError, JobManager, OptionError, StandardDatabase
from arango_jobs.api.prefetching import Prefetching
from arango_jobs.local import Fault, LocalServer

NEXT = "POST /_api/cursor/{id}"


class Source:
    """Numbered batches; each is given when the test says so."""

    def __init__(self, count: int, *, fails_at: int | None = None, is_open: bool = True) -> None:
        self.drawn = 0
        self._count = count
        self._fails_at = fails_at
        self._gate = threading.Semaphore(1000 if is_open else 0)
        self.begun = threading.Semaphore(0)

    def let(self, count: int) -> None:
        self._gate.release(count)

    def __call__(self) -> dict[str, Any]:
        self.begun.release()
        assert self._gate.acquire(timeout=10)
        number = self.drawn
        if number == self._fails_at:
            self._fails_at = None
            raise CursorNextError("broken")
        self.drawn += 1
        return {"result": [number], "hasMore": number < self._count - 1}


def settled(ahead: Prefetching) -> None:
    """Wait until the thread that draws has ended."""
    thread = ahead._thread
    if thread is not None:
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_no_more_than_asked_for_are_ahead(count: int) -> None:
    """One taken makes room for one more, and no thread stays."""
    source = Source(20)
    ahead = Prefetching(source, count)
    ahead.start()
    for number in range(20):
        settled(ahead)
        assert source.drawn == min(number + count, 20)
        assert ahead.is_ready
        assert ahead.take()["result"] == [number]
    settled(ahead)
    assert source.drawn == 20
    assert not ahead.is_ready


def test_an_error_comes_in_its_place() -> None:
    """What was drawn before it is read first; then the next try goes on."""
    source = Source(5, fails_at=2)
    ahead = Prefetching(source, 4)
    ahead.start()
    settled(ahead)
    assert source.drawn == 2
    assert [ahead.take()["result"] for _ in range(2)] == [[0], [1]]
    with pytest.raises(CursorNextError, match="broken"):
        ahead.take()
    assert [ahead.take()["result"] for _ in range(3)] == [[2], [3], [4]]


def test_close_waits_for_what_is_under_way_and_stops() -> None:
    """A cursor is served one call at a time; nothing is drawn behind the end."""
    source = Source(20, is_open=False)
    ahead = Prefetching(source, 5)
    ahead.start()
    assert source.begun.acquire(timeout=10)
    closing = threading.Thread(target=ahead.close)
    closing.start()
    source.let(1)
    closing.join(10)
    assert not closing.is_alive()
    assert source.drawn == 1
    assert not ahead.is_ready


def test_no_thread_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader draws by itself."""

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    ahead = Prefetching(Source(3), 2)
    ahead.start()
    assert [ahead.take()["result"] for _ in range(3)] == [[0], [1], [2]]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as started:
        yield started


QUERY = "FOR i IN 1..50 RETURN i"
CONTEXTS: dict[str, Callable[..., Any]] = {
    "direct": lambda db, jobs, **more: db.aql.execute(QUERY, batch_size=5, **more),
    "async": lambda db, jobs, **more: _result(
        db.begin_async_execution().aql.execute(QUERY, batch_size=5, **more)
    ),
    "managed": lambda db, jobs, **more: jobs.aql.execute(QUERY, batch_size=5, **more).result(10),
    "submitted": lambda db, jobs, **more: jobs.submit(
        db.aql.execute, QUERY, batch_size=5, **more
    ).result(10),
}


def _result(job: Any) -> Any:
    while job.status() == "pending":
        pass
    return job.result()


@pytest.fixture
def db(server: LocalServer) -> StandardDatabase[Any]:
    return ArangoClient(hosts=server.url).db()


@pytest.mark.local_only
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("allow_retry", [False, True])
def test_all_rows_in_every_context(
    db: StandardDatabase[Any], context: str, allow_retry: bool
) -> None:
    """The same rows as without, also by `async for`."""

    async def rows(cursor: Any) -> list[int]:
        return [row async for row in cursor]

    with JobManager(db) as jobs:
        cursor = CONTEXTS[context](db, jobs, prefetch=2, allow_retry=allow_retry)
        assert list(cursor) == list(range(1, 51))
        cursor = CONTEXTS[context](db, jobs, prefetch=3, allow_retry=allow_retry)
        assert asyncio.run(rows(cursor)) == list(range(1, 51))
        with CONTEXTS[context](db, jobs, prefetch=2, allow_retry=allow_retry) as cursor:
            assert next(cursor) == 1
        with CONTEXTS[context](db, jobs, prefetch=99, allow_retry=allow_retry) as cursor:
            settled(cursor._ahead)
            assert cursor.close() is True


@pytest.mark.local_only
def test_an_error_of_a_batch(server: LocalServer, db: StandardDatabase[Any]) -> None:
    """It is raised after the last row that came before it."""
    fault = Fault(NEXT, "respond", status=500, error_num=4, skip=2, count=1)
    server.faults.add(fault)
    with JobManager(db) as jobs:
        cursor = jobs.aql.execute(QUERY, batch_size=5, prefetch=5).result(10)
        assert [next(cursor) for _ in range(15)] == list(range(1, 16))
        with pytest.raises(CursorNextError) as caught:
            next(cursor)
    assert caught.value.error_code == 4
    assert list(cursor) == list(range(16, 51))


@pytest.mark.local_only
def test_one_batch_starts_no_thread(db: StandardDatabase[Any]) -> None:
    """There is nothing to be drawn."""
    cursor = db.aql.execute("RETURN 1", prefetch=2)
    assert cursor._ahead is None
    assert list(cursor) == [1]


@pytest.mark.parametrize("value", [-1, 1.5, True, "2", None])
def test_what_is_no_number_of_batches(db: StandardDatabase[Any], value: Any) -> None:
    """It is refused in the call."""
    with pytest.raises(OptionError, match="prefetch"):
        db.aql.execute("RETURN 1", prefetch=value)
