"""Results that came, and cannot be read: the future is lost, or has what can be read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from arango import ArangoClient as DriverClient
from outcome_support import FETCH_ROUTE, ends

from arango_jobs import (
    ArangoClient,
    JobFuture,
    JobLostError,
    JobManager,
    JSONDecodeError,
    StandardDatabase,
)
from arango_jobs.local import Fault, LocalServer

pytestmark = pytest.mark.local_only

BODIES = {
    "cut": b'{"_id":"c/1","_key":"1","_re',
    "wrong charset": '{"_key":"ü","_id":"c/ü","_rev":"1","result":[]}'.encode("latin-1"),
    "a page": b"<html><body>Bad gateway</body></html>",
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "text": b'"_key"',
    "an empty object": b"{}",
    "an empty list": b"[]",
    "one element": b'[{"_id":"c/1","_key":"1","_rev":"1"}]',
    "elements that are no objects": b"[1,2,3]",
    "elements of texts": b'["_key","_key","_key"]',
    "empty elements": b"[{},{},{}]",
}
SINGLE: dict[str, Callable[[Any, int], Any]] = {
    "insert": lambda db, n: db.collection("c").insert({"_key": f"new{n}"}),
    "get": lambda db, n: db.collection("c").get(f"old{n}"),
    "update": lambda db, n: db.collection("c").update({"_key": f"old{n}", "x": n}),
    "replace": lambda db, n: db.collection("c").replace({"_key": f"old{n}", "x": n}),
}
ALONE: dict[str, Callable[[Any, int], Any]] = {
    "count": lambda db, n: db.collection("c").count(),
    "query": lambda db, n: db.aql.execute("FOR d IN c RETURN d"),
    "all": lambda db, n: db.collection("c").all(),
    "import": lambda db, n: db.collection("c").import_bulk([{"n": n}]),
    "many": lambda db, n: db.collection("c").insert_many([{"n": 1}, {"n": 2}]),
}
CALLS = {**SINGLE, **ALONE}
Answer = Callable[..., Fault]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as started:
        yield started


@pytest.fixture
def db(server: LocalServer) -> Iterator[StandardDatabase[Any]]:
    database: Any = ArangoClient(hosts=server.url).db()
    database.create_collection("c")
    database.collection("c").insert_many([{"_key": f"old{n}"} for n in range(3)])
    yield database
    database.delete_collection("c")


@pytest.fixture
def answered(server: LocalServer) -> Iterator[Answer]:
    """Return what has all fetches, or calls of another route, answered with a body."""
    faults: list[Fault] = []

    def answer_with(body: bytes, route: str = FETCH_ROUTE) -> Fault:
        fault = server.faults.add(Fault(route, "replace_body", body=body, count=None))
        faults.append(fault)
        return fault

    yield answer_with
    for fault in faults:
        server.faults.remove(fault)


def three(jobs: JobManager, call: Callable[[Any, int], Any], server: LocalServer) -> Any:
    """Hand in three calls that wait for one another, so that they are merged if they can be."""
    server.faults.hold_queue()
    futures: list[JobFuture[Any]] = [call(jobs.db, n) for n in range(3)]
    server.faults.release_queue()
    return futures


def manager(db: Any, merged: bool, **options: Any) -> JobManager:
    more = {"linger": 5.0, "merge_max_operations": 3} if merged else {}
    return JobManager(db, merge=merged, **more, **options)


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("name", BODIES)
def test_nothing_can_be_read(
    server: LocalServer, db: StandardDatabase[Any], answered: Answer, name: str, merged: bool
) -> None:
    """The same end for each kind of call, alone or merged, and with the same facts."""
    answered(BODIES[name])
    with manager(db, merged) as jobs:
        for call_name, call in (SINGLE if merged else CALLS).items():
            futures = three(jobs, call, server)
            assert ends(futures) == {"JobLostError"}, call_name
            for future in futures:
                error = future.exception()
                assert isinstance(error, JobLostError)
                assert error.job_id
                assert error.host == server.url
    # They have run, each once.
    stored = server.database("_system").collection("c").documents
    assert {f"new{n}" for n in range(3)} <= set(stored)


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("returns", [False, True])
def test_inserts_with_keys_of_ours(
    server: LocalServer,
    db: StandardDatabase[Any],
    answered: Answer,
    name: str,
    merged: bool,
    returns: bool,
) -> None:
    """Their documents are read back, and tell what was lost."""
    answered(BODIES[name])
    with manager(db, merged, client_keys=True) as jobs:
        futures = three(
            jobs,
            lambda database, n: database.collection("c").insert({"n": n}, return_new=returns),
            server,
        )
        assert ends(futures) == {"value"}
    stored = server.database("_system").collection("c").documents
    for n, future in enumerate(futures):
        result = future.result()
        assert stored[result["_key"]]["n"] == n
        assert stored[result["_key"]]["_rev"] == result["_rev"]
        assert returns is ("new" in result)
    assert len(stored) == 6


def test_one_that_was_not_stored(
    server: LocalServer, db: StandardDatabase[Any], answered: Answer
) -> None:
    """Nobody knows what the server had said of it; the others are found."""
    db.collection("c").add_index(
        {"type": "persistent", "fields": ["n"], "unique": True, "sparse": True}
    )
    answered(b"{")
    with manager(db, True, client_keys=True) as jobs:
        futures = three(
            jobs, lambda database, n: database.collection("c").insert({"n": n // 2}), server
        )
        assert ends(futures) == {"value", "JobLostError"}
    lost = [future.exception() for future in futures if future.exception()]
    assert len(lost) == 1
    assert "no document has its key" in str(lost[0])
    assert any("read back" in attempt for attempt in lost[0].attempts)  # type: ignore[union-attr]


def test_one_element_alone(
    server: LocalServer, db: StandardDatabase[Any], answered: Answer
) -> None:
    """The others of the array have their results."""
    body = (
        b'[{"_id":"c/new0","_key":"new0","_rev":"1"},7,{"_id":"c/new2","_key":"new2","_rev":"1"}]'
    )
    answered(body)
    with manager(db, True) as jobs:
        futures = three(jobs, SINGLE["insert"], server)
        assert ends(futures) == {"value", "JobLostError"}
        assert [future.exception() is None for future in futures] == [True, False, True]


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
def test_a_deserializer_that_raises(
    server: LocalServer, db: StandardDatabase[Any], answered: Answer, merged: bool
) -> None:
    """What it raises is the cause, and what is read back is read by ours."""

    def deserialize(text: str) -> Any:
        raise LookupError("no such class")

    own: Any = ArangoClient(hosts=server.url, deserializer=deserialize).db()
    with manager(own, merged) as jobs:
        for call in SINGLE.values():
            futures = three(jobs, call, server)
            assert ends(futures) == {"JobLostError"}
            assert {type(future.exception().__cause__) for future in futures} == {LookupError}
    with manager(own, merged, client_keys=True) as jobs:
        futures = three(jobs, lambda d, n: d.collection("c").insert({"n": n}), server)
        assert ends(futures) == {"value"}


@pytest.mark.parametrize("merged", [False, True], ids=["single", "merged"])
@pytest.mark.parametrize("name", BODIES)
def test_python_arangos_wrappers(
    server: LocalServer, db: StandardDatabase[Any], answered: Answer, name: str, merged: bool
) -> None:
    """That driver gives out as text what it cannot decode; a future does not."""
    driver = DriverClient(hosts=server.url).db("_system", "root", "")
    answered(BODIES[name])
    calls = SINGLE if merged else {**SINGLE, "count": ALONE["count"], "query": ALONE["query"]}
    with manager(driver, merged) as jobs:
        for call in calls.values():
            assert ends(three(jobs, call, server)) == {"JobLostError"}
    with manager(driver, merged, client_keys=True) as jobs:
        futures = three(jobs, lambda d, n: d.collection("c").insert({"n": n}), server)
        assert ends(futures) == {"value"}
        assert {type(future.result()) for future in futures} == {dict}


@pytest.mark.parametrize("name", ["cut", "a page", "a number"])
def test_direct_calls_raise_as_ever(
    server: LocalServer, db: StandardDatabase[Any], answered: Answer, name: str
) -> None:
    """The answer is there, and so is the error about it."""
    answered(BODIES[name], "GET /_api/*")
    for call in (SINGLE["get"], ALONE["count"]):
        with pytest.raises(JSONDecodeError):
            call(db, 0)
