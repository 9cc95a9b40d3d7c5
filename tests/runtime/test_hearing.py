"""Answers that come at once: those that mean the same go together, each is heard in its turn."""

from __future__ import annotations

from typing import Any

import pytest
from poller_rig import Rig, kind_of

from arango_jobs import json
from arango_jobs.errors import ArangoServerError, SubmitOutcomeUnknownError
from arango_jobs.operations import Operation

KIND = kind_of()
QUEUE_TIME = "x-arango-queue-time-seconds"
FORWARDED = "x-arango-request-forwarded-to"


def submit(rig: Rig, count: int) -> list[Any]:
    futures = rig.submit(*(Operation(KIND, {"n": number}) for number in range(count)))
    return futures if count > 1 else [futures]


def answer(rig: Rig, exchange: Any, status: int, body: Any = None, **headers: str) -> None:
    """Answer one exchange; what comes of it is heard with the next step."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    encoded = b"" if body is None else json.dumps(body)
    rig.transport.answer(status, encoded, headers=named, to=exchange)


def accept_all(rig: Rig) -> list[Any]:
    """Have every submission accepted at once; return the fetches."""
    for number, exchange in enumerate(rig.waiting("POST")):
        answer(rig, exchange, 202, x_arango_async_id=str(101 + number))
    rig.step()
    return rig.waiting("PUT")


def test_many(rig: Rig) -> None:
    futures = submit(rig, 5)
    for number, exchange in enumerate(accept_all(rig)):
        answer(rig, exchange, 201, {"n": number}, x_arango_async_id=exchange.leaf)
    rig.step()
    assert [future.result(0) for future in futures] == [{"n": number} for number in range(5)]


def test_result_and_refusal(rig: Rig) -> None:
    """Both end their futures with the operation's own answer, but not by the same call."""
    (pending,) = submit(rig, 1)
    (fetch,) = accept_all(rig)
    (refused,) = submit(rig, 1)
    (submission,) = rig.waiting("POST")
    answer(rig, fetch, 404, {"errorNum": 1202}, x_arango_async_id="101")
    answer(rig, submission, 404, {"errorNum": 1203})
    rig.step()
    for future in (pending, refused):
        assert isinstance(future.exception(0), ArangoServerError)


def test_one_of_many_means_something_else(rig: Rig) -> None:
    """An id that is none, between two that are."""
    futures = submit(rig, 3)
    for job_id, exchange in zip(("101", "one", "103"), rig.waiting("POST"), strict=True):
        answer(rig, exchange, 202, x_arango_async_id=job_id)
    rig.step()
    assert [future.job_id for future in futures] == ["101", None, "103"]
    assert isinstance(futures[1].exception(0), SubmitOutcomeUnknownError)


def test_queue_times(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change of it is told, before the answers that came with it."""
    told: list[Any] = []
    heard_all = rig.engine.heard_all
    monkeypatch.setattr(rig.engine, "queue_time", lambda _ask, seconds, _now: told.append(seconds))
    monkeypatch.setattr(
        rig.engine,
        "heard_all",
        lambda asks, *more: (told.append(len(asks)), heard_all(asks, *more)),
    )
    submit(rig, 5)
    for number, exchange in enumerate(rig.waiting("POST")):
        seconds = ("0.001", "0.001", "0.002", "0.002", "0.001")[number]
        answer(rig, exchange, 202, **{"x_arango_async_id": str(101 + number), QUEUE_TIME: seconds})
    rig.step()
    assert told[:6] == [0.001, 2, 0.002, 2, 0.001, 1]


def test_one_of_many_was_forwarded(rig: Rig) -> None:
    submit(rig, 3)
    fetches = accept_all(rig)
    for exchange, more in zip(fetches, ({}, {FORWARDED: "CRDN-2"}, {}), strict=True):
        answer(rig, exchange, 201, {}, **{"x_arango_async_id": exchange.leaf, **more})
    rig.step()
    assert rig.engine.hosts[0].watch.by_id_only
