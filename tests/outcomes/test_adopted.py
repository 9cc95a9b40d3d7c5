"""Submissions whose answer is lost, where the manager is told that nobody else uses its user."""

from __future__ import annotations

import pytest
from outcome_support import (
    BREAKS,
    COUNT,
    DATABASE,
    Scene,
    ends,
    has_true_results,
    options_for,
    route_of,
    start,
    until,
)
from proxies import Wire

from arango_jobs import ArangoClient, JobManager, SubmitOutcomeUnknownError
from arango_jobs.local import Fault

TAKEN = ["closed after the work", "late, done", "cut short", "garbage"]


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("operation", ["read", "keys", "never"])
@pytest.mark.parametrize("name", TAKEN)
def test_the_server_has_taken_it(scene: Scene, name: str, operation: str, merged: bool) -> None:
    """The future gets the result of the only run, and nothing is left on the server."""
    count = COUNT if merged else 1
    with scene.manager(exclusive_user=True, **options_for(name, operation, merged)) as jobs:
        scene.warm_up(jobs)
        fault = scene.breaks(BREAKS[name], route_of(operation, merged))
        futures = start(jobs, operation, count)
        assert ends(futures) == {"value"}
        assert fault is not None
        assert fault.happened == 1
        assert has_true_results(futures, operation, scene.documents)
        assert all("adopted" in (future.job.attempts or ())[0] for future in futures)  # type: ignore[union-attr]
        assert all(future.job_id for future in futures)
    assert scene.stored() == ({} if operation == "read" else dict.fromkeys(range(count), 1))
    assert scene.left() == 0


def test_the_server_has_not_taken_it(scene: Scene) -> None:
    """Nothing is found, and it ends as it would without the option."""
    with scene.manager(exclusive_user=True) as jobs:
        scene.warm_up(jobs)
        scene.breaks(BREAKS["reset"], route_of("never", False))
        futures = start(jobs, "never", 1)
        assert ends(futures) == {"SubmitOutcomeUnknownError"}
    error = futures[0].exception()
    assert isinstance(error, SubmitOutcomeUnknownError)
    assert any("its job was not found" in each for each in error.attempts)
    assert scene.stored() == {}


def test_it_runs_for_a_while(scene: Scene) -> None:
    """A job that is pending is waited for, while others come and go."""
    with scene.manager(exclusive_user=True) as jobs:
        scene.warm_up(jobs)
        scene.server.faults.hold_queue()
        scene.breaks(BREAKS["closed after the work"], route_of("never", False))
        [lost] = start(jobs, "never", 1)
        until(lambda: scene.server.stats["GET /_api/job/{id}"] > 4)
        assert not lost.done()
        scene.server.faults.release_queue()
        assert ends([lost, *start(jobs, "read", 3)]) == {"value"}
        assert has_true_results([lost], "never", scene.documents)
    assert scene.left() == 0


def test_shutdown_while_it_is_looked_for(scene: Scene) -> None:
    """Nobody waits for it any more: it is deleted on the server, done or not."""
    jobs = JobManager(scene.db, exclusive_user=True)
    scene.warm_up(jobs)
    scene.server.faults.hold_queue()
    scene.breaks(BREAKS["closed after the work"], route_of("never", False))
    [lost] = start(jobs, "never", 1)
    until(lambda: scene.server.stats["GET /_api/job/{id}"] > 2)
    jobs.shutdown(timeout=0.1)
    assert ends([lost]) == {"ManagerClosedError"}
    until(lambda: not scene.left())
    scene.server.faults.release_queue()


def test_somebody_else_uses_the_user(scene: Scene) -> None:
    """One job more than there can be: none is touched."""
    with scene.manager(exclusive_user=True) as jobs:
        scene.warm_up(jobs)
        foreign = scene.db.begin_async_execution().collection("c").insert({"n": 7})
        scene.breaks(BREAKS["closed after the work"], route_of("never", False))
        futures = start(jobs, "never", 1)
        assert ends(futures) == {"SubmitOutcomeUnknownError"}
    assert foreign.result()["_key"] in scene.documents
    assert scene.left() == 1


@pytest.mark.parametrize("taken", [COUNT, COUNT - 1])
def test_several_of_one_connection(scene: Scene, taken: int) -> None:
    """Each gets its own result if the server took all of them; if one is missing, none does."""
    with Wire(scene.server.url) as wire, manager(wire) as jobs:
        for _ in range(8):
            scene.warm_up(jobs)  # one after the other: a connection that answers gets more at once
        if taken < COUNT:
            scene.server.faults.add(
                Fault(route_of("never", False), "respond", skip=1, status=503, error_num=21003)
            )
        wire.is_mute = True
        futures = start(jobs, "never", COUNT)
        until(lambda: len(scene.stored()) == taken)
        wire.is_mute = False
        wire.close_all()
        wire.is_open.set()
        expected = "value" if taken == COUNT else "SubmitOutcomeUnknownError"
        assert ends(futures) == {expected}
        if taken == COUNT:
            assert has_true_results(futures, "never", scene.documents)
            assert all("adopted" in (future.job.attempts or ())[0] for future in futures)  # type: ignore[union-attr]
    assert scene.left() == (0 if taken == COUNT else taken)


def manager(wire: Wire) -> JobManager:
    database = ArangoClient(wire.url).db(DATABASE)
    return JobManager(database, exclusive_user=True, merge=False)
