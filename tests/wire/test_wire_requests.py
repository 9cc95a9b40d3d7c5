"""Every request of the job protocol, byte for byte as far as HTTP leaves us a choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from arango_jobs import json
from arango_jobs._core.actions import Ask
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call
from arango_jobs._wire import job_api
from arango_jobs._wire.calls import Requests, fetches, request_for, submissions
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import MergePlan, Operation, OperationKind, Request


class Part:
    def __init__(self, operation: Operation[Any], payload: bytes = b"") -> None:
        self.operation, self.kind, self.key = operation, operation.kind, operation.key
        self.retry, self.payload = operation.retry, payload
        is_plain = operation.stem == operation.target and not operation.headers
        self.particular = None if is_plain else operation


def kind(path: str = "/_api/document/c", **changes: Any) -> OperationKind[Any]:
    settings: dict[str, Any] = {"method": "POST", "database": "my db", **changes}
    return OperationKind(
        "document.insert",
        path=path,
        decode=lambda response, _: response,
        error=ArangoServerError,
        **settings,
    )


def shown(request: Request) -> tuple[str, str, Any, bytes]:
    return request.method, request.target, request.headers, request.body


def ask(call: Call, *parts: Part, **changes: Any) -> Ask:
    job = Job.of(tuple(parts or [Part(Operation(kind()))]), 0)
    job.job_id = "74091"
    made = Ask(call, 0, 0.0, job)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def submitted(*parts: Part) -> Request:
    """Return the request that submits one job."""
    return only(submissions([Job.of(parts, 0)], json.dumps))


def only(found: Iterable[Requests]) -> Request:
    (requests,) = found
    (leaf,), (body,) = requests.leaves, requests.bodies
    return requests.template.request(leaf, body)


def test_fetch() -> None:
    job = ask(Call.FETCH).job
    assert job is not None
    request = only(fetches([job]))
    assert shown(request) == ("PUT", "/_db/my%20db/_api/job/74091", (), b"")
    assert request.is_quick


def test_what_has_a_template_in_common_goes_together() -> None:
    """In the order of the jobs, whatever lies between."""
    plain, other = kind(), kind(query="?silent=true")
    kinds = [plain, plain, other, plain]
    jobs = [
        Job.of((Part(Operation(each), b"%d" % number),), 0) for number, each in enumerate(kinds)
    ]
    found = submissions(jobs, json.dumps)
    assert [(one.jobs, one.bodies) for one in found] == [
        (jobs[:2], [b"0", b"1"]),
        (jobs[2:3], [b"2"]),
        (jobs[3:], [b"3"]),
    ]
    for number, job in enumerate(jobs):
        job.job_id = str(number)
    jobs[2].database = "other"
    taken = list(fetches(jobs))
    assert [(one.jobs, one.leaves) for one in taken] == [
        (jobs[:2], ["0", "1"]),
        (jobs[2:3], ["2"]),
        (jobs[3:], ["3"]),
    ]


@pytest.mark.parametrize(
    ("call", "method", "end"),
    [
        (Call.ASK, "GET", "74091"),
        (Call.OWNER, "GET", "74091"),
        (Call.CANCEL, "PUT", "74091/cancel"),
        (Call.DELETE, "DELETE", "74091"),
    ],
)
def test_calls_by_id(call: Call, method: str, end: str) -> None:
    """By the id alone: never all, never expired; without a header that could make them jobs."""
    request = request_for(ask(call), json.dumps)
    assert shown(request) == (method, f"/_db/my%20db/_api/job/{end}", (), b"")
    assert request.is_quick


def test_list() -> None:
    request = request_for(ask(Call.SEARCH_PENDING, count=7, database="my db"), json.dumps)
    assert request.target == "/_db/my%20db/_api/job/pending?count=7"
    request = request_for(ask(Call.SEARCH_DONE, count=7, database="my db"), json.dumps)
    assert request.target == "/_db/my%20db/_api/job/done?count=7"
    request = request_for(ask(Call.LIST, count=345, database="my db"), json.dumps)
    assert shown(request) == ("GET", "/_db/my%20db/_api/job/done?count=345", (), b"")


@pytest.mark.parametrize(("count", "path"), [(0, "statistics"), (1, "metrics")])
def test_identity(count: int, path: str) -> None:
    request = request_for(ask(Call.IDENTIFY, count=count, database="d"), json.dumps)
    assert shown(request) == ("GET", f"/_db/d/_admin/{path}", (), b"")


def test_submission() -> None:
    """The operation's own request, with the one header that makes it a stored job."""
    operation = Operation(kind(query="?returnNew=true"), {"a": 1})
    request = submitted(Part(operation, b'{"a":1}'))
    expected = (("x-arango-async", "store"),)
    assert shown(request) == (
        "POST",
        "/_db/my%20db/_api/document/c?returnNew=true",
        expected,
        b'{"a":1}',
    )


