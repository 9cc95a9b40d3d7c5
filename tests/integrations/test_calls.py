"""Calls that the driver's own async mode breaks on, and what `submit` takes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arango import ArangoClient
from arango.collection import StandardCollection
from arango.cursor import Cursor
from arango.database import Database
from arango.exceptions import (
    AQLQueryExecuteError,
    DocumentGetError,
    DocumentInsertError,
    DocumentRevisionError,
    IndexMissingError,
)
from arango.request import Request
from driver_world import World, send

from arango_jobs import (
    ArangoServerError,
    JobDeadlineError,
    JobFuture,
    JobLostError,
    JobManager,
    OptionError,
    SubmitOutcomeUnknownError,
    UnsupportedInContextError,
    UnsupportedTargetError,
)
from arango_jobs.integrations.python_arango import DocumentImportError
from arango_jobs.integrations.python_arango.responses import Reader
from arango_jobs.local import LocalServer
from arango_jobs.local.faults import Fault
from arango_jobs.operations import Operation, OperationKind, Response

pytestmark = pytest.mark.local_only


def _requests(jobs: JobManager) -> int:
    return jobs.stats().requests


def test_the_wrappers_are_the_drivers_own(jobs):
    assert isinstance(jobs.db, Database)
    assert isinstance(jobs.collection("c"), StandardCollection)
    assert jobs.db.context == jobs.collection("c").context == "managed"
    assert type(jobs.db["c"]) is type(jobs.collection("c"))
    assert repr(jobs.collection("c")) == "<StandardCollection c>"


def test_what_a_call_makes_is_managed_too(jobs):
    """A collection or graph that was just created returns futures."""
    made = jobs.db.create_collection("made").result(10)
    assert isinstance(made.count(), JobFuture)
    graph = jobs.db.create_graph("made").result(10)
    assert isinstance(graph.properties(), JobFuture)
    assert isinstance(graph.create_vertex_collection("mv").result(10).count(), JobFuture)


@pytest.mark.parametrize(
    "use",
    [len, iter, list, lambda collection: "a" in collection],
    ids=["len", "iter", "list", "in"],
)
def test_what_needs_an_answer_at_once_is_refused_before_anything_is_sent(use, jobs):
    for collection in (jobs.collection("c"), jobs.graph("g").edge_collection("e")):
        with pytest.raises(UnsupportedInContextError, match="wait for its future"):
            use(collection)
    assert _requests(jobs) == 0
    assert bool(jobs.collection("c"))


def test_has_goes_out_as_get_and_tells_revisions(jobs):
    """A job's HEAD result cannot be fetched from several versions of the server."""
    c = jobs.collection("c")
    assert [c.has(key).result(10) for key in ("a", "missing")] == [True, False]
    rev = c.get("a").result(10)["_rev"]
    assert c.has({"_key": "a", "_rev": rev}).result(10) is True
    wrong = c.has({"_key": "a", "_rev": "_none"})
    assert isinstance(wrong.exception(10), DocumentRevisionError)
    assert wrong.job_id is not None
    # A key that has to be quoted goes another way.
    quoted = c.has("a%b")
    assert (quoted.result(10), quoted.job_id is None) == (False, False)


def test_any_other_head_is_answered_directly(jobs):
    future = send(jobs.db, Request("head", "/_api/version"))
    assert future.result(10).status_code == 200
    assert future.job_id is None


def test_the_index_for_a_box_is_looked_up_first(managed: World, jobs):
    """One future, whose job is the query."""
    future = jobs.collection("c").find_in_box(0, 0, 2, 2)
    assert [doc["_key"] for doc in future.result(10)] == ["b"]
    assert future.operation is not None
    managed.db.create_collection("plain")
    with pytest.raises(IndexMissingError):
        jobs.collection("plain").find_in_box(0, 0, 2, 2)


