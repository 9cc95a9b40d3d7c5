"""Every call, in every context: what it sends, and what it makes of the answer."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest
from api_support import HOST, Answer, Answers, answered, error
from request_table import ROWS, Row

from arango_jobs import ArangoServerError, Cursor, Response, StandardDatabase
from arango_jobs.api import database, edges, graph, vertices
from arango_jobs.api.aql import AQL
from arango_jobs.api.aql_cache import AQLQueryCache
from arango_jobs.api.collection import StandardCollection
from arango_jobs.operations import Operation

WRAPPERS = (
    database.StandardDatabase,
    StandardCollection,
    AQL,
    AQLQueryCache,
    graph.Graph,
    vertices.VertexCollection,
    edges.EdgeCollection,
)


def plain(result: Any) -> Any:
    """Return what can be compared: rows of a cursor, the repr of a wrapper."""
    if isinstance(result, Cursor):
        return list(result)
    if isinstance(result, Response):
        return f"<{result.status}>"
    if hasattr(result, "context"):
        return repr(result)
    return result


def each_row(test: Any, rows: list[Row] = ROWS) -> Any:
    """Run the test for each row of the table."""
    ids = [f"{number}-{row.name}" for number, row in enumerate(rows)]
    return pytest.mark.parametrize("row", [copy.deepcopy(row) for row in rows], ids=ids)(test)


def each_checked_row(test: Any) -> Any:
    """Run the test for each row whose call raises the server's errors."""
    return each_row(test, [row for row in ROWS if row.result != "<404>"])


@each_row
def test_called_directly(row: Row, db: StandardDatabase, answers: Answers) -> None:
    """A call is sent at once and returns its result."""
    answers(row.reply)
    assert plain(row.call(db)) == row.result
    asked = answers.last
    assert (asked.method, asked.target) == (row.method, "/_db/test" + row.path)
    sent = asked.body.decode() if isinstance(row.body, str) else asked.json()
    assert sent == row.body
    assert row.headers.items() <= asked.headers.items()
    assert "x-arango-async" not in asked.headers


@each_row
def test_called_as_a_job(row: Row, db: StandardDatabase, answers: Answers) -> None:
    """A call becomes a job with the same request, and the job's result is the call's."""
    answers(Answer(status=202, headers={"X-Arango-Async-Id": "77"}))
    job = row.call(db.begin_async_execution())
    asked = answers.last
    assert (asked.method, asked.target) == (row.method, "/_db/test" + row.path)
    assert asked.headers["x-arango-async"] == "store"
    assert row.headers.items() <= asked.headers.items()
    answers(Answer(row.answer, row.status, {"X-Arango-Async-Id": "77"}))
    assert plain(job.result()) == row.result
    assert (answers.last.method, answers.last.target) == ("PUT", "/_db/test/_api/job/77")


@each_row
def test_called_and_forgotten(row: Row, db: StandardDatabase, answers: Answers) -> None:
    """A call whose result nobody wants returns nothing."""
    answers(Answer(status=202))
    assert row.call(db.begin_async_execution(return_result=False)) is None
    assert answers.last.headers["x-arango-async"] == "true"


@each_row
def test_built_only(row: Row, recording: StandardDatabase, answers: Answers) -> None:
    """A manager gets an operation that knows its request and reads its answer."""
    operation = row.call(recording)
    assert isinstance(operation, Operation)
    assert (operation.kind.method, operation.target) == (row.method, "/_db/test" + row.path)
    assert operation.body == row.body
    assert plain(answered(operation, row.reply)) == row.result
    assert operation.kind.is_direct == row.path.startswith("/_api/job/")
    assert answers.asked == []


@each_checked_row
def test_refused(row: Row, db: StandardDatabase, answers: Answers) -> None:
    """An error of the server is raised as the error of the call, with what it says."""
    answers(error(500, 4, "bad luck"))
    with pytest.raises(ArangoServerError) as caught:
        row.call(db)
    raised = caught.value
    assert type(raised) is not ArangoServerError
    assert (raised.http_code, raised.error_code, raised.error_message) == (500, 4, "bad luck")
    assert raised.request is not None
    assert raised.request.method == row.method.lower()
    assert raised.request.endpoint == row.path.partition("?")[0]
    assert raised.request.data == row.body
    assert raised.response is not None
    assert raised.response.body["errorMessage"] == "bad luck"
    assert raised.http_method == row.method.lower()
    assert raised.url == HOST + "/_db/test" + row.path


def test_every_call_has_a_row() -> None:
    """No method that builds an operation is left out of the table."""
    methods = {
        function.__qualname__
        for wrapper in WRAPPERS
        for _, function in inspect.getmembers(wrapper, inspect.isfunction)
        if hasattr(function, "__builds_operation__")
    }
    assert methods == {row.name for row in ROWS}
