"""Operations that were written down, built again: what they send, and what they make of answers."""

from __future__ import annotations

import copy
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ledger_world import World

from arango_jobs import (
    AsyncJobResultError,
    Cursor,
    Response,
    StandardCollection,
    json,
)
from arango_jobs.ledger.rebuilding import Rebuilder
from arango_jobs.operations import Operation


def _load(name: str) -> ModuleType:
    """Return a module of the wrappers' own tests."""
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "api" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_load("api_support")
ROWS = copy.deepcopy(_load("request_table").ROWS)

# What these look for in the answer is no part of their requests.
UNDECODED = {
    "collection.has",
    "database.has",
    "user.has",
    "graph.has_vertex_collection",
    "graph.has_edge_definition",
    "graph.has_edge_collection",
}


def _plain(result: Any) -> Any:
    if isinstance(result, Cursor):
        return list(result)
    if isinstance(result, Response):
        return f"<{result.status}>"
    return repr(result) if hasattr(result, "context") else result


def _again(world: World, operation: Operation[Any]) -> Operation[Any]:
    """Return what is built of the operation after it was written down."""
    world.take(operation)
    world.writer.commit()
    return Rebuilder(world.db, json.loads).operation(world.told()[-1])


def _response(row: Any, operation: Operation[Any]) -> Response:
    url = "http://one:8529" + operation.target
    return Response(row.status, {}, json.dumps(row.answer), url)


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row.name}" for n, row in enumerate(ROWS)])
def test_every_call(row: Any, world: World) -> None:
    """The request is the same, and the answer is read as the call itself would read it."""
    operation = row.call(world.db)
    again = _again(world, operation)
    assert (again.kind.name, again.kind.method) == (operation.kind.name, row.method)
    assert again.target == "/_db/test" + row.path
    assert again.headers == operation.headers
    assert again.effective_retry is operation.effective_retry
    if world.told()[-1].is_complete:
        assert again.kind.headers == operation.kind.headers
        assert world.db.conn.encode(again) == world.db.conn.encode(operation)
    result = again.decode(_response(row, again))
    if operation.kind.name in UNDECODED:
        assert isinstance(result, Response)
        return
    assert _plain(result) == row.result
    assert again.kind.error is operation.kind.error


@pytest.mark.parametrize("options", [{}, {"return_new": True}, {"silent": True}])
def test_merged(world: World, options: dict[str, Any]) -> None:
    """Operations of one kind have one kind again, and its array request is the same."""
    collection = world.db.collection("c")
    operations = [collection.insert({"_key": key}, **options) for key in "ab"]
    world.take(*operations)
    world.writer.commit()
    rebuilder = Rebuilder(world.db, json.loads)
    first, second = map(rebuilder.operation, world.told())
    assert first.kind is second.kind
    plan, before = first.kind.merge, operations[0].kind.merge
    assert plan is not None
    assert (plan.method, plan.target, plan.status) == (before.method, before.target, before.status)
    assert plan.element(first) == {"_key": "a"}
    element = {"_id": "c/a", "_key": "a", "_rev": "_1"}
    assert plan.value(dict(element)) == before.value(dict(element))


def test_ordered(world: World) -> None:
    """Operations on one document wait for each other again."""
    collection = StandardCollection(world.db._executor, "c", ordered=True)
    assert _again(world, collection.insert({"_key": "a"})).kind.order == "test/c"


def test_made_key(world: World) -> None:
    """It is known to be ours, so that a first run is recognised."""
    operation = world.db.collection("c").insert({"_key": "a"})
    operation.made_key = True
    again = _again(world, operation)
    assert (again.key, again.made_key, again.is_keyless) == ("a", True, True)


def _foreign(world: World, **changes: Any) -> Operation[Any]:
    operation = world.db.request("POST", "/_api/x", body=b"{}")
    object.__setattr__(operation.kind, "name", "Driver.call")
    for name, value in changes.items():
        setattr(operation, name, value)
    return operation


def test_operation_that_is_not_ours(world: World) -> None:
    """Its result is the plain response, its error that of a job's result."""
    again = _again(world, _foreign(world))
    response = Response(201, {}, b'{"a":1}')
    assert again.decode(response) is response
    with pytest.raises(AsyncJobResultError):
        again.decode(Response(404, {}, b'{"error":true,"errorNum":1203}'))


def test_operation_with_a_decoder(world: World) -> None:
    """Whoever made it can say how its answers are read."""
    world.take(_foreign(world))
    world.writer.commit()
    decoders = {"Driver.call": lambda response, operation: response.json()["a"]}
    again = Rebuilder(world.db, json.loads, decoders).operation(world.told()[-1])
    assert again.decode(Response(201, {}, b'{"a":1}')) == 1


def test_query_with_repeatable_batches(world: World) -> None:
    """What the body says counts for each operation of the same kind."""
    operations = [world.db.aql.execute("RETURN 1", allow_retry=allows) for allows in (False, True)]
    world.take(*operations)
    world.writer.commit()
    rebuilder = Rebuilder(world.db, json.loads)
    answer = Response(201, {}, b'{"result":[],"hasMore":false}')
    cursors = [rebuilder.operation(each).decode(answer) for each in world.told()]
    assert [cursor._allow_retry for cursor in cursors] == [False, True]
