"""What answers mean: the header decides, not the status (server-protocol.md §1.3, §2.3, §4.2)."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from arango_jobs._core.actions import Ask
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._wire.calls import meaning_of_failure, read, read_all
from arango_jobs._wire.job_api import (
    error_number,
    error_text,
    queue_time,
    read_ids,
    retry_after,
)
from arango_jobs.errors import (
    ArangoServerError,
    ConnectionLostError,
    HostUnreachableError,
    NotHTTPError,
    RequestTimeoutError,
)
from arango_jobs.operations import Operation, OperationKind, Response

says = Meaning
ID = {"x-arango-async-id": "74091"}


def kind(**changes: Any) -> OperationKind[Any]:
    return OperationKind(
        "any", "POST", "test", "/_api/x", lambda response, _: response, ArangoServerError, **changes
    )


class Part:
    def __init__(self, **changes: Any) -> None:
        self.kind = kind(**changes)
        self.operation: Operation[Any] = Operation(self.kind)
        self.particular = self.operation
        self.key = self.retry = None
        self.payload = b""


def ask(call: Call, **changes: Any) -> Ask:
    job = Job.of((Part(**changes),), 0)
    job.job_id = ID["x-arango-async-id"]
    return Ask(call, 0, 0.0, job)


def error(status: int, number: int = 0, text: str = "why") -> Response:
    body = {"error": True, "code": status, "errorNum": number, "errorMessage": text}
    return Response(status, {}, json.dumps(body).encode())


def meaning(call: Call, response: Response, **changes: Any) -> Meaning:
    return read(ask(call, **changes), response)[0]


WITHOUT_HEADER = [
    (404, 404, says.UNKNOWN_JOB),
    (404, 1228, says.DATABASE_GONE),
    (404, 1449, says.OWNER_GONE),
    (401, 11, says.UNAUTHORIZED),
    (412, 21004, says.QUEUE_TIME),
    (503, 21003, says.QUEUE_FULL),
    (503, 30, says.UNAVAILABLE),
    (503, 503, says.UNAVAILABLE),
    (503, 1478, says.FORWARD_FAILED),
    (503, 1465, says.FORWARD_FAILED),
    (500, 1457, says.FORWARD_FAILED),
    (400, 400, says.MALFORMED),
    (405, 405, says.MALFORMED),
]


class TestFetch:
    """An answer is the operation's own if, and only if, it carries the header."""

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 304, 400, 401, 404, 410, 412, 500, 503])
    def test_with_header(self, status: int) -> None:
        """Whatever the status and the body: a job's own 404, 401 or 503 is a result."""
        for number in (0, 404, 11, 21003, 1478):
            told = error(status, number)
            response = Response(status, {**told.headers, **ID}, told.body)
            assert meaning(Call.FETCH, response) is says.RESULT

    def test_own_204(self) -> None:
        assert meaning(Call.FETCH, Response(204, dict(ID))) is says.RESULT

    def test_204(self) -> None:
        assert meaning(Call.FETCH, Response(204)) is says.PENDING

    @pytest.mark.parametrize(("status", "number", "expected"), WITHOUT_HEADER)
    def test_without_header(self, status: int, number: int, expected: Meaning) -> None:
        assert meaning(Call.FETCH, error(status, number)) is expected

    @pytest.mark.parametrize(
        "response",
        [
            Response(200, {}, b'{"result":[1]}'),
            Response(201),
            Response(404),
            Response(404, {}, b"<html>not found</html>"),
            Response(502, {}, b"bad gateway"),
            Response(503),
            Response(500, {}, b"[]"),
            Response(404, {}, b'{"errorNum":"404"}'),
            Response(302, {"location": "/login"}),
            Response(200, {"x-arango-async-job-id": "1"}, b"{}"),
        ],
        ids=repr,
    )
    def test_nothing_that_the_protocol_knows(self, response: Response) -> None:
        """A proxy's page, a bare status: it says nothing about the job."""
        assert meaning(Call.FETCH, response) is says.ODD


