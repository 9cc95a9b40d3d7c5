"""Every way in which a submission or a fetch can break, and how the futures end.

What is expected is written down here once more, by what the server did and what is
known of it (server-protocol.md §1.3, §4.2, §4.3), and not taken from the engine's table.
"""

from __future__ import annotations

import pytest
from outcome_support import (
    BREAKS,
    COUNT,
    FETCH_ROUTE,
    Break,
    Scene,
    ends,
    has_true_results,
    options_for,
    route_of,
    start,
    until,
)

OPERATIONS = ["read", "keys", "never"]
ERROR_OF = {
    "read": "DocumentGetError",
    "keys": "DocumentInsertError",
    "never": "DocumentInsertError",
}

# Nothing became a job, and the server says so, or nothing was sent: the same once more.
NOT_RUN = {"refused", "closed while idle", "503/21003", "412/21004", "503/30"}
# Nothing became a job, and the same would be answered again: the operation's own error.
OWN_ERROR = {"404/404", "404/1228", "404/1449", "400/400", "401/11"}
# A fetch that the server did not carry out, or whose result another question finds.
STILL_THERE = {
    "refused", "closed while idle", "reset", "closed before the work", "late, not done",
    "503/21003", "412/21004", "503/30", "503/1478", "503/1465", "500/1457", "404/1228",
    "400/400",
}  # fmt: skip


def expected_of_submit(name: str, operation: str) -> str:
    if name in NOT_RUN:
        return "value"
    if name in OWN_ERROR:
        return ERROR_OF[operation]
    return "SubmitOutcomeUnknownError" if operation == "never" else "value"


def expected_of_fetch(name: str, operation: str) -> str:
    if name in STILL_THERE:
        return "value"
    return "JobLostError" if operation == "never" else "value"


def check_run_counts(scene: Scene, operation: str, count: int, times: int) -> None:
    if operation == "read":
        return
    if times:
        # A job whose 202 was lost may have to run yet.
        until(lambda: len(scene.stored()) == count)
    assert scene.stored() == {n: times for n in range(count) if times}


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", BREAKS)
def test_a_submission_breaks(scene: Scene, name: str, operation: str, merged: bool) -> None:
    """The future ends as is known; nothing runs twice that must not."""
    way, count = BREAKS[name], COUNT if merged else 1
    expected = expected_of_submit(name, operation)
    with scene.manager(**options_for(name, operation, merged)) as jobs:
        scene.warm_up(jobs)
        fault = scene.breaks(way, route_of(operation, merged))
        futures = start(jobs, operation, count)
        assert ends(futures) == {expected}
        assert fault is None or fault.happened == 1
        if expected == "value":
            assert has_true_results(futures, operation, scene.documents)
    # An operation that ends with a value has run; one that may have run has not run again.
    ran = expected == "value" or (way.has_run and name not in OWN_ERROR)
    check_run_counts(scene, operation, count, int(ran))
    # What a lost 202 leaves behind has an id that only the server knows.
    assert scene.left() == int(way.has_run)


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", BREAKS)
def test_a_fetch_breaks(scene: Scene, name: str, operation: str, merged: bool) -> None:
    """The result is taken if it is there still; if not, what is safe runs again."""
    way, count = BREAKS[name], COUNT if merged else 1
    expected = expected_of_fetch(name, operation)
    with scene.manager(**options_for(name, operation, merged)) as jobs:
        scene.warm_up(jobs)
        futures = fetched_late(scene, jobs, operation, count, way)
        assert ends(futures) == {expected}
        if expected == "value":
            assert has_true_results(futures, operation, scene.documents)
    check_run_counts(scene, operation, count, 1)
    assert scene.left() == 0


def fetched_late(scene: Scene, jobs, operation: str, count: int, way: Break):
    """Hand in operations, and let the break happen when their job is on the server."""
    if way.action not in ("away", "cut"):
        scene.breaks(way, FETCH_ROUTE)
        return start(jobs, operation, count)
    scene.server.faults.hold_queue()
    futures = start(jobs, operation, count)
    until(lambda: all(future.job_id for future in futures))
    scene.breaks(way, FETCH_ROUTE)
    scene.server.faults.release_queue()
    return futures


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("at", ["submit", "fetch"])
def test_a_token_has_expired(scene: Scene, at: str, operation: str) -> None:
    """One that can be renewed is, and nobody notices."""
    with scene.manager(jwt=True, **options_for("", operation)) as jobs:
        scene.warm_up(jobs)
        route = FETCH_ROUTE if at == "fetch" else route_of(operation, False)
        fault = scene.breaks(BREAKS["401/11"], route)
        futures = start(jobs, operation, 1)
        assert ends(futures) == {"value"}
        assert fault is not None
        assert fault.happened == 1
    check_run_counts(scene, operation, 1, 1)
    assert scene.left() == 0
