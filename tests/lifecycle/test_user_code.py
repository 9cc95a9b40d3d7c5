"""Callbacks, receivers and decoders, which are users' code and may do anything."""

from __future__ import annotations

from typing import Any

import pytest
from life_support import Stage, ends, inserts, until

from arango_jobs import JobManager, ServerRequestError, signals
from arango_jobs.operations import Operation, OperationKind

RAISED = [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, RecursionError]
SIGNALS = [signals.job_submitted, signals.job_succeeded, signals.drained]


@pytest.mark.parametrize("kind", RAISED)
def test_a_callback_raises(stage: Stage, kind: type[BaseException]) -> None:
    """The others are called, and the manager goes on."""
    called: list[int] = []

    def raises(_future: object) -> None:
        called.append(1)
        raise kind

    with JobManager(stage.db) as jobs:
        # One that has ended already is called back by whoever asks, who gets what is raised.
        with stage.held():
            for future in inserts(jobs, range(20)):
                future.add_done_callback(raises)
                future.add_done_callback(lambda _future: called.append(2))
        until(lambda: len(called) == 40)
        assert ends(inserts(jobs, [99])) == {"value": 1}


@pytest.mark.parametrize("kind", RAISED)
@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_a_receiver_raises(stage: Stage, signal: Any, kind: type[BaseException]) -> None:
    """The others are called, and the manager goes on."""
    heard: list[object] = []

    def raises(_sender: object, **_more: object) -> None:
        heard.append(1)
        raise kind

    with JobManager(stage.db) as jobs, signal.connected_to(raises, sender=jobs):
        assert ends(inserts(jobs, range(20))) == {"value": 20}
        until(lambda: heard)
        assert ends(inserts(jobs, range(20))) == {"value": 20}


@pytest.mark.parametrize("kind", RAISED)
def test_a_decoder_raises(stage: Stage, kind: type[BaseException]) -> None:
    """Its own future gets it; the thread that called it lives."""

    def decode(_response: object, _operation: object) -> None:
        raise kind

    operation = Operation(
        OperationKind("mine", "GET", "_system", "/_api/version", decode, ServerRequestError)
    )
    with JobManager(stage.db) as jobs:
        future = jobs.submit(operation)
        assert type(future.exception(timeout=10)) is kind
        assert ends(inserts(jobs, [1])) == {"value": 1}


def test_a_callback_waits_for_another_future(stage: Stage) -> None:
    """Which ends, as another thread ends it; also one that it submits itself."""
    seen: list[object] = []
    with JobManager(stage.db) as jobs:
        with stage.held():
            first, second = inserts(jobs, [1]), inserts(jobs, [2])

            def waits(_future: object) -> None:
                seen.append(second[0].result(timeout=10)["_id"][:2])
                third = jobs.collection("c").insert({"n": 3})
                seen.append(third.result(timeout=10)["_id"][:2])

            first[0].add_done_callback(waits)
        until(lambda: len(seen) == 2)
        assert seen == ["c/", "c/"]


def test_a_callback_submits_when_there_is_no_room(stage: Stage) -> None:
    """It waits for room that the others make."""
    more: list[Any] = []
    with JobManager(stage.db, max_in_flight=3, merge=False) as jobs:
        collection = jobs.collection("c")
        for n in range(30):
            collection.insert({"n": n}).add_done_callback(
                lambda _future, n=n: more.append(collection.insert({"n": 100 + n}))
            )
        until(lambda: len(more) == 30)
        assert ends(more) == {"value": 30}
    assert stage.numbers.total() == 60


def test_a_callback_cancels_and_adds_callbacks(stage: Stage) -> None:
    """On its own future and on others, at any time."""
    called: list[int] = []
    with JobManager(stage.db, max_jobs=1, merge=False) as jobs:
        with stage.held():
            futures = inserts(jobs, range(10))

            def first(future: Any) -> None:
                for other in futures:
                    other.cancel()
                future.add_done_callback(lambda _future: called.append(1))

            futures[0].add_done_callback(first)
            for future in futures:
                future.add_done_callback(lambda _future: called.append(0))
        found = ends(futures)
        assert found["value"] + found["cancelled"] == 10
        until(lambda: len(called) == 11)
