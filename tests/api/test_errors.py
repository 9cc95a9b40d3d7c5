"""Errors: what they carry, that they pickle, and where they come from."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil
from typing import Any

import arango
import arango.exceptions
import arango.request
import arango.response
import pytest
from api_support import Answer, Answers, error

import arango_jobs
from arango_jobs import StandardDatabase, errors
from arango_jobs.errors import (
    ArangoClientError,
    ArangoJobsError,
    ArangoServerError,
    DocumentImportError,
    DocumentInsertError,
    ErrorRequest,
    ErrorResponse,
    FailedBatch,
    JobError,
    server_error,
)
from arango_jobs.operations import Response

CLASSES = [
    value for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, ArangoJobsError)
]  # fmt: skip


FAMILIES = list(pkgutil.iter_modules(errors.__path__, errors.__name__ + "."))


def example(cls: type[ArangoJobsError]) -> ArangoJobsError:
    """Return an error of the class with every attribute set."""
    if issubclass(cls, ArangoServerError):
        return cls(
            "bad luck",
            http_code=404,
            error_code=1202,
            url="http://h/_api/x",
            http_method="get",
            http_headers={"server": "ArangoDB"},
            error_message="bad luck",
            request=ErrorRequest.to("GET", "/_db/d/_api/x?a=1"),
            response=ErrorResponse("get", "http://h/_api/x", {}, 404, b"{}", {}),
        )
    if issubclass(cls, JobError):
        return cls("bad luck", operation="o", job_id="7", host="h", attempts=("a", "b"))
    return cls("bad luck")


def test_every_family_is_exported() -> None:
    """The list that type checkers read leaves out no error of any module."""
    modules = [importlib.import_module(each.name) for each in FAMILIES]
    names = {name for module in modules for name in module.__all__}
    names -= {"operation_error", "server_error", "status_text"}
    assert names | {"ArangoError"} == set(errors.__all__)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_pickles(cls: type[ArangoJobsError]) -> None:
    """An error crosses processes with all that it says."""
    before = example(cls)
    after = pickle.loads(pickle.dumps(before))
    assert type(after) is cls
    assert (str(after), vars(after)) == (str(before), vars(before))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_at_the_top_with_one_line_about_it(cls: type[ArangoJobsError]) -> None:
    """Each is importable from `arango_jobs`, says what it means, and has a message."""
    assert getattr(arango_jobs, cls.__name__) is cls
    assert cls.__name__ in arango_jobs.__all__
    assert (cls.__doc__ or "").strip().splitlines()[0].endswith(".")
    if issubclass(cls, (ArangoServerError, ArangoClientError)):
        message: str = example(cls).message  # type: ignore[attr-defined]  # both have it
        assert message.endswith("bad luck")
        assert message == str(example(cls))


def test_a_failed_import_pickles() -> None:
    """The error of a batched import keeps what was imported and each batch's own error."""
    own = DocumentInsertError("no", http_code=409, error_code=1210)
    before = DocumentImportError.summing_up([{"created": 1}], (FailedBatch(10, 5, own),))
    after = pickle.loads(pickle.dumps(before))
    assert after.imported == [{"created": 1}]
    assert (after.failures[0].start, str(after.failures[0].error)) == (10, str(own))
    assert (after.http_code, after.error_code) == (409, 1210)


def test_what_a_server_error_carries(db: StandardDatabase, answers: Answers) -> None:
    """Status, number, message, method, URL and headers are attributes."""
    answers(Answer({"errorNum": 1203, "errorMessage": "no c"}, 404, {"X-Y": "z"}))
    with pytest.raises(errors.DocumentCountError) as caught:
        db["c"].count()
    raised = caught.value
    assert str(raised) == "[HTTP 404][ERR 1203] no c"
    assert (raised.http_code, raised.error_code) == (404, 1203)
    assert raised.message == str(raised)
    assert (raised.error_message, raised.source) == ("no c", "server")
    assert raised.http_method == "get"
    assert raised.url == "http://one.test:8529/_db/test/_api/collection/c/count"
    assert raised.http_headers == {"x-y": "z"}


