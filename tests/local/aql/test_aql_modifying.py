"""INSERT, UPDATE, REPLACE, REMOVE and UPSERT, and what takes them back."""

from __future__ import annotations

import pytest
from aqlcases import cases

from arango_jobs.local.aql import QueryContext, QueryOptions, run_query
from arango_jobs.local.errors import ArangoError


def stripped(document):
    return {name: value for name, value in document.items() if name not in ("_id", "_rev")}


def test_insert(run, database):
    """NEW is the stored document, OLD is null, without RETURN there are no rows."""
    result = run("FOR i IN 1..2 INSERT {_key: CONCAT('k', i), i} INTO empty RETURN [OLD, NEW]")
    assert [(old, stripped(new)) for old, new in result.rows] == [
        (None, {"_key": "k1", "i": 1}),
        (None, {"_key": "k2", "i": 2}),
    ]
    assert (result.modifies, result.stats["writesExecuted"]) == (True, 2)
    assert list(run("INSERT {a: 1} IN empty").rows) == []
    assert len(database.collection("empty").documents) == 3


OVERWRITES = [
    ("replace", {"_key": "ann", "age": 1}),
    ("update", {"_key": "ann", "age": 1, "city": "Bonn", "tags": ["a", "b"]}),
]


@pytest.mark.parametrize(("mode", "expected"), OVERWRITES)
def test_insert_that_overwrites(rows, mode, expected):
    """overwriteMode decides what happens to an existing document, which is OLD."""
    query = (
        "INSERT {_key: 'ann', age: 1} INTO people OPTIONS {overwriteMode: @m} RETURN [OLD.age, NEW]"
    )
    [[old, new]] = rows(query, {"m": mode})
    assert (old, stripped(new)) == (30, expected)


def test_insert_that_ignores(run):
    """With ignore an existing document stays and counts as ignored."""
    result = run("INSERT {_key: 'ann'} INTO people OPTIONS {overwriteMode: 'ignore'} RETURN NEW")
    assert (list(result.rows), result.stats["writesIgnored"]) == ([None], 1)
    assert result.stats["writesExecuted"] == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("UPDATE 'ann' WITH {x: 1} IN people RETURN [OLD.x, NEW.x, NEW.age]", [None, 1, 30]),
        ("UPDATE {_key: 'ann', x: 2} IN people RETURN [OLD.x, NEW.x, NEW.age]", [None, 2, 30]),
        ("REPLACE 'ann' WITH {x: 1} IN people RETURN [OLD.age, NEW.x, NEW.age]", [30, 1, None]),
        ("REPLACE {_key: 'ann', x: 2} IN people RETURN [OLD.age, NEW.x, NEW.age]", [30, 2, None]),
        ("REMOVE 'ann' IN people RETURN [OLD.age, NEW]", [30, None]),
        ("REMOVE {_key: 'ann'} IN people LET o = OLD RETURN o.age", 30),
        ("FOR p IN people FILTER p.age == 40 UPDATE p WITH {x: p.age} IN people RETURN NEW.x", 40),
    ],
)  # fmt: skip
def test_change(rows, query, expected):
    """The document is named by a key or an object; WITH may be left out."""
    assert rows(query) == [expected]


def test_update_options(rows):
    """keepNull and mergeObjects do as in the document API."""
    rows("UPDATE 'ann' WITH {o: {a: 1}} IN people")
    merged = rows(
        "UPDATE 'ann' WITH {o: {b: 2}, age: null} IN people RETURN [NEW.o, HAS(NEW, 'age')]"
    )
    assert merged == [[{"a": 1, "b": 2}, True]]
    query = "UPDATE 'ann' WITH {o: {c: 3}, age: null} IN people OPTIONS {keepNull: false, mergeObjects: false, waitForSync: true} RETURN [NEW.o, HAS(NEW, 'age')]"  # fmt: skip  # noqa: E501
    assert rows(query) == [[{"c": 3}, False]]


