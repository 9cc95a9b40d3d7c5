"""Cursors: rows batch by batch, from the Coordinator that has them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests
import urllib3.exceptions as urllib3_errors
from api_support import Answer, Answers, client_for, error

from arango_jobs import (
    ConnectionLostError,
    Cursor,
    CursorCloseError,
    CursorCountError,
    CursorEmptyError,
    CursorNextError,
    CursorStateError,
    JSONDecodeError,
    StandardDatabase,
)

HOSTS = ["http://a.test:1", "http://b.test:2"]


def batch(rows: list[Any], has_more: bool = True, **more: Any) -> Answer:
    """Return one batch of cursor "7"."""
    return Answer({"result": rows, "hasMore": has_more, "id": "7", **more}, 201)


def opened(db: StandardDatabase, answers: Answers, first: Answer, **options: Any) -> Cursor:
    """Return the cursor whose first batch is `first`."""
    answers(first)
    return db.aql.execute("Q", **options)


def asked(answers: Answers) -> list[tuple[str, str]]:
    """Return what was asked for after the query."""
    return [(each.method, each.target) for each in answers.asked[1:]]


def test_rows_come_batch_by_batch(db: StandardDatabase, answers: Answers) -> None:
    """The next batch is fetched when the last row of one has been taken."""
    cursor = opened(db, answers, batch([1, 2]))
    assert (cursor.id, cursor.type, repr(cursor)) == ("7", "cursor", "<Cursor 7>")
    assert [next(cursor), cursor.next()] == [1, 2]
    assert asked(answers) == []
    answers(batch([3]), batch([], has_more=False))
    assert list(iter(cursor)) == [3]
    assert asked(answers) == [("POST", "/_db/test/_api/cursor/7")] * 2
    with pytest.raises(StopIteration):
        cursor.next()


def test_one_batch_is_all(db: StandardDatabase, answers: Answers) -> None:
    """Where everything came at once, the server has no cursor."""
    cursor = opened(db, answers, Answer({"result": [1], "hasMore": False}))
    assert (cursor.id, cursor.close(), repr(cursor)) == (None, None, "<Cursor>")
    with pytest.raises(CursorStateError):
        cursor.fetch()
    assert asked(answers) == []


def test_what_the_server_says_of_a_query(db: StandardDatabase, answers: Answers) -> None:
    """Count, cache, statistics, profile, warnings and plan are python-arango's."""
    extra = {
        "stats": {"writesExecuted": 1, "scannedFull": 2, "seeks": 3},
        "profile": {"parsing": 0.1},
        "warnings": [{"code": 1562}],
        "plan": {"nodes": []},
    }
    cursor = opened(db, answers, batch([1], count=5, cached=True, extra=extra))
    assert (cursor.count(), len(cursor), cursor.cached(), cursor.has_more()) == (5, 5, True, True)
    assert cursor.statistics() == {"modified": 1, "scanned_full": 2, "seeks": 3}
    assert cursor.profile() == {"parsing": 0.1}
    assert cursor.warnings() == [{"code": 1562}]
    assert cursor.plan() == {"nodes": []}
    assert list(cursor.batch()) == [1]


def test_pop_takes_what_is_here(db: StandardDatabase, answers: Answers) -> None:
    """It asks the server for nothing."""
    cursor = opened(db, answers, batch([1]))
    assert (cursor.empty(), cursor.pop(), cursor.empty()) == (False, 1, True)
    with pytest.raises(CursorEmptyError):
        cursor.pop()
    assert asked(answers) == []


def test_fetch_tells_what_came(db: StandardDatabase, answers: Answers) -> None:
    """A fetched batch is appended to what is here."""
    cursor = opened(db, answers, batch([1]))
    answers(batch([2], has_more=False, nextBatchId="3"))
    assert cursor.fetch() == {"has_more": False, "batch": [2], "id": "7", "next_batch_id": "3"}
    assert list(cursor) == [1, 2]


def test_no_length_without_count(db: StandardDatabase, answers: Answers) -> None:
    """`len` needs the query to be run with `count`; truth does not."""
    cursor = opened(db, answers, batch([]))
    with pytest.raises(CursorCountError):
        len(cursor)
    assert cursor
    assert cursor.count() is None


def test_a_with_block_closes(db: StandardDatabase, answers: Answers) -> None:
    """The server may drop the rest; that it has done so already is no error."""
    with opened(db, answers, batch([1])):
        answers(error(404, 1600))
    assert asked(answers) == [("DELETE", "/_db/test/_api/cursor/7")]


def test_a_with_block_after_the_last_batch(db: StandardDatabase, answers: Answers) -> None:
    """The server has dropped the cursor by itself."""
    with opened(db, answers, batch([1], has_more=False)) as cursor:
        assert list(cursor) == [1]
    assert asked(answers) == []


