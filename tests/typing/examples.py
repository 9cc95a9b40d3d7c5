"""What type checkers must see, by context; read by mypy and pyright, and never run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typing_extensions import assert_type

from arango_jobs import (
    AQLQueryExecuteError,
    ArangoClient,
    ArangoServerError,
    Async,
    AsyncDatabase,
    AsyncJob,
    Cursor,
    Default,
    DocumentMeta,
    EdgeCollection,
    Forget,
    Graph,
    ImportResult,
    JobFuture,
    JobManager,
    Managed,
    Response,
    StandardCollection,
    StandardDatabase,
)

Json = dict[str, Any]


def direct(client: ArangoClient) -> None:
    db = client.db("test", username="root", password="passwd")
    assert_type(db, StandardDatabase[Default])
    students = db.collection("students")
    assert_type(students, StandardCollection[Default])
    assert_type(db["students"], StandardCollection[Default])
    assert_type(students.insert({"_key": "a"}, silent=False), DocumentMeta)
    assert_type(students.get("a"), Json | None)
    assert_type(students["a"], Json | None)
    assert_type(students.has("a"), bool)
    assert_type(students.delete("a"), DocumentMeta | bool)
    assert_type(students.count(), int)
    assert_type(students.all(), Cursor)
    assert_type(students.import_bulk([{"a": 1}]), ImportResult)
    assert_type(students.import_bulk([{"a": 1}], batch_size=10), list[ImportResult])
    assert_type(db.aql.execute("RETURN 1", batch_size=1), Cursor)
    assert_type(db.create_collection("c"), StandardCollection[Default])
    assert_type(db.create_graph("g"), Graph[Default])
    assert_type(db.version(), Any)
    assert_type(db.databases(), list[str])
    assert_type(db.request("GET", "/_api/version"), Response)
    edges = db.graph("g").edge_collection("e")
    assert_type(edges, EdgeCollection[Default])
    assert_type(edges.link("a/1", "a/2"), Json)
    assert_type(len(students), int)
    assert_type("a" in students, bool)


def errors(db: StandardDatabase) -> None:
    try:
        db.aql.execute("NO QUERY")
    except AQLQueryExecuteError as error:
        assert_type(error.http_code, int)
        assert_type(error.message, str)
        wider: ArangoServerError = error
        print(wider)


def as_jobs(db: StandardDatabase) -> None:
    kept = db.begin_async_execution()
    assert_type(kept, AsyncDatabase[Async])
    assert_type(kept.collection("c").insert({}), AsyncJob[DocumentMeta])
    assert_type(kept.aql.execute("RETURN 1"), AsyncJob[Cursor])
    assert_type(kept.aql.execute("RETURN 1").result(), Cursor)
    assert_type(kept["c"].import_bulk([{}]), AsyncJob[ImportResult])
    assert_type(kept["c"].import_bulk([{}], batch_size=1), list[AsyncJob[ImportResult]])
    forgotten = db.begin_async_execution(return_result=False)
    assert_type(forgotten, AsyncDatabase[Forget])


def managed(students: StandardCollection[Managed], db: StandardDatabase[Managed]) -> None:
    assert_type(students.insert({}), JobFuture[DocumentMeta])
    assert_type(students.insert({}).result(), DocumentMeta)
    assert_type(students.get("a").result(timeout=3), Json | None)
    assert_type(students["a"], JobFuture[Json | None])
    assert_type(students.import_bulk([{}], batch_size=1), JobFuture[list[ImportResult]])
    assert_type(db.aql.execute("RETURN 1"), JobFuture[Cursor])
    assert_type(db.create_collection("c"), JobFuture[StandardCollection[Managed]])
    assert_type(db.collection("c").count(), JobFuture[int])


def wrong(students: StandardCollection) -> None:
    students.insert()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    students.insert({}, no_such_option=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    students.count().result()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def through_a_manager(jobs: JobManager, db: StandardDatabase) -> None:
    """A manager's handles, and what is submitted to it."""
    assert_type(jobs.collection("c").insert({}), JobFuture[DocumentMeta])
    assert_type(jobs.collection("c", ordered=True).get("a"), JobFuture[Json | None])
    assert_type(jobs.aql.execute("RETURN 1"), JobFuture[Cursor])
    assert_type(jobs.with_options(deadline=3).db.collection("c").count(), JobFuture[int])
    assert_type(jobs.submit(db.collection("c").insert, {}), JobFuture[DocumentMeta])
    assert_type(jobs.map(db.collection("c").get, ["a"]), Iterator[Json | None])


async def in_a_loop(jobs: JobManager, db: StandardDatabase) -> None:
    """What awaiting gives."""
    assert_type(await jobs.asubmit(db.collection("c").count), JobFuture[int])
    assert_type(await jobs.collection("c").insert({}), DocumentMeta)
