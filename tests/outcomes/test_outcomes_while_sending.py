"""Connections that are cut in the middle of a request, and databases that are dropped."""

from __future__ import annotations

from typing import Any

import pytest
from outcome_support import COUNT, DATABASE, Scene, ends, options_for, start, until
from proxies import Wire

from arango_jobs import ArangoClient, JobFuture, JobManager, SubmitOutcomeUnknownError
from arango_jobs.local import Fault

LARGE = "x" * (24 << 20)
"""More than the kernel takes at once."""


def manager(wire: Wire, **options: object) -> JobManager:
    return JobManager(ArangoClient(wire.url).db(DATABASE), **options)


@pytest.mark.parametrize("cuts", [1, 4])
def test_a_large_request_is_cut(scene: Scene, cuts: int) -> None:
    """What was not written whole cannot have run, and is sent again; nothing runs twice."""
    with Wire(scene.server.url) as wire, manager(wire) as jobs:
        scene.warm_up(jobs)
        wire.cut_after, wire.cuts = 1 << 20, cuts
        future = jobs.collection("c").insert({"n": 0, "text": LARGE})
        assert ends([future]) == {"value"}
        assert wire.cuts == 0
    assert scene.stored() == {0: 1}
    assert scene.left() == 0


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize(
    ("operation", "expected"),
    [("read", "value"), ("keys", "value"), ("never", "SubmitOutcomeUnknownError")],
)
def test_a_small_request_is_cut(scene: Scene, operation: str, expected: str, merged: bool) -> None:
    """The kernel has taken it whole, so it may have run for all we know."""
    with (
        Wire(scene.server.url) as wire,
        manager(wire, **options_for("", operation, merged)) as jobs,
    ):
        scene.warm_up(jobs)
        wire.cut_after, wire.cuts = 60, 1
        futures = start(jobs, operation, COUNT if merged else 1)
        assert ends(futures) == {expected}
    count = COUNT if merged else 1
    assert scene.stored() == (dict.fromkeys(range(count), 1) if operation == "keys" else {})
    assert scene.left() == 0


def test_the_database_is_dropped(scene: Scene) -> None:
    """Its jobs are still there, and their results are taken by way of another."""
    system = scene.client.db()
    system.create_database("doomed")
    with JobManager(scene.client.db("doomed")) as jobs:
        scene.warm_up(jobs)
        scene.server.faults.hold_queue()
        slow = jobs.aql.execute("RETURN 1")
        until(lambda: slow.job_id)
        scene.server.deployment.store.drop_database("doomed")
        scene.server.faults.release_queue()
        assert ends([slow]) <= {"value", "AQLQueryExecuteError"}
    assert scene.left() == 0


def _is_unknown(future: JobFuture[Any]) -> bool:
    return isinstance(future.exception(), SubmitOutcomeUnknownError)


def test_what_is_not_http_and_never_was(scene: Scene) -> None:
    """What a host that answers in another language was sent may have run; the rest was not sent."""
    with Wire(scene.server.url) as wire, manager(wire, patience=0.3, merge=False) as jobs:
        scene.server.faults.add(Fault("*", "garbage", count=None))
        futures = start(jobs, "never", 5)
        assert ends(futures) == {"SubmitOutcomeUnknownError", "NotHTTPError"}
        sent = [n for n, future in enumerate(futures) if _is_unknown(future)]
    assert scene.stored() == dict.fromkeys(sent, 1)
    assert scene.left() == len(sent)
