"""Calls about several documents: errors are values, and an import says what failed where."""

from __future__ import annotations

from typing import Any

import pytest
from api_support import Answer, Answers, error

from arango_jobs import (
    DocumentDeleteError,
    DocumentImportError,
    DocumentInsertError,
    DocumentReplaceError,
    DocumentRevisionError,
    DocumentUpdateError,
    JSONDecodeError,
    OptionError,
    StandardDatabase,
)

META = {"_id": "c/a", "_key": "a", "_rev": "_1"}
TAKEN = {"error": True, "errorNum": 1210, "errorMessage": "taken"}
CONFLICT = {"error": True, "errorNum": 1200, "errorMessage": "conflict"}

CALLS: dict[str, tuple[Any, type[Exception], type[Exception]]] = {
    "insert": (lambda c, **o: c.insert_many([{}, {}, {}], **o),
               DocumentInsertError, DocumentInsertError),
    "update": (lambda c, **o: c.update_many([{"_key": "a"}] * 3, **o),
               DocumentUpdateError, DocumentRevisionError),
    "replace": (lambda c, **o: c.replace_many([{"_key": "a"}] * 3, **o),
                DocumentReplaceError, DocumentRevisionError),
    "delete": (lambda c, **o: c.delete_many(["a"] * 3, **o),
               DocumentDeleteError, DocumentRevisionError),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_one_document_is_a_value(
    name: str, db: StandardDatabase, answers: Answers
) -> None:
    """The list has a result or an error for each document, in order."""
    call, failure, conflict = CALLS[name]
    answers(Answer([META, TAKEN, CONFLICT], 202))
    first, second, third = call(db["c"])
    assert first == META
    assert (type(second), second.error_code, second.error_message) == (failure, 1210, "taken")
    assert (type(third), third.error_code) == (conflict, 1200)


@pytest.mark.parametrize("name", ["insert", "update", "delete"])
def test_the_first_error_can_be_raised(name: str, db: StandardDatabase, answers: Answers) -> None:
    """`raise_on_document_error` raises it instead."""
    call, failure, _ = CALLS[name]
    answers(Answer([META, TAKEN, CONFLICT], 202))
    with pytest.raises(failure, match="taken"):
        call(db["c"], raise_on_document_error=True)


@pytest.mark.parametrize("name", CALLS)
def test_a_silent_call_does_not_hide_errors(
    name: str, db: StandardDatabase, answers: Answers
) -> None:
    """True means that all went well; else the errors are there, though not whose they are."""
    call, failure, _ = CALLS[name]
    answers(Answer({}, 202), Answer([TAKEN], 202))
    assert call(db["c"], silent=True) is True
    (only,) = call(db["c"], silent=True)
    assert type(only) is failure


@pytest.mark.parametrize("name", CALLS)
def test_a_refused_call_is_one_error(name: str, db: StandardDatabase, answers: Answers) -> None:
    """What is wrong with the whole call is raised."""
    call, failure, _ = CALLS[name]
    answers(error(404, 1203))
    with pytest.raises(failure):
        call(db["c"])


def imported(answers: Answers) -> list[int]:
    """Return how many documents each request of an import had."""
    return [len(asked.json()) for asked in answers.asked]


def test_an_import_in_batches(db: StandardDatabase, answers: Answers) -> None:
    """The result is the list of what was counted of each batch."""
    counted = [
        {"created": 2, "errors": 0, "details": ["one"]},
        {"created": 1, "errors": 1, "details": ["two"]},
        {"created": 1, "updated": 0},
    ]
    answers(*map(Answer, counted))
    result = db["c"].import_bulk([{"x": i} for i in range(5)], halt_on_error=False, batch_size=2)
    assert result == counted
    assert imported(answers) == [2, 2, 1]


def test_an_import_of_nothing_in_batches(db: StandardDatabase, answers: Answers) -> None:
    """Nothing is sent and nothing counted."""
    assert db["c"].import_bulk([], batch_size=2) == []
    assert answers.asked == []


def test_a_failed_batch_stops_the_import(db: StandardDatabase, answers: Answers) -> None:
    """The error says what was imported, what failed, and what was not sent."""
    answers(Answer({"created": 2}), error(409, 1210, "taken"))
    with pytest.raises(
        DocumentImportError, match=r"documents 2-3, 4-4 were not imported"
    ) as caught:
        db["c"].import_bulk([{"x": i} for i in range(5)], batch_size=2)
    raised = caught.value
    assert isinstance(raised, DocumentInsertError)
    assert (raised.http_code, raised.error_code) == (409, 1210)
    assert raised.imported == [{"created": 2}]
    failed, unsent = raised.failures
    assert (failed.start, failed.count, str(failed.error)) == (2, 2, "[HTTP 409][ERR 1210] taken")
    assert (unsent.start, unsent.count, unsent.error) == (4, 1, None)
    assert imported(answers) == [2, 2]


def test_batches_that_do_not_halt(db: StandardDatabase, answers: Answers) -> None:
    """Without `halt_on_error` the other batches are imported all the same."""
    answers(error(500, 4), Answer({"created": 1}))
    with pytest.raises(DocumentImportError) as caught:
        db["c"].import_bulk([{"x": i} for i in range(3)], halt_on_error=False, batch_size=2)
    assert caught.value.imported == [{"created": 1}]
    assert [failure.start for failure in caught.value.failures] == [0]


def test_batches_that_would_empty_each_other(db: StandardDatabase) -> None:
    """`overwrite` empties the collection before each request."""
    with pytest.raises(OptionError, match="batch_size"):
        db["c"].import_bulk([{}], overwrite=True, batch_size=1)
    with pytest.raises(ValueError, match="batch_size"):
        db["c"].import_bulk([{}], batch_size=True)


def test_revisions_of_single_documents(db: StandardDatabase, answers: Answers) -> None:
    """412 is the revision's error for every call that can ask for one."""
    calls: list[Any] = [
        lambda c: c.get("a", rev="_0"),
        lambda c: c.has("a", rev="_0"),
        lambda c: c.update({"_key": "a", "_rev": "_0"}),
        lambda c: c.replace({"_key": "a", "_rev": "_0"}),
        lambda c: c.delete("a", rev="_0"),
    ]
    for call in calls:
        answers(error(412, 1200))
        with pytest.raises(DocumentRevisionError):
            call(db["c"])


def test_two_writers_at_once(db: StandardDatabase, answers: Answers) -> None:
    """409/1200 without a revision asked for is the write's own error."""
    answers(error(409, 1200, "write-write conflict"))
    with pytest.raises(DocumentUpdateError):
        db["c"].update({"_key": "a"})


def test_has_on_what_is_not_there(db: StandardDatabase, answers: Answers) -> None:
    """No document and no collection are both False; no database is an error."""
    answers(error(404, 1202), error(404, 1203), Answer(status=404), error(404, 1228))
    collection = db["c"]
    assert [collection.has("a") for _ in range(3)] == [False] * 3
    with pytest.raises(Exception, match="HTTP 404"):
        collection.has("a")


WRONG = {
    "too few": [META, META],
    "too many": [META, META, META, META],
    "none": [],
    "another document": [META, {**META, "_key": "b"}, META],
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", CALLS)
def test_an_answer_to_another_array(
    name: str, wrong: str, db: StandardDatabase, answers: Answers
) -> None:
    """An answer has as many elements as the array, about the same documents in the same order."""
    answers(Answer(WRONG[wrong], 202))
    if (name, wrong) == ("insert", "another document"):
        assert len(CALLS[name][0](db["c"])) == 3, "no keys were given"
        answers(Answer(WRONG[wrong], 202))
        with pytest.raises(JSONDecodeError):
            db["c"].insert_many([{"_key": "a"}] * 3)
        return
    with pytest.raises(JSONDecodeError):
        CALLS[name][0](db["c"])


@pytest.mark.parametrize("wrong", WRONG)
def test_documents_of_another_array(wrong: str, db: StandardDatabase, answers: Answers) -> None:
    """The same for documents that are read."""
    answers(Answer(WRONG[wrong], 200))
    with pytest.raises(JSONDecodeError):
        db["c"].get_many(["a"] * 3)