class TestSubmit:
    """Only a 202 with an id is a job; all else was said before anything became one."""

    def test_accepted(self) -> None:
        assert read(ask(Call.SUBMIT), Response(202, dict(ID))) == (says.ACCEPTED, "74091")

    def test_largest_id(self) -> None:
        """Ids are strings of up to 20 digits and pass no number (H-23)."""
        job_id = str(2**64 - 1)
        response = Response(202, {"x-arango-async-id": job_id})
        assert read(ask(Call.SUBMIT), response) == (says.ACCEPTED, job_id)

    @pytest.mark.parametrize(
        "job_id", ["", "abc", "12 34", "-1", "1e3", "12/cancel", "\u00b2\u00b3", "1" * 21, "all"]
    )
    def test_id_that_is_none(self, job_id: str) -> None:
        """It must not get into a path; the job may run, so it is not repeated lightly."""
        response = Response(202, {"x-arango-async-id": job_id})
        assert meaning(Call.SUBMIT, response) is says.ODD

    def test_202_without_id(self) -> None:
        assert meaning(Call.SUBMIT, Response(202)) is says.ODD

    @pytest.mark.parametrize(("status", "number", "expected"), WITHOUT_HEADER)
    def test_refused(self, status: int, number: int, expected: Meaning) -> None:
        assert meaning(Call.SUBMIT, error(status, number)) is expected

    @pytest.mark.parametrize(("status", "number"), [(400, 10), (403, 11), (413, 0), (404, 0)])
    def test_refused_for_good(self, status: int, number: int) -> None:
        """Nothing became a job, and the error is the operation's."""
        assert meaning(Call.SUBMIT, error(status, number)) is says.RESULT

    @pytest.mark.parametrize("status", [200, 201, 204, 301, 500, 502, 504])
    def test_odd(self, status: int) -> None:
        """It may have run, for all that is known."""
        assert meaning(Call.SUBMIT, Response(status)) is says.ODD

    @pytest.mark.parametrize(
        ("response", "expected"),
        [
            (Response(200), says.RESULT),
            (Response(404), says.RESULT),
            (error(404, 1228), says.RESULT),
            (error(503, 21003), says.QUEUE_FULL),
            (error(401, 11), says.UNAUTHORIZED),
            (Response(500), says.RESULT),
        ],
        ids=repr,
    )
    def test_head(self, response: Response, expected: Meaning) -> None:
        """A HEAD is no job (H-13): its answer is its own, but for refusals."""
        assert meaning(Call.SUBMIT, response, is_direct=True) is expected


@pytest.mark.parametrize("call", [Call.LIST, Call.ASK, Call.CANCEL, Call.DELETE, Call.CONFIRM])
class TestOtherCalls:
    def test_done(self, call: Call) -> None:
        assert meaning(call, Response(200)) is says.OK

    def test_pending(self, call: Call) -> None:
        assert meaning(call, Response(204)) is says.PENDING

    @pytest.mark.parametrize(("status", "number", "expected"), WITHOUT_HEADER)
    def test_refused(self, call: Call, status: int, number: int, expected: Meaning) -> None:
        assert meaning(call, error(status, number)) is expected

    def test_odd(self, call: Call) -> None:
        assert meaning(call, Response(502)) is says.ODD


class TestIdentity:
    """How long a server has been up, from its statistics or its metrics."""

    METRICS = (
        b"# HELP arangodb_server_statistics_server_uptime_total Seconds\n"
        b"# TYPE arangodb_server_statistics_server_uptime_total counter\n"
        b'arangodb_server_statistics_server_uptime_total{role="SINGLE",shortname="x"} 133.73\n'
        b"arangodb_other 1\n"
    )

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"server":{"uptime":12.5},"time":1}', 12.5),
            (METRICS, 133.73),
            (b"arangodb_server_statistics_server_uptime_total 7", 7.0),
            (b'{"server":{"uptime":"long"}}', None),
            (b'{"server":{"uptime":-1}}', None),
            (b'{"server":{}}', None),
            (b'{"server":[]}', None),
            (b"[]", None),
            (b"", None),
            (b"<html>", None),
            (b"arangodb_server_statistics_server_uptime_total NaN", None),
        ],
    )
    def test_uptime(self, body: bytes, expected: float | None) -> None:
        assert read(ask(Call.IDENTIFY), Response(200, {}, body)) == (says.OK, expected)

    @pytest.mark.parametrize(("status", "expected"), [(404, says.MALFORMED), (403, says.MALFORMED),
                                                      (501, says.MALFORMED), (500, says.ODD),
                                                      (502, says.ODD)])  # fmt: skip
    def test_no_such_path(self, status: int, expected: Meaning) -> None:
        """Where it is not there another try is of no use; after a failure it is."""
        assert meaning(Call.IDENTIFY, Response(status)) is expected

    def test_owner(self) -> None:
        """An answer by way of another Coordinator says so."""
        forwarded = {"x-arango-request-forwarded-to": "CRDN-1"}
        assert read(ask(Call.OWNER), Response(204, forwarded)) == (says.PENDING, True)
        assert read(ask(Call.OWNER), Response(204)) == (says.PENDING, False)


