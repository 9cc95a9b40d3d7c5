"""One array stands for many single calls, and each of them gets what it would have got alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from api_support import Recorder

from arango_jobs import ArangoServerError, StandardCollection, StandardDatabase
from arango_jobs._wire.arrays import element_response
from arango_jobs.operations import Operation, Request

Build = Callable[[Any, Any], Any]

WRONG = "_wrong"

# Each case is run twice on equal collections, for every key: one by one, and as one array.
CASES: dict[str, tuple[tuple[Any, ...], Build]] = {
    "insert": (("n", "a", "n"), lambda c, k: c.insert({"_key": k})),
    "insert silently": (("n", "a"), lambda c, k: c.insert({"_key": k}, silent=True)),
    "insert and return": (("n", "a"), lambda c, k: c.insert({"_key": k, "x": 9}, True)),
    "insert or replace": (
        ("n", "a"),
        lambda c, k: c.insert({"_key": k, "y": 9}, True, overwrite=True, return_old=True),
    ),
    "insert or ignore": (("n", "a"), lambda c, k: c.insert({"_key": k}, overwrite_mode="ignore")),
    "insert or update": (
        ("n", "a"),
        lambda c, k: c.insert({"_key": k, "y": 9}, True, overwrite_mode="update"),
    ),
    "insert what cannot be": (("a/b", "n"), lambda c, k: c.insert({"_key": k})),
    "get": (("a", "none", "b"), lambda c, k: c.get(k)),
    "get by revision": ((("a", WRONG), ("b", None)), lambda c, k: c.get(k[0], rev=k[1])),
    "has": (("a", "none", "b"), lambda c, k: c.has(k)),
    "has by revision": ((("a", WRONG), ("b", None)), lambda c, k: c.has(k[0], rev=k[1])),
    "update": (("a", "none", "b"), lambda c, k: c.update({"_key": k, "y": 1})),
    "update by id": (("a", "none"), lambda c, k: c.update({"_id": f"c/{k}", "y": 1})),
    "update with a wrong revision": (
        ("a", "none"),
        lambda c, k: c.update({"_key": k, "_rev": WRONG}),
    ),
    "update whatever the revision": (
        ("a", "none"),
        lambda c, k: c.update({"_key": k, "_rev": WRONG}, check_rev=False),
    ),
    "update and return": (
        ("a", "b"),
        lambda c, k: c.update(
            {"_key": k, "y": None}, keep_none=False, return_new=True, return_old=True
        ),
    ),
    "update silently": (("a", "none"), lambda c, k: c.update({"_key": k}, silent=True)),
    "replace": (("a", "none"), lambda c, k: c.replace({"_key": k, "z": 1}, return_old=True)),
    "replace with a wrong revision": (
        ("a", "none"),
        lambda c, k: c.replace({"_id": f"c/{k}", "_rev": WRONG}),
    ),
    "delete": (("a", "none", "a"), lambda c, k: c.delete(k)),
    "delete if there": (("a", "none"), lambda c, k: c.delete(k, ignore_missing=True)),
    "delete with a wrong revision": (
        (("a", WRONG), ("b", None)),
        lambda c, k: c.delete(k[0], rev=k[1]),
    ),
    "delete and return": (("a", "b"), lambda c, k: c.delete(k, return_old=True)),
    "delete silently": (("a", "none"), lambda c, k: c.delete(k, silent=True)),
}


def filled(db: StandardDatabase) -> StandardCollection:
    """Return the collection "c", made anew with documents "a" and "b"."""
    db.delete_collection("c", ignore_missing=True)
    collection = db.create_collection("c")
    collection.insert_many([{"_key": "a", "x": 1}, {"_key": "b", "x": 2}])
    return collection


def outcome(call: Callable[[], Any]) -> Any:
    """Return the result without revisions, or the error's class and numbers."""
    try:
        return without_revisions(call())
    except ArangoServerError as error:
        return type(error), error.http_code, error.error_code