def test_own_headers() -> None:
    operation = Operation(
        kind(method="PUT", headers=(("x-kind", "1"),)), {}, "k", headers=(("if-match", "_r"),)
    )
    request = submitted(Part(operation, b"{}"))
    assert request.target == "/_db/my%20db/_api/document/c/k"
    assert request.headers == (("x-arango-async", "store"), ("x-kind", "1"), ("if-match", "_r"))


def test_head() -> None:
    """It is not asked for as a job (H-13)."""
    operation = Operation(kind(method="HEAD", is_direct=True), None, "k")
    request = submitted(Part(operation))
    assert request.headers == ()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a/b", "a%2Fb"),
        ("50%", "50%25"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("a\r\nx: y", "a%0D%0Ax%3A%20y"),
        ("?x=1#f", "%3Fx%3D1%23f"),
        ("ключ", "%D0%BA%D0%BB%D1%8E%D1%87"),
        ("a.b", "a.b"),
    ],
)
def test_keys_stay_one_segment(key: str, expected: str) -> None:
    """No key can leave its place in the path."""
    operation = Operation(kind(method="GET"), None, key)
    request = submitted(Part(operation))
    assert request.target == f"/_db/my%20db/_api/document/c/{expected}"


def test_database_stays_one_segment() -> None:
    operation = Operation(kind(database="../x"))
    request = submitted(Part(operation))
    assert request.target.startswith("/_db/..%2Fx/")


def test_id_of_a_user_stays_one_segment() -> None:
    """Ids may come from users too, by `AsyncJob`."""
    assert job_api.fetch_request("d", "1/cancel").target == "/_db/d/_api/job/1%2Fcancel"
    assert job_api.delete_request("d", "..").target == "/_db/d/_api/job/%2E%2E"


@pytest.mark.parametrize(
    ("mode", "headers"),
    [("store", (("x-arango-async", "store"),)), ("true", (("x-arango-async", "true"),)),
     (None, ())],
)  # fmt: skip
def test_modes(mode: str | None, headers: Any) -> None:
    request = job_api.operation_request(Operation(kind()), b"x", mode=mode)
    assert request.headers == headers
    assert request.is_quick is (mode is not None)


def test_all_and_expired() -> None:
    """Only for a user who asks for it: other programs' jobs go too."""
    assert job_api.delete_all_request("d").target == "/_db/d/_api/job/all"
    stamp = job_api.delete_expired_request("d", 1700000000.25).target
    assert stamp == "/_db/d/_api/job/expired?stamp=1700000000.25"


class TestArrays:
    """Merged operations: their encoded bodies in one array, in order."""

    def plan(self, **changes: Any) -> MergePlan:
        settings: dict[str, Any] = {"element": lambda operation: operation.body, **changes}
        return MergePlan(
            "POST", "/_db/d/_api/document/c", value=lambda element: element, status=202, **settings
        )

    def test_bodies_as_they_are(self) -> None:
        """What was encoded when it was submitted is not encoded again."""
        insert = kind(merge=self.plan())
        parts = [Part(Operation(insert, {"n": n}), b'{"n": %d}' % n) for n in range(3)]
        request = submitted(*parts)
        assert shown(request) == (
            "POST",
            "/_db/d/_api/document/c",
            (("x-arango-async", "store"),),
            b'[{"n": 0},{"n": 1},{"n": 2}]',
        )

    def test_elements_that_are_made(self) -> None:
        """A delete's element is its key, which its body does not hold."""
        delete = kind(method="DELETE", merge=self.plan(element=lambda operation: operation.key))
        parts = [Part(Operation(delete, None, key)) for key in ("a", 'b"')]
        request = submitted(*parts)
        assert request.body == b'["a","b\\""]'

    def test_one_that_is_left(self) -> None:
        """Alone it goes as its own request."""
        insert = kind(merge=self.plan())
        request = submitted(Part(Operation(insert, {}), b"{}"))
        assert request.body == b"{}"

    def test_read_back(self) -> None:
        """`onlyget` is a read, sent at once and not as a job."""
        insert = kind(merge=self.plan())
        parts = [Part(Operation(insert, {}, key, is_keyless=True)) for key in ("k1", "k2")]
        request = request_for(ask(Call.CONFIRM, *parts, parts=list(parts)), json.dumps)
        assert shown(request) == (
            "PUT",
            "/_db/my%20db/_api/document/c?onlyget=true",
            (),
            b'["k1","k2"]',
        )
