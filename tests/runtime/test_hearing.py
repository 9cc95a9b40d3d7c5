"""Answers that come together or one by one: each is heard in its turn, with what it means."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from poller_rig import Rig, kind_of, merged_kind

from arango_jobs import json
from arango_jobs._net.exchange import Answered
from arango_jobs.errors import ArangoServerError, JobLostError, SubmitOutcomeUnknownError
from arango_jobs.operations import JOB_ID, Operation

KIND = kind_of()
QUEUE_TIME = "x-arango-queue-time-seconds"
FORWARDED = "x-arango-request-forwarded-to"

Said = tuple[Any, int, Any, dict[str, str]]
"""An exchange, and the status, body and headers of its answer."""


def submit(rig: Rig, count: int, **changes: Any) -> list[Any]:
    kind = kind_of(**changes) if changes else KIND
    futures = rig.submit(*(Operation(kind, {"n": number}) for number in range(count)))
    return futures if count > 1 else [futures]


class Answering:
    """Answers exchanges, those that are alike `together` or each by itself."""

    def __init__(self, rig: Rig, *, together: bool) -> None:
        self.rig = rig
        self.together = together

    def __call__(self, *said: Said) -> None:
        """Have all of them heard with one step."""
        groups = groupby(said, _alike) if self.together else ((None, [one]) for one in said)
        for _, group in groups:
            self._told(list(group))
        self.rig.step()

    def _told(self, said: list[Said]) -> None:
        transport = self.rig.transport
        common = {name: value for name, value in said[0][3].items() if name != JOB_ID}
        event = Answered(said[0][1], common, is_sized=True)
        for exchange, _, body, headers in said:
            transport.waiting.remove(exchange)
            event.exchanges.append(exchange)
            event.add(b"" if body is None else json.dumps(body), headers.get(JOB_ID))
        transport._ready.append(event)

    def accept_all(self) -> list[Any]:
        """Have every submission accepted at once; return the fetches."""
        submissions = enumerate(self.rig.waiting("POST"), 101)
        self(*((exchange, 202, None, {JOB_ID: str(job_id)}) for job_id, exchange in submissions))
        return self.rig.waiting("PUT")


def _alike(said: Said) -> Any:
    _, status, _, headers = said
    return status, JOB_ID in headers, {**headers, JOB_ID: ""}


@pytest.fixture(params=[False, True], ids=["one by one", "together"])
def answer(request: pytest.FixtureRequest, rig: Rig) -> Answering:
    return Answering(rig, together=request.param)


def test_many(rig: Rig, answer: Answering) -> None:
    futures = submit(rig, 5)
    fetches = enumerate(answer.accept_all())
    answer(*((fetch, 201, {"n": number}, {JOB_ID: fetch.leaves[0]}) for number, fetch in fetches))
    assert [future.result(0) for future in futures] == [{"n": number} for number in range(5)]


def test_some_that_were_asked_for_at_other_times(rig: Rig, answer: Answering) -> None:
    """Submissions, and then fetches, of two rounds are answered together."""
    futures = [*submit(rig, 3), *submit(rig, 2)]
    fetches = answer.accept_all()
    assert not any(fetch.token.jobs for fetch in fetches), "jobs are held by more than their own"
    assert len({id(fetch.token) for fetch in fetches}) == (2 if answer.together else 5)
    answer(*((fetch, 201, {"id": fetch.leaves[0]}, {JOB_ID: fetch.leaves[0]}) for fetch in fetches))
    assert [future.result(0)["id"] for future in futures] == ["101", "102", "103", "104", "105"]


def test_not_done_yet(rig: Rig, answer: Answering) -> None:
    """Some are, some are not; each error is that of the operation that it answers."""
    futures = submit(rig, 4)
    fetches = answer.accept_all()
    answer(
        (fetches[0], 204, None, {}),
        (fetches[1], 204, None, {}),
        (fetches[2], 409, {"errorNum": 1200}, {JOB_ID: fetches[2].leaves[0]}),
        (fetches[3], 409, {"errorNum": 1210}, {JOB_ID: fetches[3].leaves[0]}),
    )
    assert [future.done() for future in futures] == [False, False, True, True]
    for future in futures[2:]:
        assert isinstance(future.exception(0), ArangoServerError)
    rig.pass_time(1.0)
    again = rig.waiting("PUT")
    answer(*((fetch, 201, {}, {JOB_ID: fetch.leaves[0]}) for fetch in again))
    assert [future.result(0) for future in futures[:2]] == [{}, {}]


def test_result_and_refusal(rig: Rig, answer: Answering) -> None:
    """Both end their futures with the operation's own answer, but not by the same call."""
    (pending,) = submit(rig, 1)
    (fetch,) = answer.accept_all()
    (refused,) = submit(rig, 1)
    (submission,) = rig.waiting("POST")
    answer(
        (fetch, 404, {"errorNum": 1202}, {JOB_ID: "101"}),
        (submission, 404, {"errorNum": 1203}, {}),
    )
    for future in (pending, refused):
        assert isinstance(future.exception(0), ArangoServerError)


