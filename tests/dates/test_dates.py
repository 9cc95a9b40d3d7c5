"""What depends on the date, by a calendar that the test moves; no test waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from arango_jobs import (
    ArangoClient,
    AsyncJobStatusError,
    JobManager,
    JWTExpiredError,
    StandardDatabase,
    signals,
)
from arango_jobs.clock import SystemClock
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

Database = StandardDatabase[Any]
LOGIN = "POST /_open/auth"
NOON = "2026-03-01 12:00:00"


class LaterClock(SystemClock):
    """The machine's clock, some seconds later, since renewals come no faster than one a second."""

    seconds = 0.0

    def monotonic(self) -> float:  # type: ignore[override]  # a function there
        return SystemClock.monotonic() + self.seconds


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Stand still at noon until moved; loops and waits keep the machine's time."""
    # Else whatever `threading` is found to have called has the true date: every thread of ours.
    monkeypatch.setattr("freezegun.api.call_stack_inspection_limit", 1)
    with freeze_time(NOON, real_asyncio=True) as calendar:
        yield calendar


@pytest.fixture
def server(calendar: Any) -> Iterator[LocalServer]:
    with LocalServer(password="p") as server:
        yield server


@pytest.fixture
def clock() -> LaterClock:
    return LaterClock()


@pytest.fixture
def db(server: LocalServer, clock: LaterClock) -> Iterator[Database]:
    with ArangoClient(server.urls) as client:
        db = client.db("_system", "root", "p", auth_method="jwt")
        db.conn.sender.clock = clock
        yield db


def ask(jobs: JobManager) -> Any:
    return jobs.aql.execute("RETURN 1").result(timeout=20).next()


def test_a_manager_renews_its_token_before_it_ends(
    server: LocalServer, db: Database, calendar: Any, clock: LaterClock
) -> None:
    """An hour's token serves 59 minutes; the next job is sent with a new one, none is refused."""
    with JobManager(db) as jobs:
        assert ask(jobs) == 1
        calendar.tick(timedelta(minutes=58))
        assert ask(jobs) == 1
        assert server.stats[LOGIN] == 1
        calendar.tick(timedelta(minutes=1, seconds=30))
        clock.seconds += 2
        assert ask(jobs) == 1
        assert server.stats[LOGIN] == 2
        assert jobs.stats().failed == 0


def test_a_manager_renews_a_token_that_is_refused(
    server: LocalServer, db: Database, clock: LaterClock
) -> None:
    """The server's clock is ahead, so the token has ended there: no job notices."""
    with JobManager(db) as jobs:
        assert ask(jobs) == 1
        server.faults.clock_skew(2 * 3600)
        clock.seconds += 2
        assert [ask(jobs) for _ in range(3)] == [1, 1, 1]
        assert server.stats[LOGIN] == 2


def test_a_result_that_is_fetched_after_its_token_has_ended(
    server: LocalServer, db: Database, calendar: Any, clock: LaterClock
) -> None:
    """A job that outlives the token it was sent with is fetched with a new one."""
    with JobManager(db) as jobs:
        server.faults.hold_queue()
        future = jobs.aql.execute("RETURN 1")
        with_id = jobs.aql.execute("RETURN 2")
        while future.job_id is None or with_id.job_id is None:
            pass
        calendar.tick(timedelta(hours=5))
        clock.seconds += 2
        server.faults.release_queue()
        assert future.result(timeout=20).next() == 1
        assert with_id.result(timeout=20).next() == 2
        assert server.stats[LOGIN] == 2


def test_a_token_of_the_users_is_not_renewed(server: LocalServer, calendar: Any) -> None:
    """One that has ended is refused when it is handed in, with how late it is."""
    with ArangoClient(server.urls) as client:
        mine = client.db("_system", "root", "p", auth_method="jwt")
        mine.version()
        token = mine.conn.credentials.header().partition(" ")[2]
        assert client.db("_system", user_token=token).version()
        calendar.tick(timedelta(hours=1, seconds=40))
        with pytest.raises(JWTExpiredError, match="expired 40 seconds ago"):
            client.db("_system", user_token=token)


def test_clear_async_jobs_up_to_a_moment(db: Database, calendar: Any) -> None:
    """Results older than the threshold go, younger ones stay."""
    background = db.begin_async_execution()
    old = background.aql.execute("RETURN 'old'")
    while old.status() != "done":
        pass
    calendar.tick(timedelta(minutes=30))
    threshold = calendar().timestamp()
    calendar.tick(timedelta(minutes=15))
    young = background.aql.execute("RETURN 'young'")
    while young.status() != "done":
        pass
    assert db.clear_async_jobs(threshold=threshold) is True
    with pytest.raises(AsyncJobStatusError, match=f"job {old.id} not found"):
        old.status()
    assert young.result().next() == "young"


def test_a_deadline_is_no_date(server: LocalServer, db: Database, calendar: Any) -> None:
    """When somebody puts the clock forward by a year, nothing that runs is late."""
    with JobManager(db, deadline=30) as jobs:
        server.faults.hold_queue()
        future = jobs.aql.execute("RETURN 1")
        while future.job_id is None:
            pass
        calendar.tick(timedelta(days=365))
        assert not future.done()
        server.faults.release_queue()
        assert future.result(timeout=20).next() == 1


def test_nor_are_timings(server: LocalServer, calendar: Any) -> None:
    """What signals and futures tell are seconds since the call, whatever the calendar shows."""
    db = ArangoClient(server.urls).db(password="p")
    drained: list[Any] = []

    def on_drained(_jobs: JobManager, record: Any) -> None:
        drained.append(record)

    with JobManager(db) as jobs, signals.drained.connected_to(on_drained, jobs):
        future = jobs.aql.execute("RETURN SLEEP(0.05)")
        calendar.tick(timedelta(days=365))
        future.result(timeout=20)
        jobs.shutdown()
    timings = future.timings
    assert timings.resolved is not None
    assert 0.05 <= timings.resolved < 60
    assert 0.05 <= drained[0].seconds < 60