def test_a_running_loop_is_not_blocked_by_the_look_up(managed: World, jobs):
    async def run() -> list[Any]:
        future = await jobs.asubmit(managed.db.collection("c").find_in_box, 0, 0, 2, 2)
        inserted = await jobs.asubmit(managed.db.collection("c").insert, {"_key": "z"})
        return [[doc["_key"] for doc in await future], (await inserted)["_key"]]

    assert asyncio.run(run()) == [["b"], "z"]


def test_an_import_in_batches_is_one_future(jobs):
    documents = [{"_key": f"i{number}"} for number in range(7)]
    results = jobs.collection("c").import_bulk(documents, batch_size=3).result(10)
    assert [result["created"] for result in results] == [3, 3, 1]
    assert jobs.collection("c").import_bulk([], batch_size=3).result(10) == []


def test_each_failed_batch_tells_its_own_documents(jobs):
    """The driver's own handler would show the last batch for all of them."""
    documents = [{"_key": key} for key in ("a", "n1", "n2", "n3", "b")]
    future = jobs.collection("c").import_bulk(documents, batch_size=2)
    error = future.exception(10)
    assert isinstance(error, DocumentImportError)
    assert isinstance(error, DocumentInsertError)
    assert error.error_code == 1210
    assert [(one.start, one.count, one.error.request.data) for one in error.failures] == [
        (0, 2, documents[:2]),
        (4, 1, documents[4:]),
    ]
    assert [result["created"] for result in error.results] == [2]


def test_a_batch_that_is_lost_does_not_hide_the_others(managed: World, jobs):
    faults = managed.server.faults
    faults.add(Fault("POST /_api/import", "respond", status=418))
    faults.add(Fault("PUT /_api/job/{id}", "close_after"))
    documents = [{"_key": f"l{number}"} for number in range(2)]
    error = jobs.collection("c").import_bulk(documents, batch_size=1).exception(20)
    faults.reset()
    assert isinstance(error, DocumentImportError)
    assert JobLostError in [type(one.error) for one in error.failures]


def test_a_deadline_is_the_querys_longest_runtime_and_ends_its_future(managed: World, jobs):
    handles = jobs.with_options(deadline=0.4)
    future = handles.aql.execute("RETURN SLEEP(30)")
    assert isinstance(future.exception(10), (JobDeadlineError, AQLQueryExecuteError))
    assert b'"maxRuntime":0.4' in future.operation.body
    shorter = handles.aql.execute("RETURN SLEEP(30)", max_runtime=0.2)
    assert isinstance(shorter.exception(10), (JobDeadlineError, AQLQueryExecuteError))
    assert b'"maxRuntime":0.2' in shorter.operation.body


def test_the_callers_own_word_on_repeating_counts(managed: World, jobs):
    """Whoever knows that a second run does no harm says so, and a broken call is repeated."""
    faults = managed.server.faults
    faults.add(Fault("POST /_api/document/{collection}", "close_before"))
    handles = jobs.with_options(retry="idempotent")
    assert handles.collection("c").insert({"_key": "again"}).result(20)["_key"] == "again"
    faults.add(Fault("POST /_api/document/{collection}", "close_before"))
    error = jobs.collection("c").insert({"_key": "once"}).exception(20)
    faults.reset()
    assert isinstance(error, SubmitOutcomeUnknownError)


def test_submit_takes_methods_of_another_database_of_the_same_user(managed: World, jobs):
    system = managed.client.db("_system", "root", "")
    future = jobs.submit(system.properties)
    assert future.result(10)["name"] == "_system"
    assert future.job_id is not None


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (lambda w: w.client.db("t", "bob", "x").properties, "another user"),
        (lambda w: w.db.begin_async_execution().properties, "async context"),
        (lambda w: w.db.begin_transaction().properties, "transaction context"),
        (lambda w: len, "no method of"),
        (lambda w: w.client.db, "no method of"),
    ],
    ids=["other user", "async", "transaction", "builtin", "client"],
)
def test_submit_refuses_what_it_cannot_send(target, reason, managed: World, jobs):
    method = target(managed)
    with pytest.raises(UnsupportedTargetError, match=reason):
        jobs.submit(method)
    assert _requests(jobs) == 0


