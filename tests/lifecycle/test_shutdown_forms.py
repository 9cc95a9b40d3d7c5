"""`shutdown` in all its forms, under load."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from life_support import Stage, ends, inserts, until

from arango_jobs import JobFuture, JobManager, ManagerClosedError

FORMS: dict[str, dict[str, Any]] = {
    "wait": {},
    "no wait": {"wait": False},
    "cancel": {"cancel_futures": True},
    "cancel, no wait": {"wait": False, "cancel_futures": True},
    "timeout": {"timeout": 10.0},
    "timeout, cancel": {"timeout": 10.0, "cancel_futures": True},
}


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "single"])
@pytest.mark.parametrize("form", FORMS)
def test_while_others_submit(stage: Stage, form: str, merge: bool) -> None:
    """They are told; everything that was taken ends, and only the rest did not run."""
    jobs = JobManager(stage.db, max_in_flight=200, merge=merge, max_jobs=8)
    taken: list[JobFuture[Any]] = []
    refused: list[BaseException] = []

    def load(start: int) -> None:
        collection = jobs.collection("c")
        for n in range(start, start + 10_000):
            try:
                taken.append(collection.insert({"n": n}))
            except ManagerClosedError as error:
                refused.append(error)
                return

    threads = [threading.Thread(target=load, args=(10_000 * number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(taken) > 300)
    jobs.shutdown(**FORMS[form])
    for thread in threads:
        thread.join(10)
    assert len(refused) == 3
    found = ends(taken)
    assert set(found) <= {"value", "cancelled"}
    if "cancel" not in form:
        assert set(found) == {"value"}
    until(lambda: jobs.stats().in_flight == 0)
    assert stage.numbers.total() == found["value"]
    until(lambda: not stage.server.jobs())


def test_its_time_is_over(stage: Stage) -> None:
    """What has not ended says so, and nothing of it stays on the server."""
    jobs = JobManager(stage.db, max_jobs=4, merge=False)
    with stage.held():
        futures = inserts(jobs, range(20))
        until(lambda: sum(future.job_id is not None for future in futures) == 4)
        jobs.shutdown(timeout=0.1)
        assert all(future.done() for future in futures)
        assert ends(futures) == {"ManagerClosedError": 20}
        assert stage.server.jobs() == []
    assert jobs.stats().in_flight == 0


def test_a_user_cancels_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """At the very moment at which the rest is ended: no permit is given back twice."""
    jobs = JobManager(stage.db, max_jobs=1, merge=False)
    poller = jobs._desk.poller
    open_futures = poller.open_futures

    def cancelled_meanwhile() -> list[JobFuture[Any]]:
        found = open_futures()
        for future in found:
            future.cancel()
        return found

    monkeypatch.setattr(poller, "open_futures", cancelled_meanwhile)
    with stage.held():
        futures = inserts(jobs, range(50))
        until(lambda: futures[0].job_id)
        jobs.shutdown(timeout=0.001)
        assert ends(futures) == {"ManagerClosedError": 1, "cancelled": 49}
    assert jobs.stats().in_flight == 0
    assert (jobs.stats().cancelled, jobs.stats().lost) == (49, 1)
    assert not [record for record in caplog.records if record.levelname == "CRITICAL"]


def test_twice_and_from_two_threads(stage: Stage) -> None:
    """The second has nothing to do, and waits as long as the first."""
    jobs = JobManager(stage.db)
    futures = inserts(jobs, range(100))
    threads = [threading.Thread(target=jobs.shutdown) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    jobs.shutdown()
    assert ends(futures) == {"value": 100}


@pytest.mark.parametrize("cancel", [True, False])
def test_of_an_idle_manager(stage: Stage, cancel: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is started for it."""
    jobs = JobManager(stage.db)
    jobs.shutdown(cancel_futures=cancel)
    with pytest.raises(ManagerClosedError):
        jobs.collection("c").insert({"n": 1})
    assert not [record for record in caplog.records if record.levelname != "INFO"]


def from_callback(jobs: JobManager) -> Callable[[Any], None]:
    return lambda _future: jobs.shutdown()


def test_from_a_callback(stage: Stage) -> None:
    """It waits there for the others."""
    jobs = JobManager(stage.db)
    futures = inserts(jobs, range(100))
    futures[0].add_done_callback(from_callback(jobs))
    assert ends(futures) == {"value": 100}
    until(lambda: "closed" in repr(jobs))


def test_submitters_that_wait_for_room_are_told(stage: Stage) -> None:
    """At once, although the room never comes."""
    jobs = JobManager(stage.db, max_in_flight=1)
    errors: list[BaseException] = []

    def submit() -> None:
        try:
            jobs.collection("c").insert({"n": 2})
        except ManagerClosedError as error:
            errors.append(error)

    with stage.held():
        first = inserts(jobs, [1])
        thread = threading.Thread(target=submit)
        thread.start()
        until(lambda: jobs._desk.gate.waiting)
        jobs.shutdown(wait=False)
        thread.join(10)
        assert len(errors) == 1
    assert ends(first) == {"value": 1}