def test_upsert(rows):
    """It inserts what it does not find and changes what it finds; OLD tells which it was."""
    query = (
        "FOR c IN ['Bonn', 'Rome'] UPSERT {city: c} INSERT {city: c, n: 0} "
        "UPDATE {n: OLD.age + 1} IN people RETURN [OLD == null, NEW.n]"
    )
    assert rows(query) == [[False, 31], [True, 0]]
    query = (
        "UPSERT {_key: 'ann'} INSERT {} REPLACE {z: 1} IN people RETURN [OLD.n, NEW.z, NEW.city]"
    )
    assert rows(query) == [[31, 1, None]]


def test_upsert_sees_its_own_writes(rows):
    """A second equal element finds what the first one inserted."""
    query = "FOR i IN [1, 1, 2] UPSERT {i} INSERT {i, n: 1} UPDATE {n: OLD.n + 1} IN empty"
    rows(query)
    assert rows("FOR d IN empty SORT d.i RETURN [d.i, d.n]") == [[1, 2], [2, 1]]


@pytest.mark.parametrize(("query", "expected"), cases("write_errors"))
def test_write_that_fails(failure, query, expected):
    """The store's refusal is the query's error."""
    error = failure(query)
    assert [error.error_num, error.status] == expected
    assert error.message.startswith("AQL: ")


def test_ignored_errors(run):
    """With ignoreErrors the others are written, and the failures counted."""
    query = (
        "FOR k IN ['nobody', 'ann'] REMOVE k IN people OPTIONS {ignoreErrors: true} RETURN OLD._key"
    )
    result = run(query)
    assert list(result.rows) == [None, "ann"]
    assert (result.stats["writesExecuted"], result.stats["writesIgnored"]) == (1, 1)


def test_failed_query_leaves_no_trace(failure, rows, database):
    """What it wrote before the error is taken back."""
    before = dict(database.collection("people").documents)
    failure("FOR i IN 1..3 INSERT {_key: i == 3 ? 'ann' : CONCAT('n', i)} INTO people")
    failure("FOR p IN people UPDATE p WITH {age: 0} IN people RETURN FAIL('late')")
    failure("FOR p IN people REMOVE p IN people RETURN FAIL('late')")
    after = database.collection("people").documents
    assert {key: document["_rev"] for key, document in after.items()} == {
        key: document["_rev"] for key, document in before.items()
    }
    assert rows("FOR p IN people SORT p._key RETURN p.age") == [30, 20, 40, 20]


def test_loop_does_not_see_its_own_writes(rows):
    """A FOR that writes into the collection it reads ends."""
    query = "FOR p IN people INSERT {copy: p._key} INTO people RETURN 1"
    assert rows(query) == [1, 1, 1, 1]


def test_modification_in_a_subquery(rows):
    """Its rows are the sub-query's value."""
    query = (
        "LET k = (FOR i IN 1..2 INSERT {_key: TO_STRING(i)} INTO empty RETURN NEW._key) RETURN k"
    )
    assert rows(query) == [["1", "2"]]


def test_stream_runs_a_write_at_once(run, database):
    """A query that writes is never lazy."""
    run("INSERT {_key: 'x'} INTO empty RETURN NEW", stream=True)
    assert "x" in database.collection("empty").documents


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("FOR p IN people RETURN p", "read"),
        ("FOR v IN 1..1 ANY 'people/ann' GRAPH 'social' RETURN v", "read"),
        ("RETURN LENGTH(people)", "read"),
        ("RETURN DOCUMENT('people/ann')", "read"),
        ("RETURN DOCUMENT(people, 'ann')", "read"),
        ("INSERT {} INTO people", "write"),
        ("UPSERT {a: 1} INSERT {} UPDATE {} IN people", "write"),
    ],
)
def test_rights(database, query, refused):
    """What the user may not do is 403 and 11."""
    context = QueryContext(
        database=database,
        can_read=lambda name: refused != "read" or name != "people",
        can_write=lambda name: refused != "write" or name != "people",
    )
    with pytest.raises(ArangoError) as caught:
        run_query(query, {}, QueryOptions(), context)
    assert (caught.value.error_num, caught.value.status) == (11, 403)


def test_rights_are_asked_once(database):
    """Once for each collection and query."""
    asked = []
    context = QueryContext(database=database, can_read=lambda name: not asked.append(name))
    run_query("FOR a IN people FOR b IN people RETURN 1", {}, QueryOptions(), context)
    assert asked == ["people"]
