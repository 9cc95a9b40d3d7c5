"""Nothing runs where nothing is to be done."""

from __future__ import annotations

import threading

import pytest
from life_support import Stage, ends, inserts, until

from arango_jobs import DrainedRecord, JobManager, signals
from arango_jobs._runtime import poller


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("JobManager")]


def test_no_thread_and_no_request_when_idle(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first operation, and after the last one; and it can begin again."""
    monkeypatch.setattr(poller, "_LINGER", 0.05)
    jobs = JobManager(stage.db)
    before = stage.server.stats
    assert threads() == []
    for n in range(3):
        assert ends(inserts(jobs, range(10 * n, 10 * n + 10))) == {"value": 10}
        until(lambda: not threads())
        assert stage.server.stats != before
        before = stage.server.stats
    # Nobody is left who could ask.
    assert stage.server.stats == before
    jobs.shutdown()
    assert stage.numbers == dict.fromkeys(range(30), 1)


def test_one_thread_is_enough(stage: Stage) -> None:
    """However many operations there are, and from however many threads."""
    with JobManager(stage.db) as jobs:
        with stage.held():
            loaders = [threading.Thread(target=inserts, args=(jobs, range(200))) for _ in range(10)]
            for loader in loaders:
                loader.start()
            for loader in loaders:
                loader.join()
            assert len(threads()) == 1
        until(lambda: jobs.stats().in_flight == 0)


def test_one_operation_after_the_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that has nothing to do for a moment stays: no other is started."""
    started: list[str] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noted)
    with JobManager(stage.db) as jobs:
        for n in range(30):
            assert ends(inserts(jobs, [n])) == {"value": 1}
    assert [name.rpartition("-")[2] for name in started] == ["poller"]


def test_drained_is_told_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the thread stays, and each time anew; what has ended is counted once."""
    monkeypatch.setattr(poller, "_LINGER", 60.0)
    told: list[DrainedRecord] = []

    def hear(_sender: object, record: DrainedRecord) -> None:
        told.append(record)

    with JobManager(stage.db) as jobs, signals.drained.connected_to(hear, sender=jobs):
        for number in range(1, 6):
            # Else the first may have ended, and all be told, before the last is handed in.
            with stage.held():
                futures = inserts(jobs, range(10))
            assert ends(futures) == {"value": 10}
            until(lambda number=number: len(told) == number)
    assert [record.succeeded for record in told] == [10] * 5
