"""What only a context that answers at once can do, and what is sent before that is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api_support import Answer, Answers

from arango_jobs import (
    StandardDatabase,
    UnsupportedInContextError,
    UnsupportedTargetError,
)
from arango_jobs.api import build_operation
from arango_jobs.api.writes import DocumentWrites
from arango_jobs.operations import Operation, Response

AT_ONCE: dict[str, Callable[[Any], Any]] = {
    "count()": lambda db: len(db["c"]),
    "has()": lambda db: "a" in db["c"],
    "all()": lambda db: list(db["c"]),
    "has_collection()": lambda db: "c" in db,
    "collections()": lambda db: list(db),
}


@pytest.mark.parametrize("instead", AT_ONCE)
def test_jobs_give_no_answer_at_once(
    instead: str, db: StandardDatabase, recording: StandardDatabase, answers: Answers
) -> None:
    """`in`, `len` and iteration fail before anything is sent, and name what to call instead."""
    for other in (db.begin_async_execution(), recording):
        with pytest.raises(UnsupportedInContextError, match="context cannot give") as caught:
            AT_ONCE[instead](other)
        assert instead in str(caught.value)
        assert other.context in str(caught.value)
    assert answers.asked == []


def test_they_work_directly(db: StandardDatabase, answers: Answers) -> None:
    """In the default context they ask the server."""
    listed = Answer({"result": [{"id": "1", "name": "c", "isSystem": False, "type": 2}]})
    answers(
        Answer({"count": 3}),
        Answer({"_key": "a"}),
        Answer({"result": [{"_key": "a"}], "hasMore": False}),
    )
    answers(listed, listed, listed)
    assert len(db["c"]) == 3
    assert "a" in db["c"]
    assert next(iter(db["c"])) == {"_key": "a"}
    assert "c" in db
    assert next(iter(db)) == "c"
    assert len(db) == 1
    assert [asked.method for asked in answers.asked] == ["GET", "GET", "POST", "GET", "GET", "GET"]


def test_a_database_is_always_true(db: StandardDatabase, answers: Answers) -> None:
    """`if db:` asks nobody."""
    assert db
    assert db.begin_async_execution()
    assert answers.asked == []


def test_children_are_in_the_context_of_their_database(recording: StandardDatabase) -> None:
    """Collections, graphs and AQL of a managed database are managed."""
    children: list[Any] = [
        recording["c"],
        recording.aql,
        recording.aql.cache,
        recording.graph("g"),
        recording.graph("g").vertex_collection("v"),
        recording.graph("g").edge_collection("e"),
    ]
    assert {child.context for child in children} == {"managed"}
    assert {child.conn for child in children} == {recording.conn}


def test_what_a_managed_call_makes_is_managed(recording: StandardDatabase) -> None:
    """The collection that comes out of a future goes on making futures."""
    operation: Any = recording.create_collection("c")
    from_answer = operation.kind.decode(answer_to(operation), operation)
    assert from_answer.context == "managed"


def answer_to(operation: Operation[Any]) -> Any:
    """Return an empty success."""
    return Response(200, {}, b"{}")


def test_a_head_request_never_becomes_a_job(db: StandardDatabase, answers: Answers) -> None:
    """Fetching the result of one hangs on several versions of the server."""
    with pytest.raises(UnsupportedInContextError, match="use GET"):
        db.begin_async_execution().request("HEAD", "/_api/document/c/a")
    assert answers.asked == []
    answers(Answer())
    assert db.request("HEAD", "/_api/document/c/a").status == 200


def test_building_without_executing(db: StandardDatabase, answers: Answers) -> None:
    """A bound method says what it would send, whatever its context."""
    operation = build_operation(db["c"].insert, {"_key": "a"}, silent=True)
    assert isinstance(operation, Operation)
    assert (
        repr(operation) == "<Operation document.insert POST /_db/test/_api/document/c?silent=true>"
    )
    assert answers.asked == []


@pytest.mark.parametrize("target", [print, "text", list.append, [].append, lambda: None, object()])
def test_nothing_else_can_be_built(target: Any) -> None:
    """What is no method of a wrapper is refused by name."""
    with pytest.raises(UnsupportedTargetError, match="says nothing about what to send"):
        build_operation(target)


def test_an_unbound_method_cannot_be_built() -> None:
    """A method needs its object."""
    with pytest.raises(UnsupportedTargetError, match="insert"):
        build_operation(vars(DocumentWrites)["insert"])


def test_an_operation_shows_no_document(recording: StandardDatabase) -> None:
    """A repr is for logs, and a document may be secret."""
    operation: Any = recording["c"].insert({"_key": "a", "password": "hush"})
    assert "hush" not in repr(operation)