def without_revisions(value: Any) -> Any:
    """Return `value` with every revision made the same."""
    if not isinstance(value, dict):
        return value
    return {
        name: "rev" if name in ("_rev", "_old_rev") else without_revisions(item)
        for name, item in value.items()
    }


def merged(operations: list[Operation[Any]], db: StandardDatabase) -> list[Any]:
    """Send `operations` as one array and return what each of them makes of its element."""
    kind = operations[0].kind
    plan = kind.merge
    assert plan is not None
    assert all(operation.kind is kind for operation in operations)
    body = json.dumps([plan.element(operation) for operation in operations]).encode()
    response = db.conn.send(Request(plan.method, plan.target, kind.headers, body))
    elements = response.json()
    assert response.is_success, elements
    assert len(elements) == len(operations)

    def read(operation: Operation[Any], element: Any) -> Any:
        if isinstance(element, dict) and element.get("error"):
            single = element_response(element, plan, response, lambda e: json.dumps(e).encode())
            return outcome(partial(operation.decode, single))
        return without_revisions(plan.value(element))

    return [
        read(operation, element) for operation, element in zip(operations, elements, strict=True)
    ]


@pytest.mark.parametrize("case", CASES)
def test_an_array_is_as_good_as_single_calls(case: str, live: StandardDatabase) -> None:
    """Results and errors are the same, and so are the documents afterwards."""
    keys, call = CASES[case]
    single = filled(live)
    one_by_one = [outcome(partial(call, single, key)) for key in keys]
    after = sorted(map(repr, map(without_revisions, single.all())))

    collection = filled(live)
    recording = StandardCollection(Recorder(live.conn), "c")
    operations = [call(recording, key) for key in keys]
    assert merged(operations, live) == one_by_one
    assert sorted(map(repr, map(without_revisions, collection.all()))) == after


def test_kinds_are_shared(recording: StandardDatabase) -> None:
    """Equal options on any handle of a collection are one kind; other options are another."""

    def kind(collection: Any, **options: Any) -> Any:
        return collection.insert({"_key": "a"}, **options).kind

    first, second = recording.collection("c"), recording["c"]
    assert kind(first) is kind(second)
    assert kind(first, silent=True) is kind(second, silent=True)
    assert kind(first) is not kind(first, silent=True)
    assert kind(first) is not kind(recording["d"])
    assert first.get("a").kind is second["b"].kind  # type: ignore[union-attr]
    assert first.delete("a").kind is second.delete("b").kind  # type: ignore[union-attr]


def test_a_renamed_collection_has_other_kinds(recording: StandardDatabase) -> None:
    """After a rename the same handle sends to the new name."""
    collection: Any = recording["c"]
    before = collection.insert({"_key": "a"})
    collection._call_it("d")
    after = collection.insert({"_key": "a"})
    assert (before.target, after.target) == (
        "/_db/test/_api/document/c",
        "/_db/test/_api/document/d",
    )


def test_documents_of_graphs_are_never_merged(recording: StandardDatabase) -> None:
    """There is no array form of the calls about vertices and edges."""
    graph: Any = recording.graph("g")
    assert graph.vertex_collection("v").insert({}).kind.merge is None
    assert graph.edge_collection("e").delete("1").kind.merge is None


def test_the_document_is_not_copied(recording: StandardDatabase) -> None:
    """A load's documents are handed on as they are."""
    collection: Any = recording["c"]
    document = {"_key": "a", "x": [1]}
    assert collection.insert(document).body is document
    assert collection.update(document).body is document
    by_id = {"_id": "c/a"}
    assert collection.insert(by_id).body == {"_id": "c/a", "_key": "a"}
    assert by_id == {"_id": "c/a"}


def test_an_element_always_has_its_key(recording: StandardDatabase) -> None:
    """In an array nothing else tells the server which document is meant."""
    collection: Any = recording["c"]
    operation = collection.update({"_id": "c/a", "x": 1})
    assert operation.kind.merge.element(operation) == {"_id": "c/a", "_key": "a", "x": 1}
    operation = collection.delete("c/a", rev="_1")
    assert operation.kind.merge.element(operation) == {"_key": "a", "_rev": "_1"}
