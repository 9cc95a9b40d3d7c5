"""Threads that collide for real: no increment is lost, whatever the timing."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from arango_jobs import ArangoClient, JobManager
from arango_jobs.local import LocalServer
from arango_jobs.local.aql import QueryContext, QueryOptions, run_query
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store import Database, Store

INCREMENTS = {
    "document": "LET d = DOCUMENT('c/k') UPDATE d WITH {n: d.n + 1} IN c",
    "for": "FOR d IN c FILTER d._key == 'k' UPDATE d WITH {n: d.n + 1} IN c",
    "index": "FOR d IN c FILTER d.name == 'k' UPDATE d WITH {n: d.n + 1} IN c",
    "upsert": "UPSERT {_key: 'k'} INSERT {} UPDATE {n: OLD.n + 1} IN c",
    "replace": "LET d = DOCUMENT('c/k') REPLACE d WITH {name: 'k', n: d.n + 1} IN c",
}
EXCLUSIVE = "LET d = DOCUMENT('c/k') UPDATE d WITH {n: d.n + 1} IN c OPTIONS {exclusive: true}"
THREADS, ROUNDS = 4, 60


@pytest.fixture
def database() -> Database:
    database = Store().databases["_system"]
    collection = database.create_collection("c")
    collection.insert({"_key": "k", "name": "k", "n": 0})
    return database


def increment(database: Database, text: str) -> int:
    """Return 1 if the value was increased, 0 if another statement was in the way."""
    try:
        run_query(text, {}, QueryOptions(), QueryContext(database=database))
    except ArangoError as error:
        if error.error_num != 1200:
            raise
        return 0
    return 1


@pytest.mark.parametrize("name", INCREMENTS)
def test_no_increment_is_lost(database, name):
    """The value is the number of successes; single writes between them do not change that."""
    start = threading.Barrier(THREADS + 1)

    def queries() -> int:
        start.wait()
        return sum(increment(database, INCREMENTS[name]) for _ in range(ROUNDS))

    def others() -> Counter[int]:
        """Write to other documents, at once and in statements that are taken back."""
        start.wait()
        collection, seen = database.collection("c"), Counter[int]()
        for number in range(ROUNDS):
            collection.insert({"_key": f"x{number}", "name": "x"})
            statement = database.begin()
            view = statement.writing(collection)
            try:
                view.update(f"x{number}", {"n": 1})
                view.update("k", {"n": -1000})
            except ArangoError as error:
                seen[error.error_num] += 1
            statement.end(keep=False)
        return seen

    with ThreadPoolExecutor(THREADS + 1) as pool:
        done = [pool.submit(queries) for _ in range(THREADS)]
        seen = pool.submit(others).result()
        successes = sum(future.result() for future in done)
    collection = database.collection("c")
    assert collection.require("k")["n"] == successes > 0
    assert set(seen) <= {1200}
    assert collection.count() == ROUNDS + 1
    assert all("n" not in d for d in collection.all() if d["_key"] != "k")
    assert not collection.claims
    assert not database.store.versions.is_watched


@pytest.mark.parametrize("text", [INCREMENTS["document"], EXCLUSIVE], ids=["shared", "exclusive"])
def test_increments_as_jobs(text):
    """The same through sockets; with exclusive access all of them succeed."""
    with LocalServer() as server, ArangoClient(hosts=server.url) as client:
        db = client.db("_system", username="root", password="")
        db.create_collection("c").insert({"_key": "k", "n": 0})
        with JobManager(db) as jobs:
            futures = [jobs.aql.execute(text) for _ in range(200)]
            wait(futures)
        errors = [error for future in futures if (error := future.exception()) is not None]
        assert {(e.http_code, e.error_code) for e in errors} <= {(409, 1200)}
        assert db.collection("c").get("k")["n"] == 200 - len(errors)
        assert not errors or text is not EXCLUSIVE