@pytest.mark.parametrize(
    ("error", "may_have_run", "expected"),
    [
        (HostUnreachableError("x"), False, says.UNREACHABLE),
        (ConnectionLostError("x"), False, says.MOVED),
        (RequestTimeoutError("x"), False, says.MOVED),
        (ConnectionLostError("x"), True, says.BROKEN),
        (RequestTimeoutError("x"), True, says.BROKEN),
        (NotHTTPError("x"), True, says.BROKEN),
    ],
)
def test_no_answer(error: Any, may_have_run: bool, expected: Meaning) -> None:
    assert meaning_of_failure(error, may_have_run) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'["1","2"]', ["1", "2"]),
        (b"[]", []),
        (b"[1,2]", None),
        (b'["1",["2"]]', None),
        (b'{"a":1}', None),
        (b"", None),
        (b"nonsense", None),
    ],
)
def test_lists(body: bytes, expected: list[str] | None) -> None:
    """A list is an array of strings, or it is none."""
    assert read_ids(Response(200, {}, body)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.000000", 0.0), ("1.5", 1.5), ("", None), ("nan", None), ("inf", None), ("-1", None),
     ("x", None)],
)  # fmt: skip
def test_queue_time(value: str, expected: float | None) -> None:
    assert queue_time({"x-arango-queue-time-seconds": value}) == expected


def test_no_queue_time() -> None:
    assert queue_time({}) is None


def test_error_body() -> None:
    assert (error_number(error(404, 1202)), error_text(error(404, 1202))) == (1202, "why")
    assert (error_number(Response(503)), error_text(Response(503))) == (0, "HTTP status 503")


@pytest.mark.parametrize("call", [Call.SEARCH_PENDING, Call.SEARCH_DONE])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'["74107","74104"]', (says.OK, [74107, 74104])),
        (b"[]", (says.OK, [])),
        (b'["18446744073709551615"]', (says.OK, [18446744073709551615])),
        (b'["7","x"]', (says.ODD, None)),
        (b'["' + b"9" * 5000 + b'"]', (says.ODD, None)),
        (b"[7]", (says.ODD, None)),
        (b'{"error":false}', (says.ODD, None)),
    ],
)
def test_lists_that_are_searched(call: Call, body: bytes, expected: Any) -> None:
    """Ids are numbers there, as they are compared; a list with anything else in it is none."""
    meaning, ids = read(ask(call), Response(200, {}, body))
    assert (meaning, ids if meaning is says.OK else None) == expected


def test_who_was_searched() -> None:
    meaning, uptime = read(ask(Call.SEARCH_HOST), Response(200, {}, b'{"server":{"uptime":12.5}}'))
    assert (meaning, uptime) == (says.OK, 12.5)


@pytest.mark.parametrize("status", [200, 204, 404, 500])
def test_the_result_of_another_job(status: int) -> None:
    """Under another job's name it is no answer at all, alone and among others."""
    (mine, other), fetch = ("74091", "74092"), ask(Call.FETCH)
    answers = [Response(status, {}, b"", job_id=job_id) for job_id in (mine, other)]
    assert [read(fetch, each)[0] for each in answers] == [says.RESULT, says.BROKEN]
    assert fetch.job is not None
    jobs = [fetch.job, fetch.job]
    for pair in ([mine, other], [other, mine], [other, other]):
        assert read_all(Call.FETCH, jobs, answers[pair[0] == other], pair) is None


