"""Replies to arrays, taken apart into what the single calls would have got (protocol §8.2)."""

from __future__ import annotations

from typing import Any

import pytest

from arango_jobs import json
from arango_jobs._wire.arrays import element_response, is_array_reply, is_write_conflict
from arango_jobs._wire.documents import first_result, is_our_key_taken
from arango_jobs._wire.queries import only_reads
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import MergePlan, Operation, OperationKind, Response

PLAN = MergePlan("POST", "/x", lambda operation: operation.body, dict, 202)
REPLY = Response(202, {"etag": "x"}, b"[]", "http://host/x")
WRITE_WRITE = "AQL: conflict, write-write conflict; key: k"
REVISION = "conflict, _rev values do not match"


def failed(number: Any, text: str = "why") -> dict[str, Any]:
    return {"error": True, "errorNum": number, "errorMessage": text}


@pytest.mark.parametrize(
    ("status", "reply", "count", "expected"),
    [
        (202, [{}, {}], 2, True),
        (201, [], 0, True),
        (202, [{}], 2, False),
        (202, [{}, {}, {}], 2, False),
        (202, {}, 1, False),
        (202, None, 1, False),
        (400, [{}, {}], 2, False),
    ],
)
def test_whose_element_is_whose(status: int, reply: Any, count: int, expected: bool) -> None:
    """Only an array as long as ours says which element is whose."""
    assert is_array_reply(Response(status), reply, count) is expected


def test_success() -> None:
    """The single call's status; nothing of the array's headers, which are not the element's."""
    response = element_response({"_key": "k", "_rev": "_r"}, PLAN, REPLY, json.dumps)
    assert (response.status, response.headers, response.url) == (202, {}, "http://host/x")
    assert response.json() == {"_key": "k", "_rev": "_r"}


@pytest.mark.parametrize(
    ("number", "text", "status"),
    [
        (1210, "unique constraint violated", 409),
        (1202, "document not found", 404),
        (1221, "illegal key", 400),
        (1203, "collection not found", 404),
        (1200, WRITE_WRITE, 409),
        (1200, REVISION, 412),
        (1004, "read only", 403),
        (1429, "write concern", 503),
        (21, "canceled request", 410),
        (28, "lock timeout", 500),
        (32, "resource limit", 500),
        (99999, "never heard of", 500),
    ],
)
def test_failure(number: int, text: str, status: int) -> None:
    """An element's error gets the status that the single call has for its number."""
    response = element_response(failed(number, text), PLAN, REPLY, json.dumps)
    assert response.status == status
    assert response.json() == {**failed(number, text), "code": status}


def test_shard_that_gave_no_answer() -> None:
    """Such an element has a number and no message."""
    response = element_response({"error": True, "errorNum": 1465}, PLAN, REPLY, json.dumps)
    assert response.status == 503


@pytest.mark.parametrize("number", [None, "1210", [1210], {}, 1210.5])
def test_number_that_is_none(number: Any) -> None:
    assert element_response(failed(number), PLAN, REPLY, json.dumps).status == 500


@pytest.mark.parametrize("element", [None, 5, "x", [1]])
def test_element_that_is_no_object(element: Any) -> None:
    """The decoder says what is wrong with it, as it would of a single call."""
    response = element_response(element, PLAN, REPLY, json.dumps)
    assert response.json() == element


def test_write_conflict() -> None:
    """Two writers at once, not a revision that does not match: only that may be tried again."""
    single = Response(409, {}, json.dumps(failed(1200, WRITE_WRITE)))
    assert is_write_conflict(single)
    assert is_write_conflict(element_response(failed(1200, WRITE_WRITE), PLAN, REPLY, json.dumps))
    assert not is_write_conflict(element_response(failed(1200, REVISION), PLAN, REPLY, json.dumps))
    assert not is_write_conflict(Response(409, {}, json.dumps(failed(1210))))


def insert(query: str = "", *, made_key: bool = True) -> Operation[Any]:
    kind: OperationKind[Any] = OperationKind(
        "document.insert",
        "POST",
        "d",
        "/_api/document/c",
        lambda response, _: response,
        ArangoServerError,
        query=query,
    )
    return Operation(kind, {}, "k", is_keyless=True, made_key=made_key)


class TestOurKey:
    """A repeated insert that finds the key that we made: the first run has inserted it."""

    TAKEN = failed(1210, "unique constraint violated - in index primary; conflicting key: k")

    def answer(self, body: Any, status: int = 409) -> Response:
        return Response(status, {}, json.dumps(body))

    def test_taken(self) -> None:
        assert is_our_key_taken(insert(), self.answer(self.TAKEN), 1)

    def test_without_words(self) -> None:
        assert is_our_key_taken(insert(), self.answer(failed(1210)), 1)

    @pytest.mark.parametrize(
        ("operation", "body", "status", "tries"),
        [
            (insert(), TAKEN, 409, 0),
            (insert(made_key=False), TAKEN, 409, 1),
            (insert(), failed(1200), 409, 1),
            (insert(), TAKEN, 400, 1),
            (insert(), [], 409, 1),
            (insert(), failed(1210, "index on name; conflicting key: other"), 409, 1),
        ],
        ids=["first try", "user's key", "other conflict", "other status", "no body",
             "another unique index"],
    )  # fmt: skip
    def test_not_taken(self, operation: Operation[Any], body: Any, status: int, tries: int) -> None:
        assert not is_our_key_taken(operation, self.answer(body, status), tries)

    def test_answer_of_the_first_run(self) -> None:
        """Reconstructed from the document: key, id and revision, and the rest where asked for."""
        document = {"_id": "c/k", "_key": "k", "_rev": "_r", "n": 1}
        plain = first_result(document, insert(), REPLY, json.dumps)
        assert plain.json() == {"_id": "c/k", "_key": "k", "_rev": "_r"}
        whole = first_result(document, insert("?returnNew=true"), REPLY, json.dumps)
        assert whole.json()["new"] == document


READ = {"type": "read", "name": "c"}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"collections": [READ], "nodes": [{"type": "ReturnNode"}]}, True),
        ({"collections": [], "nodes": []}, True),
        ({"collections": [READ, {"type": "write"}], "nodes": []}, False),
        ({"collections": [READ], "nodes": [{"type": "InsertNode"}]}, False),
        ({"collections": [{}], "nodes": []}, False),
        ({"collections": ["c"], "nodes": []}, False),
        ({"collections": None, "nodes": []}, False),
        ({}, False),
        (None, False),
    ],
)
def test_query_that_only_reads(plan: Any, expected: bool) -> None:
    """Only where the plan says so without doubt."""
    assert only_reads(Response(200, {}, json.dumps({"plan": plan}))) is expected