def test_all_refused(rig: Rig, answer: Answering) -> None:
    """What the heads do not say is read of each: one waits for room, the other has failed."""
    futures = submit(rig, 2)
    full, failed = rig.waiting("POST")
    answer(
        (full, 503, {"errorNum": 21003}, {}),
        (failed, 503, {"errorNum": 4}, {}),
    )
    assert not futures[0].done()
    assert isinstance(futures[1].exception(0), SubmitOutcomeUnknownError)


@pytest.mark.parametrize("wrong", ["one", "", "1" * 21])
def test_one_of_many_means_something_else(rig: Rig, answer: Answering, wrong: str) -> None:
    """An id that is none, between two that are."""
    futures = submit(rig, 3)
    waiting = zip(("101", wrong, "103"), rig.waiting("POST"), strict=True)
    answer(*((exchange, 202, None, {JOB_ID: job_id}) for job_id, exchange in waiting))
    assert [future.job_id for future in futures] == ["101", None, "103"]
    assert isinstance(futures[1].exception(0), SubmitOutcomeUnknownError)


def test_some_are_no_jobs(rig: Rig, answer: Answering) -> None:
    """Whatever comes for a call that is not made as a job is its own answer."""
    (job,) = submit(rig, 1)
    (direct,) = submit(rig, 1, is_direct=True)
    waiting = zip(("101", "102"), rig.waiting("POST"), strict=True)
    answer(*((exchange, 202, {"n": 1}, {JOB_ID: job_id}) for job_id, exchange in waiting))
    assert (job.job_id, job.done()) == ("101", False)
    assert (direct.job_id, direct.result(0)) == (None, {"n": 1})


def test_other_calls_between_them(rig: Rig, answer: Answering) -> None:
    """A question who the server is has the same head as the answers around it."""
    futures = submit(rig, 2)
    first, second = rig.waiting("POST")
    (identify,) = rig.waiting("GET")
    uptime = {"server": {"uptime": 1e6}}
    answer((first, 200, {}, {}), (identify, 200, uptime, {}), (second, 200, {}, {}))
    assert rig.engine.hosts[0].identity is not None
    assert [future.exception(0) is not None for future in futures] == [True, True]


def test_queue_times(rig: Rig, answer: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change of it is told, before the answers that came with it."""
    told: list[Any] = []
    heard_all = rig.engine.heard_all
    monkeypatch.setattr(rig.engine, "queue_time", lambda _ask, seconds, _now: told.append(seconds))
    monkeypatch.setattr(
        rig.engine,
        "heard_all",
        lambda asks, jobs, *more: (told.append(len(jobs)), heard_all(asks, jobs, *more)),
    )
    submit(rig, 5)
    times = ("0.001", "0.001", "0.002", "0.002", "0.001")
    waiting = enumerate(zip(times, rig.waiting("POST"), strict=True), 101)
    answer(
        *(
            (exchange, 202, None, {JOB_ID: str(job_id), QUEUE_TIME: seconds})
            for job_id, (seconds, exchange) in waiting
        )
    )
    two = [2] if answer.together else [1, 1]
    assert told[: 4 + 2 * len(two)] == [0.001, *two, 0.002, *two, 0.001, 1]


def test_one_of_many_was_forwarded(rig: Rig, answer: Answering) -> None:
    submit(rig, 3)
    heads = ({}, {FORWARDED: "CRDN-2"}, {})
    fetches = zip(answer.accept_all(), heads, strict=True)
    answer(*((fetch, 201, {}, {JOB_ID: fetch.leaves[0], **more}) for fetch, more in fetches))
    assert rig.engine.hosts[0].watch.by_id_only


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_result_of_another_job(rig: Rig, answer: Answering, wrong: int) -> None:
    """It is nobody's result: the server is asked for the job that it should have been about."""
    futures = submit(rig, 3)
    fetches = answer.accept_all()
    ids = ["101", "102", "103"]
    ids[wrong] = "999"
    answer(*((one, 201, {"n": n}, {JOB_ID: ids[n]}) for n, one in enumerate(fetches)))
    assert [future.done() for future in futures] == [n != wrong for n in range(3)]
    rig.answer(f"GET /_db/d/_api/job/10{wrong + 1}")
    rig.finish({"n": wrong}, job_id=f"10{wrong + 1}")
    assert [future.result(0) for future in futures] == [{"n": n} for n in range(3)]


KEYED = [{"_key": key} for key in "abc"]


@pytest.mark.parametrize(
    "reply",
    [
        [KEYED[1], KEYED[0], KEYED[2]],
        [KEYED[0], KEYED[1], {"_key": "d"}],
        [KEYED[0], KEYED[1], {"error": True, "errorNum": 1210, "_key": "a"}],
        KEYED[:2],
        [*KEYED, {"_key": "d"}],
        [],
    ],
)
def test_an_array_about_other_documents(reply: list[Any]) -> None:
    """Number and order are those of the array, or nothing is known of any element."""
    rig = Rig(merge=True)
    operations = [Operation(merged_kind(), one, one["_key"], (), True) for one in KEYED]
    for operation in operations:
        operation.kind = operations[0].kind
    futures = rig.submit(*operations)
    rig.accept()
    rig.finish(reply)
    assert {type(future.exception(0)) for future in futures} == {JobLostError}
    rig.close()