@pytest.mark.parametrize("call", [Call.IDENTIFY, Call.SEARCH_HOST, Call.EXPLAIN, Call.CONFIRM])
def test_a_result_that_nobody_asked_for(call: Call) -> None:
    """An answer that names a job is a job's result, and says nothing of what was asked."""
    body = b'{"server":{"uptime":12.5},"plan":{"nodes":[]}}'
    assert read(ask(call), Response(200, {}, body, job_id="74091"))[0] is says.BROKEN


IDS = ["74091", "74092", "99999999999999999999", "", "7 4", "x", "1" * 21, None]


@pytest.mark.parametrize("call", [Call.SUBMIT, Call.FETCH])
@pytest.mark.parametrize("is_direct", [False, True])
@pytest.mark.parametrize("status", [200, 202, 204, 404, 503])
def test_read_together_as_one_by_one(call: Call, status: int, is_direct: bool) -> None:
    """What the heads say of all is what each says; where they do not say it, nothing is said."""
    said = set()
    for pair in product(IDS, IDS):
        if pair.count(None) == 1:
            continue  # they would not come together
        asks = [ask(call), ask(call, is_direct=is_direct)]
        jobs = [one.job for one in asks if one.job is not None]
        for job, job_id in zip(jobs, pair, strict=True):
            job.job_id = job_id
        responses = [Response(status, {}, b"", job_id=job_id) for job_id in pair]
        meaning = read_all(call, jobs, responses[0], pair)
        apart = [read(one, response) for one, response in zip(asks, responses, strict=True)]
        if meaning is not None:
            details = list(pair) if meaning is says.ACCEPTED else responses
            assert apart == [(meaning, detail) for detail in details]
        said.add(meaning)
    assert said - {None} == {
        (Call.SUBMIT, 202, False): {says.ACCEPTED},
        (Call.FETCH, 204, False): {says.RESULT, says.PENDING},
        (Call.FETCH, 204, True): {says.RESULT, says.PENDING},
    }.get((call, status, is_direct), {says.RESULT} if call is Call.FETCH else set())


class TestRetryAfter:
    """For how long an answer asks to be left alone (RFC 9110 §10.2.3)."""

    DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
    NOW = 784111777.0
    """The same moment, in seconds since the Unix epoch."""

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"retry-after": "0"}, 0.0),
            ({"retry-after": "120"}, 120.0),
            ({"retry-after": "2.5"}, 2.5),
            ({"retry-after": "9" * 25}, 1e25),
            ({"retry-after": ""}, None),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-5"}, None),
            ({"retry-after": "nan"}, None),
            ({"retry-after": "1e9"}, None),
            ({"retry-after": "9" * 400}, 1e30),
            ({"retry-after": "²"}, None),
            ({"retry-after": DATE, "date": "Sun, 06 Nov 1994 08:49:00 GMT"}, 37.0),
            ({"retry-after": DATE, "date": "Sun, 06 Nov 1994 09:00:00 GMT"}, 0.0),
            ({"retry-after": DATE, "date": "yesterday"}, 7.0),
            ({"retry-after": DATE}, 7.0),
            ({"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"}, 7.0),
            ({"retry-after": "Sun Nov  6 08:49:37 1994"}, 7.0),
            ({"retry-after": "Sun, 99 Nov 99999999 08:49:37 GMT"}, None),
        ],
        ids=repr,
    )
    def test_forms(self, headers: dict[str, str], seconds: float | None) -> None:
        """Seconds or a date; a date is compared with the answer's own, whose clock may be wrong."""
        found = retry_after(Response(429, headers), self.NOW - 7.0)
        assert found == (None if seconds is None else pytest.approx(seconds, rel=1e-6))


@pytest.mark.parametrize("body", [b"", b"slow down", error(429, 429).body, error(429, 21003).body])
@pytest.mark.parametrize("call", [Call.SUBMIT, Call.FETCH, Call.ASK, Call.LIST, Call.DELETE])
def test_too_many_requests(call: Call, body: bytes) -> None:
    """ArangoDB never says so: whatever the body is, nothing was done."""
    assert meaning(call, Response(429, {}, body)) is says.TOO_MANY


def test_overload_of_something_on_the_way() -> None:
    """A 503 that is not ArangoDB's leaves open whether it ran; one to a fetch is as any other."""
    assert meaning(Call.SUBMIT, Response(503, {}, b"<html>")) is says.OVERLOADED
    assert meaning(Call.FETCH, Response(503, {}, b"<html>")) is says.ODD