def test_the_request_and_the_response_of_an_error(db: StandardDatabase, answers: Answers) -> None:
    """Both are there under python-arango's names; neither shows a body, and no pickle holds one."""
    answers(Answer({"errorNum": 1210, "errorMessage": "taken"}, 409, {"X-Y": "z"}))
    with pytest.raises(errors.DocumentInsertError) as caught:
        db["c"].insert({"_key": "a", "x": "for nobody"}, sync=True)
    request, response = caught.value.request, caught.value.response
    assert request is not None
    assert response is not None
    assert (request.method, request.endpoint) == ("post", "/_api/document/c")
    assert (request.params, request.data) == (
        {"waitForSync": "true"},
        {"_key": "a", "x": "for nobody"},
    )
    assert (response.method, response.status_code, response.status_text) == (
        "post",
        409,
        "Conflict",
    )
    assert (response.error_code, response.error_message) == (1210, "taken")
    assert (response.is_success, response.url) == (False, caught.value.url)
    assert response.body == {"errorNum": 1210, "errorMessage": "taken"}
    assert '"taken"' in response.raw_body
    pickled = pickle.dumps(caught.value)
    assert "for nobody" not in repr(vars(caught.value)) + repr(pickled)
    again = pickle.loads(pickled)
    assert (again.response, again.request) == (response, request)
    assert (again.response.body, again.request.data) == (response.body, None)


OF_THE_DRIVERS = {
    "error_code", "error_message", "http_code", "http_headers", "http_method", "message",
    "request", "response", "source", "url",
}  # fmt: skip


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_has_the_attributes_of_the_drivers(cls: type[ArangoJobsError]) -> None:
    """So code can read them of any error; what no server has said is `None` on this side."""
    if cls is ArangoJobsError:
        return
    own = example(cls)
    assert vars(theirs(cls)).keys() | {"source"} == OF_THE_DRIVERS
    assert {name for name in OF_THE_DRIVERS if not hasattr(own, name)} == set()
    if issubclass(cls, ArangoClientError):
        told = {name for name in OF_THE_DRIVERS if getattr(own, name) is not None}
        assert told == {"message", "source"}


def theirs(cls: type[ArangoJobsError]) -> Exception:
    """Return python-arango's error of the same side."""
    if issubclass(cls, ArangoServerError):
        answer = arango.response.Response("get", "http://h/", {}, 404, "Not Found", "")
        return arango.exceptions.ArangoServerError(answer, arango.request.Request("get", "/"))
    return arango.exceptions.ArangoClientError("bad luck")


def test_an_error_without_a_body_has_the_status_phrase(
    db: StandardDatabase, answers: Answers
) -> None:
    """Paths that the server does not know are answered with nothing."""
    answers(Answer(status=404), Answer(b"<html>", 502), Answer(status=599))
    messages = []
    for _ in range(3):
        with pytest.raises(errors.DocumentCountError) as caught:
            db["c"].count()
        messages.append((caught.value.message, caught.value.error_code))
    assert messages == [
        ("[HTTP 404] Not Found", 404),
        ("[HTTP 502] Bad Gateway", 502),
        ("[HTTP 599] HTTP status 599", 599),
    ]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null", b'{"other": 1}', b'"text"'])
def test_a_success_that_is_no_success(body: bytes, db: StandardDatabase, answers: Answers) -> None:
    """An answer of another shape, from a proxy for instance, is an error that names the call."""
    answers(Answer(body))
    with pytest.raises(errors.JSONDecodeError, match=r"GET /_db/test/_api/collection/c/count"):
        db["c"].count()


def test_a_redirect_is_an_error(db: StandardDatabase, answers: Answers) -> None:
    """Credentials do not go where a redirect points."""
    answers(Answer(status=307, headers={"Location": "http://evil.test/"}))
    with pytest.raises(errors.DocumentCountError) as caught:
        db["c"].count()
    assert caught.value.http_code == 307
    assert len(answers.asked) == 1