def test_arguments_that_the_driver_refuses_are_refused_at_once(managed: World, jobs):
    with pytest.raises(TypeError):
        jobs.submit(managed.db.collection("c").insert)
    with pytest.raises(AssertionError):
        jobs.collection("c").find({}, skip=-1)
    assert _requests(jobs) == 0


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("brew", "/_api/version"), "no HTTP method"),
        (Request("get", "/_api/version", headers={"x-a": "1\r\nx-b: 2"}), "cannot go into"),
        (Request("get", "/_api/version", headers={"Authorization": "x"}), "by the manager itself"),
        (Request("get", "no slash"), "cannot be a path"),
    ],
    ids=["method", "header", "authorization", "path"],
)
def test_a_malformed_request_is_refused_and_the_manager_goes_on(request_, reason, jobs):
    with pytest.raises(OptionError, match=reason):
        send(jobs.db, request_)
    assert jobs.db.version().result(10)


def test_names_are_quoted_as_the_driver_quotes_them(managed: World, jobs):
    for key in ("ü", "a%20b", "x y", "a%b", "..", ".", "a+b", "a:b@c"):

        def ask(db: Any, key: str = key) -> Any:
            return send(db, Request("get", f"/_admin/echo/{key}", params={"a b": "ü&"}))

        direct = ask(managed.db)
        found = ask(jobs.db).result(10)
        assert found.body.get("url") == direct.body.get("url")
        assert found.status_code == direct.status_code


def test_map_takes_a_method_of_the_drivers(managed: World, jobs):
    found = jobs.map(managed.db.collection("c").get, ["a", "b", "missing"], buffersize=2)
    assert [one and one["_key"] for one in found] == ["a", "b", None]


def test_a_cursor_is_read_on_where_its_query_ran():
    """No batch is forwarded from one Coordinator to another."""
    with LocalServer(coordinators=3) as server:
        client = ArangoClient(hosts=server.urls, host_resolver="roundrobin")
        with JobManager(client.db("_system", "root", "")) as jobs:
            futures = [jobs.aql.execute("FOR i IN 1..6 RETURN i", batch_size=2) for _ in range(6)]
            cursors = [future.result(10) for future in futures]
            asked: list[str] = []
            for cursor, future in zip(cursors, futures, strict=True):
                assert isinstance(cursor, Cursor)
                connection = cursor._conn
                original = connection._http.send_request
                host = future.host

                def note(*args: Any, original: Any = original, **kwargs: Any) -> Any:
                    asked.append(kwargs["url"])
                    return original(*args, **kwargs)

                connection._http.send_request = note
                assert list(cursor) == [1, 2, 3, 4, 5, 6]
                connection._http.send_request = original
                assert all(url.startswith(str(host)) for url in asked)
                asked.clear()
            assert len({future.host for future in futures}) > 1
        client.close()


def test_a_result_of_503_is_the_operations_own_error(managed: World):
    """The driver would go to another host, and say that it cannot connect."""
    reader = Reader(managed.db.conn, [managed.server.url])
    kind: Any = OperationKind(
        "x", "GET", "t", "/_api/document/c/a", lambda *_: None, ArangoServerError
    )
    request = Request("get", "/_api/document/c/a")
    body = b'{"error":true,"errorNum":503,"errorMessage":"starting","code":503}'
    url = f"{managed.server.url}/_db/t/_api/job/1"

    def handler(answer: Any) -> None:
        raise DocumentGetError(answer, request)

    with pytest.raises(DocumentGetError) as caught:
        reader.read(request, handler, Response(503, {}, body, url), Operation(kind))
    assert (caught.value.http_code, caught.value.error_code) == (503, 503)
    assert caught.value.url == f"{managed.server.url}/_db/t/_api/document/c/a"
