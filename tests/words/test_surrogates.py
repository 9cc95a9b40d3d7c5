"""Half of a surrogate pair, such as a cut emoji, is refused in the call, whatever carries it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import enum
import json as standard
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from arango import ArangoClient as DriverClient
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs import ArangoClient, JobManager, JSONEncodeError
from arango_jobs.api.method import build_operation
from arango_jobs.json import dumps, dumps_by, loads
from arango_jobs.loader import load
from arango_jobs.local import LocalServer
from arango_jobs.operations import Operation

BAD = "cut \ud83d"
LOW = "\ude00 cut"


class Text(str):
    """As a text of numpy's: no plain str."""


class Member(enum.Enum):
    BAD = BAD


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (BAD, "$ "),
        ({"name": ["a", "b", "c", BAD]}, "$.name[3] "),
        ({"a": {"b": [{"c": LOW}]}}, "$.a.b[0].c "),
        ({"a": ("x", [BAD])}, "$.a[1][0] "),
        ({"a": Text(BAD)}, "$.a "),
        ({"a": Member.BAD}, "$.a "),
        ({1: BAD}, "$.1 "),
        ({"a": {BAD: 1}}, r"cut \ud83d at $.a "),
        ({Text(BAD): 1}, r"cut \ud83d at $ "),
        ({"a": "\ude00\ud83d"}, "$.a "),
        ({"a": [None, "\ud83d\ude00"]}, "$.a[1] "),
        ({"a": float("nan"), "b": BAD}, "$.a"),
    ],
)
def test_the_error_names_the_path(value: Any, path: str) -> None:
    """And can be printed, which what it is about could not be."""
    with pytest.raises(JSONEncodeError) as caught:
        dumps(value)
    assert path in str(caught.value)
    str(caught.value).encode()


SERIALIZERS: dict[str, Callable[[Any], Any]] = {
    "escaped": standard.dumps,
    "upper case": lambda value: standard.dumps(value).replace("\\ud", "\\uD"),
    "as text": lambda value: standard.dumps(value, ensure_ascii=False),
    "as bytes": lambda value: standard.dumps(value, ensure_ascii=False).encode(),
    "orjson": orjson.dumps,
    "ours": dumps,
}


@pytest.mark.parametrize("name", SERIALIZERS)
@pytest.mark.parametrize(
    "value", [{"a": [1, BAD]}, {"a": [1, LOW]}, {"a": [1, "\ud83d\ud83d\ude00"]}]
)
def test_serializers_of_users(name: str, value: Any) -> None:
    """They are held to the same, whether they escape, encode or raise."""
    with pytest.raises(JSONEncodeError, match=r"\$\.a\[1\]"):
        dumps_by(SERIALIZERS[name], value)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | _texts
_values = st.recursive(
    _leaves, lambda v: st.lists(v, max_size=4) | st.dictionaries(_texts, v, max_size=4)
)


@given(_values)
def test_whole_characters_pass(value: Any) -> None:
    """No text without half a pair is refused, by whatever serializer."""
    assert loads(dumps(value)) == value
    for serializer in SERIALIZERS.values():
        assert loads(dumps_by(serializer, value)) == value


@pytest.mark.parametrize("text", ["\\ud83d", "\\\\ud83d", "\U0001f600\\ud83d", "\\\U0001f600"])
def test_backslashes_are_no_escapes(text: str) -> None:
    """A text may hold what an escape looks like."""
    for serializer in (standard.dumps, SERIALIZERS["as text"], orjson.dumps, dumps):
        assert loads(dumps_by(serializer, {text: text})) == {text: text}


@given(_values, st.data())
def test_half_a_pair_anywhere(value: Any, data: st.DataObject) -> None:
    """Wherever it stands, all serializers name the same place."""
    place, path = [value], "$"
    index: Any = 0
    while isinstance(place[index], (list, dict)) and place[index]:
        place = place[index]
        index = data.draw(
            st.sampled_from(range(len(place)) if isinstance(place, list) else list(place))
        )
        path += f"[{index}]" if isinstance(place, list) else f".{index}"
    if place[index] is value:
        value = BAD
    else:
        place[index] = BAD
    said = set()
    for serializer in SERIALIZERS.values():
        with pytest.raises(JSONEncodeError) as caught:
            dumps_by(serializer, value)
        said.add(str(caught.value))
    (message,) = said
    assert message.startswith(f"the text at {path} has an unpaired surrogate")


