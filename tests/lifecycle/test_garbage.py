"""Managers and futures that nobody holds any more."""

from __future__ import annotations

import gc
import threading
import weakref

from life_support import Stage, ends, inserts, until

from arango_jobs import JobManager


def test_a_manager_that_nobody_holds(stage: Stage) -> None:
    """What was handed in ends all the same, and its thread with it."""
    jobs = JobManager(stage.db)
    futures = inserts(jobs, range(20))
    gone = weakref.ref(jobs)
    del jobs
    gc.collect()
    assert gone() is None
    assert ends(futures) == {"value": 20}
    assert stage.server.jobs() == []


def test_futures_that_nobody_holds(stage: Stage) -> None:
    """Their results are collected and do not stay on the server."""
    with stage.held():
        jobs = JobManager(stage.db, merge=False)
        inserts(jobs, range(20))
        until(lambda: stage.server.jobs())
        del jobs
        gc.collect()
    until(lambda: stage.numbers.total() == 20)
    until(lambda: not stage.server.jobs())


def test_a_future_that_is_let_go_of_lets_go_of_its_result(stage: Stage) -> None:
    """An ended future is kept by nobody but its owner, and needs no collector."""
    with JobManager(stage.db) as jobs:
        future = jobs.collection("c").insert({"n": 1})
        assert ends([future]) == {"value": 1}
        gone = weakref.ref(future)
        del future
        until(lambda: gone() is None, 3)


def test_a_cursor_that_nobody_reads(stage: Stage) -> None:
    """It is a value like any other; the job is gone."""
    with JobManager(stage.db) as jobs:
        jobs.aql.execute("FOR n IN 1..5000 RETURN n", batch_size=10)
    assert stage.server.jobs() == []


def test_callbacks_of_a_manager_that_nobody_holds(stage: Stage) -> None:
    """They are called, and the thread that does it is not kept for more."""
    called: list[object] = []
    with stage.held():
        jobs = JobManager(stage.db)
        for future in inserts(jobs, range(5)):
            future.add_done_callback(lambda future: called.append(future.result()["_key"]))
        del jobs, future
        gc.collect()
    until(lambda: len(called) == 5)
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith("JobManager")], 2)