def test_the_url_of_a_job_is_the_operations(db: StandardDatabase) -> None:
    """What came out of a job names what was asked for, not the job."""
    response = Response(404, {}, b"", "http://h:1/_db/test/_api/job/7")
    raised = server_error(DocumentInsertError, response, "POST", "/_db/test/_api/document/c")
    assert raised.url == "http://h:1/_db/test/_api/document/c"


MALFORMED: dict[str, Any] = {
    "a set": {"x": {1}},
    "not a number": {"x": float("nan")},
    "a huge integer": {"x": 2**64},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_json_cannot_carry(case: str, db: StandardDatabase, answers: Answers) -> None:
    """A document that would arrive changed is not sent."""
    with pytest.raises(errors.JSONEncodeError, match=r"\$\.x"):
        db["c"].insert(MALFORMED[case])
    assert answers.asked == []


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.insert("text"),
        lambda c: c.insert(None),
        lambda c: c.insert({"_id": "other/a"}),
        lambda c: c.get({}),
        lambda c: c.get(""),
        lambda c: c.get(7),
        lambda c: c.get("other/a"),
        lambda c: c.update("a"),
        lambda c: c.update({}),
        lambda c: c.replace({"_key": 7}),
        lambda c: c.delete({"_id": "other/a"}),
        lambda c: c.get("a", rev="1\r\nx: y"),
        lambda c: c.insert_many(["a"]),
        lambda c: c.update_many([{}]),
    ],
)
def test_a_document_that_cannot_be_meant(call: Any, db: StandardDatabase, answers: Answers) -> None:
    """What is no document of this collection is refused before anything is sent."""
    with pytest.raises(errors.DocumentParseError):
        call(db["c"])
    assert answers.asked == []


@pytest.mark.parametrize(
    "call",
    [
        lambda db: db["c"].find([]),
        lambda db: db["c"].all(skip=-1),
        lambda db: db["c"].all(limit=True),
        lambda db: db["c"].find_near("1", 2),
        lambda db: db["c"].configure(schema={}),
        lambda db: db["c"].import_bulk([], batch_size=0),
        lambda db: db["c"].import_bulk([], overwrite=True, batch_size=1),
        lambda db: db.create_database("d", users=[{"username": "u"}]),
        lambda db: db.request("BREW", "/x"),
        lambda db: db.request("GET", "no-slash"),
        lambda db: db.request("GET", "/a b"),
        lambda db: db.request("GET", "/a?b"),
        lambda db: db.request("GET", "/a\r\nb"),
        lambda db: db.request("GET", "/x", headers={"a": "b\r\nc: d"}),
        lambda db: db.request("GET", "/x", headers={"a b": "c"}),
        lambda db: db.request("GET", "/x", headers={"x-arango-async": "store"}),
        lambda db: db.request("GET", "/x", retry="perhaps"),
    ],
)
def test_an_option_that_cannot_be(call: Any, db: StandardDatabase, answers: Answers) -> None:
    """A wrong argument is named before anything is sent."""
    with pytest.raises((errors.OptionError, errors.SortValidationError)):
        call(db)
    assert answers.asked == []


def test_a_wrong_sort(db: StandardDatabase) -> None:
    """A sort needs an attribute and one of two orders."""
    wrong: list[list[dict[str, Any]]] = [[{}], [{"sort_by": "x", "sort_order": "up"}]]
    for sort in wrong:
        with pytest.raises(errors.SortValidationError):
            db["c"].find({}, sort=sort)


def test_wrong_password(db: StandardDatabase, answers: Answers) -> None:
    """`verify` names the user's mistake and holds no password."""
    answers(error(401, 11))
    with pytest.raises(errors.ServerConnectionError, match="wrong user name, password") as caught:
        db.conn.ping()
    assert caught.value.http_code == 401
