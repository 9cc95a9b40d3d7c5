"""The manager's thread ends of an error that nobody thought of."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from life_support import Stage, ends, inserts, until

from arango_jobs import JobFuture, JobManager, ManagerDiedError


class UnthoughtOf(Exception):
    pass


@pytest.mark.parametrize("where", ["poll", "plan", "heard_all", "send"])
@pytest.mark.parametrize("kind", [UnthoughtOf, SystemExit, KeyboardInterrupt])
def test_every_open_future_gets_the_reason(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str, kind: type[BaseException]
) -> None:
    """So do those who submit later, and those who wait for room."""
    jobs = JobManager(stage.db, max_in_flight=50, max_jobs=4, merge=False)
    reason = kind("the disk is on fire")
    late: list[JobFuture[Any] | BaseException] = []

    def breaks(*_arguments: object) -> None:
        raise reason

    def submit() -> None:
        try:
            late.append(jobs.collection("c").insert({"n": 0}))
        except ManagerDiedError as error:
            late.append(error)

    with stage.held():
        futures = inserts(jobs, range(50))
        until(lambda: any(future.job_id for future in futures))
        waiting = [threading.Thread(target=submit) for _ in range(3)]
        for thread in waiting:
            thread.start()
        until(lambda: jobs._desk.gate.waiting == 3)
        poller = jobs._desk.poller
        owner = poller.transport if where in ("poll", "send") else poller.engine
        monkeypatch.setattr(owner, where, breaks)
        poller.wake()
        assert ends(futures) == {"ManagerDiedError": 50}
        error = futures[0].exception()
        assert error is not None
        assert error.__cause__ is reason
        assert "the disk is on fire" in str(error)
        for thread in waiting:
            thread.join(10)
            assert not thread.is_alive()
        submit()
        for one in late:
            assert isinstance(
                one.exception(5) if isinstance(one, JobFuture) else one, ManagerDiedError
            )
        assert jobs.stats().in_flight == 0
        jobs.shutdown(timeout=5)
