"""A job's answer that cannot be read ends its future as lost, whatever it is an answer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from request_table import ROWS, Row
from test_requests import each_row

from arango_jobs import ArangoServerError, JobFuture, JobLostError, StandardDatabase, json
from arango_jobs._core.actions import Answers, End, Outcome, Responses
from arango_jobs._core.job import Job
from arango_jobs._core.states import State
from arango_jobs._runtime.endings import Ended, Endings
from arango_jobs.operations import Operation, Response

NO_JSON = {
    "cut": b'{"_id": "c/1", "_ke',
    "wrong charset": '{"_key": "ü", "result": []}'.encode("latin-1"),
    "a page": b"<html>_key</html>",
    "two": b"{}{}",
}
OTHER_SHAPES: dict[str, Any] = {
    "null": None,
    "a number": 5,
    "text": "_key _id result",
    "an object": {},
    "a list": [],
    "a list of numbers": [1, 2, 3],
    "a list of texts": ["_key"],
    "a list of objects": [{"_key": "a", "_id": "c/a", "_rev": "1"}] * 7,
}
# Their results are made of the status, or are the whole answer.
SAID_BY_STATUS = (True, None, False)


def end_of(
    operation: Operation[Any],
    body: bytes,
    status: int = 200,
    loads: Callable[[bytes], Any] = json.loads,
) -> tuple[JobFuture[Any], Ended]:
    """Return the future of an operation whose job was answered with `body`, and what is to do."""
    future: JobFuture[Any] = JobFuture(operation, None, 0.0, b"")
    future.start()
    job = future.job = Job.of([future], 0)
    job.state = State.ENDED
    endings, ended = Endings(json.dumps, loads), Ended()
    response = Response(status, {"x-arango-async-id": "1"}, body, "http://host")
    if operation.made_key:
        endings.end(End(Outcome.ANSWERED, (future,), job, response), ended)
    else:
        endings.answer(Answers([job], Responses.of(response)), ended)
    ended.finish()
    return future, ended


def is_json(row: Row) -> bool:
    """Return whether the answer is read at all, and as JSON."""
    return not row.name.startswith(("RawRequests.", "Server.metrics"))


@each_row
def test_no_json(row: Row, recording: StandardDatabase) -> None:
    """No call takes it for a result, and the error says what the deserializer said."""
    operation = row.call(recording)
    if not isinstance(operation, Operation) or row.status >= 300 or not is_json(row):
        return
    for name, body in NO_JSON.items():
        future, ended = end_of(operation, body, row.status)
        error = future.exception(0)
        assert isinstance(error, JobLostError), name
        assert isinstance(error.__cause__, ValueError), name
        assert ended.lost == [future]


@each_row
def test_json_of_another_shape(row: Row, recording: StandardDatabase) -> None:
    """What is said by the status alone is a result; anything else is not made up."""
    operation = row.call(recording)
    if not isinstance(operation, Operation) or row.status >= 300 or not is_json(row):
        return
    for name, value in OTHER_SHAPES.items():
        # How many elements there must be is known of the calls that name documents.
        if type(value) is type(row.answer) and not (value and "_many" in row.name):
            continue
        future, _ = end_of(operation, json.dumps(value), row.status)
        error = future.exception(0)
        if error is None:
            assert is_said_by_status(row), (name, future.result(0))
        else:
            assert isinstance(error, JobLostError), name


def is_said_by_status(row: Row) -> bool:
    """Return whether the result holds nothing of the answer: true, or a wrapper."""
    return row.result in SAID_BY_STATUS or str(row.result).startswith("<")


class Broken(Exception):
    """A deserializer's own error."""


@pytest.mark.parametrize("error", [Broken, KeyError, ValueError, SystemExit])
def test_a_deserializer_that_raises(
    error: type[BaseException], recording: StandardDatabase
) -> None:
    """It is the cause; and an error of the server's stays one, as its status tells it."""

    def loads(body: bytes) -> Any:
        raise error("no")

    operation: Any = recording.collection("c").get("k")
    future, _ = end_of(operation, b"{}", 200, loads)
    lost = future.exception(0)
    assert isinstance(lost, JobLostError)
    assert isinstance(lost.__cause__, error)
    failed, ended = end_of(operation, b"{}", 500, loads)
    raised = failed.exception(0)
    assert isinstance(raised, ArangoServerError)
    assert raised.http_code == 500
    assert ended.failed == [failed]


@pytest.mark.parametrize("body", [*NO_JSON.values(), b"[]", b"5", b'{"_rev": "1"}', b""])
def test_an_insert_with_a_key_of_ours_is_read_back(
    body: bytes, recording: StandardDatabase
) -> None:
    """Nothing has ended; the document will tell."""
    kind = recording.collection("c").insert({"_key": "k"}).kind  # type: ignore[attr-defined]  # an operation
    operation: Any = Operation(kind, {"_key": "k"}, "k", (), True, made_key=True)
    future, ended = end_of(operation, body, 202)
    assert not future.done()
    assert [parts for _, parts in ended.to_confirm] == [[future]]


def test_the_table_has_every_call() -> None:
    """So that the walks above walk all of them."""
    assert len(ROWS) > 150
