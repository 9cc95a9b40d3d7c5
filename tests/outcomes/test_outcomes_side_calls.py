"""Every way in which a list, a question, a cancel or a deletion can break.

None of these takes a result or ends a future: whatever becomes of them, results are
as if nothing had been, and nothing of ours is left on the server.
"""

from __future__ import annotations

import pytest
from outcome_support import (
    BREAKS,
    CANCEL_ROUTE,
    COUNT,
    DELETE_ROUTE,
    FETCH_ROUTE,
    LOOK_ROUTE,
    Scene,
    ends,
    has_true_results,
    options_for,
    start,
    until,
)

from arango_jobs import CancelOutcome, JobManager
from arango_jobs.local import Fault

CROWD = 40
"""So many jobs at once are looked at by lists."""
# The server has no job any more when it says so.
GONE = {"404/404", "404/1449"}
QUERY = "RETURN SLEEP(60)"


def expected_after(name: str, operation: str) -> set[str]:
    lost = (name in GONE or name == "401/11") and operation == "never"
    return {"JobLostError"} if lost else {"value"}


@pytest.mark.parametrize("name", BREAKS)
def test_a_list_breaks(scene: Scene, name: str) -> None:
    """Lists only advise."""
    with scene.manager(**options_for(name, "never")) as jobs:
        scene.warm_up(jobs)
        scene.server.faults.hold_queue()
        # Else it might not dare to send them all to a server from which it knows so little.
        jobs._desk.poller.engine.hosts[0].window.limit = 2.0 * CROWD
        futures = start(jobs, "never", CROWD)
        until(lambda: all(future.job_id for future in futures))
        fault = scene.breaks(BREAKS[name], LOOK_ROUTE)
        if fault is not None:
            until(lambda: fault.happened)
        scene.server.faults.release_queue()
        assert ends(futures) == ({"JobLostError"} if name in GONE else {"value"})
        assert scene.server.stats[LOOK_ROUTE] > 0
    # Where the jobs are lost, the work goes on.
    until(lambda: scene.stored() == dict.fromkeys(range(CROWD), 1))
    assert scene.left() == 0


@pytest.mark.parametrize(
    ("operation", "merged"), [("read", False), ("keys", True), ("never", False), ("never", True)]
)
@pytest.mark.parametrize("name", BREAKS)
def test_the_question_after_a_broken_fetch_breaks(
    scene: Scene, name: str, operation: str, merged: bool
) -> None:
    """It is asked again, and then the result is fetched."""
    count = COUNT if merged else 1
    with scene.manager(**options_for(name, operation, merged)) as jobs:
        scene.warm_up(jobs)
        way = BREAKS[name]
        if way.action in ("away", "cut"):
            # At the very moment at which the fetch breaks.
            fetch = scene.server.faults.add(Fault(FETCH_ROUTE, "hang"))
            futures = start(jobs, operation, count)
            until(lambda: fetch.happened)
            scene.breaks(way, LOOK_ROUTE)
        else:
            scene.server.faults.add(Fault(FETCH_ROUTE, "close_before"))
            scene.breaks(way, LOOK_ROUTE)
            futures = start(jobs, operation, count)
        assert ends(futures) == expected_after(name, operation)
        if expected_after(name, operation) == {"value"}:
            assert has_true_results(futures, operation, scene.documents)
    if operation != "read":
        assert scene.stored() == dict.fromkeys(range(count), 1)
    assert scene.left() == 0


@pytest.mark.parametrize("name", BREAKS)
def test_a_cancel_breaks(scene: Scene, name: str) -> None:
    """It is asked again, and the future ends as cancelled; or as lost where the job is."""
    with scene.manager(**options_for(name, "never")) as jobs:
        scene.warm_up(jobs)
        future = running_query(scene, jobs)
        scene.breaks(BREAKS[name], CANCEL_ROUTE)
        outcome = future.cancel_on_server(timeout=15)
        if name in GONE:
            assert (outcome, ends([future])) == (CancelOutcome.FINISHED, {"JobLostError"})
        else:
            assert outcome is CancelOutcome.CANCELLED
    assert scene.left() == 0


@pytest.mark.parametrize("kind", ["query", "insert", "merged"])
@pytest.mark.parametrize("name", BREAKS)
def test_a_deletion_breaks(scene: Scene, name: str, kind: str) -> None:
    """It is tried again, and results that nobody waits for are gone in the end."""
    options = options_for(name, "never", kind == "merged")
    with scene.manager(deadline=0.05, **options) as jobs:
        scene.warm_up(jobs)
        scene.server.faults.hold_queue()
        if kind == "query":
            futures = [jobs.aql.execute(QUERY)]
        else:
            futures = start(jobs, "never", COUNT if kind == "merged" else 1)
        until(lambda: futures[0].job_id)
        scene.breaks(BREAKS[name], DELETE_ROUTE)
        assert ends(futures) == {"JobDeadlineError"}
        scene.server.faults._hold(False)
    assert scene.left() == 0


@pytest.mark.parametrize("route", [LOOK_ROUTE, CANCEL_ROUTE, DELETE_ROUTE])
def test_a_token_has_expired(scene: Scene, route: str) -> None:
    """It is renewed, and the call is made again."""
    with scene.manager(jwt=True) as jobs:
        scene.warm_up(jobs)
        fault = scene.breaks(BREAKS["401/11"], route)
        assert fault is not None
        if route == LOOK_ROUTE:
            scene.server.faults.add(Fault(FETCH_ROUTE, "close_before"))
            assert ends(start(jobs, "never", 1)) == {"value"}
        elif route == CANCEL_ROUTE:
            assert running_query(scene, jobs).cancel_on_server(15) is CancelOutcome.CANCELLED
        else:
            future = jobs.with_options(deadline=0.1).aql.execute(QUERY)
            assert ends([future]) == {"JobDeadlineError"}
    assert fault.happened == 1
    assert scene.left() == 0


def running_query(scene: Scene, jobs: JobManager):
    future = jobs.aql.execute(QUERY)
    until(lambda: future.job_id)
    until(lambda: scene.server.deployment.coordinators[0].scheduler.busy)
    return future