def test_close(db: StandardDatabase, answers: Answers) -> None:
    """It says whether the cursor was there."""
    cursor = opened(db, answers, batch([1]))
    answers(Answer({}, 202), error(404, 1600), error(404, 1600))
    assert cursor.close() is True
    assert cursor.close(ignore_missing=True) is False
    with pytest.raises(CursorCloseError) as caught:
        cursor.close()
    assert caught.value.error_code == 1600


def test_an_expired_cursor(db: StandardDatabase, answers: Answers) -> None:
    """The next batch is an error once the server has dropped it."""
    cursor = opened(db, answers, batch([]))
    answers(error(404, 1600, "cursor not found"))
    with pytest.raises(CursorNextError, match="cursor not found"):
        next(cursor)


def broken() -> Exception:
    """Return what `requests` raises where the connection broke half-way."""
    return requests.ConnectionError(urllib3_errors.ProtocolError("x", ConnectionResetError()))


def test_a_lost_batch_is_lost(db: StandardDatabase, answers: Answers) -> None:
    """Asked again, the server would give the next one, and rows would be missing."""
    cursor = opened(db, answers, batch([]))
    answers(broken())
    with pytest.raises(ConnectionLostError):
        next(cursor)
    assert len(asked(answers)) == 1


def test_a_lost_batch_can_be_had_again(answers: Answers) -> None:
    """With `allow_retry` a batch is asked for by its number, as often as need be."""
    db = client_for(answers, HOSTS, resolver_max_tries=2).db("test")
    cursor = opened(db, answers, batch([1], nextBatchId="2"), allow_retry=True)
    answers(broken())
    with pytest.raises(ConnectionLostError):
        list(cursor)
    answers(batch([2], nextBatchId="3"), batch([3], has_more=False), Answer({}, 202))
    with cursor:
        assert list(cursor) == [2, 3]
    path = "/_db/test/_api/cursor/7"
    assert asked(answers) == [
        ("POST", f"{path}/2"), ("POST", f"{path}/2"), ("POST", f"{path}/3"), ("DELETE", path),
    ]  # fmt: skip


def test_batches_come_from_the_coordinator_that_ran_the_query(answers: Answers) -> None:
    """Others would have to forward each call."""
    db = client_for(answers, HOSTS, host_resolver="roundrobin").db("test")
    cursor = opened(db, answers, batch([1]))
    answers(Answer({"count": 1}), batch([2], has_more=False))
    db["c"].count()
    assert list(cursor) == [1, 2]
    assert [each.host for each in answers.asked] == [HOSTS[0], HOSTS[1], HOSTS[0]]


def test_a_cursor_out_of_a_job(answers: Answers) -> None:
    """It is read on directly, from the Coordinator that ran the job."""
    db = client_for(answers, HOSTS, host_resolver="roundrobin").db("test")
    answers(Answer({"count": 1}), Answer(status=202, headers={"x-arango-async-id": "9"}))
    db["c"].count()
    job = db.begin_async_execution().aql.execute("Q", batch_size=1)
    first = batch([1])
    first.headers["x-arango-async-id"] = "9"
    answers(first, batch([2], has_more=False))
    assert list(job.result()) == [1, 2]
    assert [each.host for each in answers.asked[1:]] == [HOSTS[1]] * 3
    assert "x-arango-async" not in answers.last.headers


def test_async_iteration(db: StandardDatabase, answers: Answers) -> None:
    """`async for` fetches off the event loop's thread."""
    cursor = opened(db, answers, batch([1]))
    answers(batch([2]), batch([], has_more=False))

    async def rows() -> list[Any]:
        return [row async for row in cursor]

    assert asyncio.run(rows()) == [1, 2]


@pytest.mark.parametrize("body", [{}, [], {"result": 1}, None])
def test_no_rows_at_all(body: Any, db: StandardDatabase, answers: Answers) -> None:
    """A success that is no batch is an error, not an empty result."""
    answers(Answer(body))
    with pytest.raises(JSONDecodeError):
        db.aql.execute("Q")
    cursor = opened(db, answers, batch([]))
    answers(Answer(body))
    with pytest.raises(JSONDecodeError):
        next(cursor)


def test_a_batch_of_another_cursor(db: StandardDatabase, answers: Answers) -> None:
    """Its rows are nobody's here."""
    cursor = opened(db, answers, batch([1]))
    assert next(cursor) == 1
    answers(batch([2], id="8"))
    with pytest.raises(CursorStateError, match="cursor 7 is a batch of cursor 8"):
        next(cursor)
    assert cursor.empty()
    assert cursor.id == "7"
