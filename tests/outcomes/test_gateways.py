"""What answers in place of the server, for ever: every future ends, after a few requests."""

from __future__ import annotations

import time

import pytest
from outcome_support import FETCH_ROUTE, INSERT_ROUTE, LOOK_ROUTE, age, ends

from arango_jobs import ArangoClient, JobLostError, JobManager
from arango_jobs.local import Fault, LocalServer

PATIENCE = 0.6
OURS = 5


@pytest.mark.parametrize("merge", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("status", [200, 302, 403, 405, 429, 500, 502, 503])
def test_fetches_that_are_answered_by_another(status: int, merge: bool) -> None:
    """The job is there, and its result cannot be had."""
    with LocalServer() as server, ArangoClient(server.url) as client:
        age(server)
        db = client.db()
        db.create_collection("c")
        fault = server.faults.add(
            Fault(FETCH_ROUTE, "respond", status=status, error_num=9999, count=None)
        )
        with JobManager(db, merge=merge, patience=PATIENCE) as jobs:
            began = time.monotonic()
            futures = [jobs.collection("c").insert({"n": n}) for n in range(OURS)]
            assert ends(futures) == {"JobLostError"}
            assert time.monotonic() - began < PATIENCE + 5.0
            error = futures[0].exception(0)
            assert isinstance(error, JobLostError)
            assert len(error.attempts) >= 3
            assert f"HTTP {status}" in str(error)
            server.faults.reset()
        assert fault.happened <= OURS * 12
        assert server.jobs() == []
        assert db.collection("c").count() == OURS


@pytest.mark.parametrize("route", [FETCH_ROUTE, LOOK_ROUTE])
def test_want_of_room_for_looks(route: str) -> None:
    """503/21003 to a look is not what a submission waits for."""
    with LocalServer() as server, ArangoClient(server.url) as client:
        age(server)
        db = client.db()
        db.create_collection("c")
        if route == LOOK_ROUTE:
            server.faults.add(Fault(FETCH_ROUTE, "respond", status=500, count=None))
        fault = server.faults.add(Fault(route, "respond", status=503, error_num=21003, count=None))
        with JobManager(db, merge=False, patience=PATIENCE) as jobs:
            futures = [jobs.collection("c").insert({"n": n}) for n in range(OURS)]
            assert ends(futures) == {"JobLostError"}
            server.faults.reset()
        assert 0 < fault.happened <= OURS * 12


@pytest.mark.parametrize("merge", [False, True], ids=["single", "merged"])
def test_too_many_requests(merge: bool) -> None:
    """What a rate limiter refuses has not run: it is sent again, with a smaller limit."""
    with LocalServer() as server, ArangoClient(server.url) as client:
        age(server)
        db = client.db()
        db.create_collection("c")
        fault = server.faults.add(Fault(INSERT_ROUTE, "respond", status=429, count=14))
        with JobManager(db, merge=merge) as jobs:
            futures = [jobs.collection("c").insert({"n": n}) for n in range(40)]
            assert ends(futures) == {"value"}
        assert fault.happened == 14
        assert db.collection("c").count() == 40


def test_too_many_requests_for_ever() -> None:
    """The future ends with the answer itself, when patience is over."""
    with LocalServer() as server, ArangoClient(server.url) as client:
        age(server)
        db = client.db()
        db.create_collection("c")
        fault = server.faults.add(Fault(INSERT_ROUTE, "respond", status=429, count=None))
        with JobManager(db, merge=False, patience=PATIENCE) as jobs:
            future = jobs.collection("c").insert({})
            error = future.exception(20)
        assert type(error).__name__ == "DocumentInsertError"
        assert getattr(error, "http_code", None) == 429
        assert fault.happened < 20


def test_overload_that_is_not_the_servers() -> None:
    """Whether it ran is not known, and the limit shrinks."""
    with LocalServer() as server, ArangoClient(server.url) as client:
        age(server)
        db = client.db()
        db.create_collection("c")
        with JobManager(db, merge=False) as jobs:
            assert ends([jobs.collection("c").insert({}) for _ in range(100)]) == {"value"}
            before = jobs.stats().hosts[0].window
            server.faults.add(Fault(INSERT_ROUTE, "respond", status=503, error_num=9999))
            assert ends([jobs.collection("c").insert({})]) == {"SubmitOutcomeUnknownError"}
            assert jobs.stats().hosts[0].window < before