# Each way in which a text gets into a request: what the database's calls are given.
CALLS: dict[str, Callable[[Any], Any]] = {
    "insert a value": lambda db: db.collection("c").insert({"a": BAD}),
    "insert a name": lambda db: db.collection("c").insert({BAD: 1}),
    "insert a key": lambda db: db.collection("c").insert({"_key": BAD}),
    "insert an id": lambda db: db.collection("c").insert({"_id": "c/" + BAD}),
    "get by key": lambda db: db.collection("c").get(BAD),
    "get by id": lambda db: db.collection("c").get("c/" + BAD),
    "get by document": lambda db: db.collection("c").get({"_key": BAD}),
    "has": lambda db: db.collection("c").has(BAD),
    "update": lambda db: db.collection("c").update({"_key": "k", "a": [BAD]}),
    "update by key": lambda db: db.collection("c").update({"_key": BAD}),
    "replace": lambda db: db.collection("c").replace({"_key": "k", "a": {"b": BAD}}),
    "delete": lambda db: db.collection("c").delete(BAD),
    "insert_many": lambda db: db.collection("c").insert_many([{"a": 1}, {"a": BAD}]),
    "get_many": lambda db: db.collection("c").get_many(["a", BAD]),
    "delete_many": lambda db: db.collection("c").delete_many([{"_key": BAD}]),
    "import_bulk": lambda db: db.collection("c").import_bulk([{"a": BAD}]),
    "import in batches": lambda db: db.collection("c").import_bulk(
        [{"_key": "1"}, {"a": BAD}], batch_size=1
    ),
    "find": lambda db: db.collection("c").find({"a": BAD}),
    "update_match": lambda db: db.collection("c").update_match({"a": 1}, {"b": BAD}),
    "query": lambda db: db.aql.execute(f"RETURN '{BAD}'"),
    "bind value": lambda db: db.aql.execute("RETURN @a", bind_vars={"a": [BAD]}),
    "bind name": lambda db: db.aql.execute("RETURN @a", bind_vars={BAD: 1}),
    "explain": lambda db: db.aql.explain(f"RETURN '{BAD}'"),
    "validate": lambda db: db.aql.validate(f"RETURN '{BAD}'"),
    "collection": lambda db: db.collection(BAD).count(),
    "new collection": lambda db: db.create_collection(BAD),
    "vertex": lambda db: db.graph("g").vertex_collection("v").insert({"a": BAD}),
    "vertex by key": lambda db: db.graph("g").vertex_collection("v").get(BAD),
    "edge": lambda db: db.graph("g").edge_collection("e").insert(
        {"_from": "v/1", "_to": "v/2", "a": BAD}
    ),
    "graph": lambda db: db.graph(BAD).properties(),
    "index": lambda db: db.collection("c").add_index({"type": "persistent", "fields": [BAD]}),
    "user": lambda db: db.user(BAD),
    "new user": lambda db: db.create_user("u", "p", extra={"a": BAD}),
}  # fmt: skip
RAW: dict[str, Callable[[Any], Any]] = {
    "raw JSON": lambda db: db.request("POST", "/_api/document/c", body={"a": BAD}),
    "raw text": lambda db: db.request("POST", "/_api/document/c", body=BAD),
    "raw option": lambda db: db.request("GET", "/_api/version", params={"a": BAD}),
    "insert_document": lambda db: db.insert_document("c", {"a": BAD}),
    "document": lambda db: db.document("c/" + BAD),
}
HANDLES: dict[str, Callable[[Any, JobManager], Any]] = {
    "direct": lambda db, jobs: db,
    "async": lambda db, jobs: db.begin_async_execution(),
    "thrown away": lambda db, jobs: db.begin_async_execution(return_result=False),
    "managed": lambda db, jobs: jobs.db,
    "with options": lambda db, jobs: jobs.with_options(deadline=9, retry="safe").db,
}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as started:
        system = ArangoClient(hosts=started.url).db()
        system.create_collection("c")
        yield started


