"""What is run a second time, and what is not, when it may have run already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from arango_jobs import (
    ArangoClient,
    DocumentUpdateError,
    JobManager,
    StandardDatabase,
    SubmitOutcomeUnknownError,
)
from arango_jobs.local import Fault, LocalServer

pytestmark = pytest.mark.local_only

Database = StandardDatabase[Any]


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def db(server: LocalServer) -> Iterator[Database]:
    with ArangoClient(hosts=server.urls) as client:
        db = client.db("_system", username="root", password="")
        db.create_collection("c")
        yield db


def _lose_one_submission(server: LocalServer) -> None:
    server.faults.add(Fault(route="POST /_api/cursor", action="close_after", count=1))


def test_reading_query_is_run_again(server: LocalServer, db: Database) -> None:
    """Its plan says that it only reads, so nobody has to say it."""
    _lose_one_submission(server)
    with JobManager(db) as jobs:
        assert jobs.aql.execute("RETURN 1").result(timeout=20).next() == 1
    assert server.stats["POST /_api/explain"] == 1
    assert server.stats["POST /_api/cursor"] == 2


def test_writing_query_is_not_run_again(server: LocalServer, db: Database) -> None:
    """It ends unknown, with what was tried, and it has run once."""
    _lose_one_submission(server)
    with JobManager(db) as jobs:
        error = jobs.aql.execute("INSERT {} INTO c").exception(timeout=20)
    assert isinstance(error, SubmitOutcomeUnknownError)
    assert error.attempts
    assert server.stats["POST /_api/cursor"] == 1


@pytest.mark.parametrize("word", ["safe", "idempotent"])
def test_the_user_says_that_it_is_safe(server: LocalServer, db: Database, word: str) -> None:
    """Then nobody is asked, and it is run again."""
    _lose_one_submission(server)
    with JobManager(db) as jobs:
        query = "UPSERT {_key: 'k'} INSERT {_key: 'k'} UPDATE {} IN c RETURN NEW._key"
        cursor = jobs.with_options(retry=word).aql.execute(query).result(timeout=20)
        assert cursor.next() == "k"
    assert server.stats["POST /_api/explain"] == 0
    assert server.stats["POST /_api/cursor"] == 2


def test_the_user_says_never(server: LocalServer, db: Database) -> None:
    """Then nobody is asked, and it is not run again, though it only reads."""
    _lose_one_submission(server)
    with JobManager(db) as jobs:
        error = jobs.with_options(retry="never").aql.execute("RETURN 1").exception(timeout=20)
    assert isinstance(error, SubmitOutcomeUnknownError)
    assert server.stats["POST /_api/explain"] == 0


def _conflicts(server: LocalServer, count: int) -> None:
    server.faults.add(
        Fault(
            route="PATCH /_api/document/{collection}/{key}",
            action="respond",
            status=409,
            error_num=1200,
            message="write-write conflict",
            count=count,
        )
    )


def test_write_conflicts_are_tried_again_on_request(server: LocalServer, db: Database) -> None:
    """As often as was asked for; the update that gets through is the answer."""
    db.collection("c").insert({"_key": "k"})
    _conflicts(server, 2)
    with JobManager(db, conflict_retries=3, merge=False) as jobs:
        assert jobs.collection("c").update({"_key": "k", "v": 1}).result(timeout=20)["_key"] == "k"
    assert db.collection("c").get("k")["v"] == 1


def test_write_conflicts_have_an_end(server: LocalServer, db: Database) -> None:
    """The error is the operation's own, and tells of all tries."""
    db.collection("c").insert({"_key": "k"})
    _conflicts(server, 9)
    with JobManager(db, conflict_retries=2, merge=False) as jobs:
        error = jobs.collection("c").update({"_key": "k", "v": 1}).exception(timeout=20)
    assert isinstance(error, DocumentUpdateError)
    assert (error.http_code, error.error_code) == (409, 1200)
    assert len(error.attempts) == 2


def test_write_conflicts_are_not_tried_again_unasked(server: LocalServer, db: Database) -> None:
    """The first one is the answer."""
    db.collection("c").insert({"_key": "k"})
    _conflicts(server, 1)
    with JobManager(db, merge=False) as jobs:
        error = jobs.collection("c").update({"_key": "k", "v": 1}).exception(timeout=20)
    assert isinstance(error, DocumentUpdateError)
    assert error.attempts == ()