@pytest.mark.local_only
@pytest.mark.parametrize("handle", HANDLES)
@pytest.mark.parametrize("options", [{}, {"merge": False}, {"client_keys": True}], ids=str)
def test_every_way_in(server: LocalServer, handle: str, options: dict[str, Any]) -> None:
    """The call raises, whatever it is, and nothing was taken in or sent."""
    for serializer in (dumps, standard.dumps):
        db: Any = ArangoClient(hosts=server.url, serializer=serializer).db()
        with JobManager(db, **options) as jobs:
            for name, call in {**CALLS, **RAW}.items():
                with pytest.raises(JSONEncodeError) as caught:
                    print(name, call(HANDLES[handle](db, jobs)))
                str(caught.value).encode()
            assert (jobs.stats().in_flight, jobs.stats().requests) == (0, 0)


@pytest.mark.local_only
@pytest.mark.parametrize("merge", [True, False])
def test_every_way_in_of_python_arango(server: LocalServer, merge: bool) -> None:
    """Its databases under a manager raise the same error."""
    for serializer in (standard.dumps, SERIALIZERS["as text"], SERIALIZERS["orjson"]):
        db = DriverClient(hosts=server.url, serializer=serializer).db("_system", "root", "")
        with JobManager(db, merge=merge) as jobs:
            for name, call in CALLS.items():
                with pytest.raises(JSONEncodeError):
                    print(name, call(jobs.db))
            with pytest.raises(JSONEncodeError):
                jobs.submit(db.collection("c").insert, {"a": BAD})
            assert (jobs.stats().in_flight, jobs.stats().requests) == (0, 0)


@pytest.mark.local_only
def test_submit_map_and_operations(server: LocalServer) -> None:
    """What is handed in is looked at where it is handed in."""
    db: Any = ArangoClient(hosts=server.url).db()
    collection = db.collection("c")
    good = build_operation(collection.get, "x")
    assert isinstance(good, Operation)
    by_hand: Operation[Any] = Operation(good.kind, None, BAD)

    async def in_loop(target: Any, *args: Any) -> Any:
        return await jobs.asubmit(target, *args)

    with JobManager(db) as jobs:
        for target, *args in (
            (collection.insert, {"a": BAD}),
            (collection.get, BAD),
            (by_hand,),
        ):
            with pytest.raises(JSONEncodeError):
                jobs.submit(target, *args)
            with pytest.raises(JSONEncodeError):
                asyncio.run(in_loop(target, *args))
        with pytest.raises(JSONEncodeError):
            list(jobs.map(collection.get, ["a", BAD]))
        assert jobs.db.version().result(10)


@pytest.mark.local_only
def test_the_others_of_an_array_are_stored(server: LocalServer) -> None:
    """One bad text harms nothing but its own call."""
    db = ArangoClient(hosts=server.url).db()
    db.create_collection("good")
    futures, refused = [], 0
    with JobManager(db) as jobs:
        for number in range(100):
            try:
                text = BAD if number == 50 else "fine"
                futures.append(jobs.collection("good").insert({"_key": str(number), "t": text}))
            except JSONEncodeError:
                refused += 1
        concurrent.futures.wait(futures, 30)
        assert [future.exception() for future in futures] == [None] * 99
    assert (refused, db.collection("good").count()) == (1, 99)


@pytest.mark.local_only
def test_rows_of_a_load(server: LocalServer, tmp_path: Any) -> None:
    """Such a row fails by itself; the file of failed rows has it as it was."""
    db = ArangoClient(hosts=server.url).db()
    rows = [{"_key": str(n), "t": BAD if n == 3 else "fine"} for n in range(6)]
    letters = tmp_path / "failed.jsonl"
    report = load(iter(rows), db, "loaded", create=True, dead_letter=str(letters))
    assert (report.documents, report.failed) == (5, 1)
    record = standard.loads(letters.read_text())
    assert record["row"] == rows[3]
    assert "$.t" in record["error"]["message"]
