"""Stopping a query, its memory, its depth, its profile, and finding documents by index."""

from __future__ import annotations

import threading

import pytest

from arango_jobs.local.aql import QueryContext, QueryOptions, explain_query, parse_query, run_query
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store import Index
from arango_jobs.testing import FakeClock


class SteppingClock:
    """A clock that moves when somebody waits, or a little with every look."""

    def __init__(self, step=0.0):
        self.now = 0.0
        self.step = step
        self.waits = []

    def monotonic(self):
        self.now += self.step
        return self.now

    def time(self):
        return 1_700_000_000.5 + self.now

    def wait(self, event, timeout):
        self.waits.append(timeout)
        self.now += timeout
        return event.is_set()


def error_number(attempt):
    """Return the number of the error that an attempt ends with, or None."""
    try:
        attempt()
    except ArangoError as error:
        return error.error_num
    return None


def killed(query, context):
    with pytest.raises(ArangoError) as caught:
        list(run_query(query, {}, QueryOptions(), context).rows)
    error = caught.value
    assert (error.error_num, error.message, error.status) == (1500, "query killed", 410)


def test_sleep_waits_on_the_clock(database):
    """SLEEP takes the time that it says, on the clock of the context."""
    clock = SteppingClock()
    result = run_query("RETURN SLEEP(90000)", {}, QueryOptions(), QueryContext(database, clock))
    assert list(result.rows) == [None]
    assert (clock.now, sum(clock.waits)) == (90000, 90000)


@pytest.mark.parametrize("seconds", ["-1", "'x'", "null"])
def test_sleep_with_a_wrong_argument(run, seconds):
    """It does not wait, and warns."""
    assert run(f"RETURN SLEEP({seconds})").warnings[0]["code"] == 1542


def test_deadline_ends_a_sleep(database):
    """The query is killed at its deadline, not after the sleep."""
    clock = SteppingClock()
    killed("RETURN SLEEP(100)", QueryContext(database, clock, deadline=7.0))
    assert clock.now == 7.0


LONG = [
    "FOR i IN 1..1e18 FILTER i < 0 RETURN i",
    "FOR i IN 1..1e9 FOR j IN 1..1e9 FILTER i < 0 RETURN i",
    "FOR a IN 1..250 FOR b IN 1..250 FOR c IN 1..250 FOR d IN 1..250 FILTER a < 0 RETURN 1",
    "FOR i IN 1..1e18 COLLECT WITH COUNT INTO n RETURN n",
    "FOR i IN 1..1e18 COLLECT k = i % 2 RETURN k",
    "FOR i IN 1..1e18 SORT i RETURN i",
    "FOR i IN 1..1e18 LIMIT 1e17, 1 RETURN i",
    "RETURN (FOR i IN 1..1e18 FILTER i < 0 RETURN i)",
    "FOR i IN 1..1e18 LET x = (RETURN i) FILTER x[0] < 0 RETURN i",
    "FOR v IN 1..1e9 ANY 'people/ann' loops OPTIONS {uniqueEdges: 'none'} FILTER v == 1 RETURN v",
    "FOR i IN 1..1e18 RETURN DISTINCT 1",
    "FOR i IN 1..1e18 INSERT {} INTO empty",
    "FOR i IN 1..1e18 WINDOW {preceding: 1} AGGREGATE s = SUM(i) RETURN s",
]


@pytest.mark.parametrize("query", LONG)
def test_deadline_ends_a_loop(database, query):
    """Every kind of loop looks at the clock now and then."""
    loops = database.create_collection("loops", type=3)
    loops.insert({"_from": "people/ann", "_to": "people/ann"})
    clock = SteppingClock(step=1.0)
    killed(query, QueryContext(database, clock, deadline=30.0))
    assert clock.now < 60


def test_kill_before_the_start(context):
    """A query that is killed at once does nothing."""
    context.cancelled.set()
    killed("INSERT {} INTO empty", context)
    assert len(context.database.collection("empty").documents) == 0


def test_kill_wakes_a_sleeper(database):
    """Another thread's kill ends the sleep."""
    clock, cancelled = FakeClock(), threading.Event()
    context = QueryContext(database, clock, cancelled)
    errors = []

    def work():
        try:
            run_query("RETURN SLEEP(3600)", {}, QueryOptions(), context)
        except ArangoError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    clock.wait_for_waiters()
    cancelled.set()
    clock.advance(3600)
    thread.join(10)
    assert not thread.is_alive()
    assert [error.error_num for error in errors] == [1500]


def test_kill_takes_writes_back(database):
    """What was written before the kill is gone."""
    context = QueryContext(database, SteppingClock(step=1.0), deadline=20.0)
    killed("FOR i IN 1..20000 INSERT {i} INTO empty", context)
    assert len(database.collection("empty").documents) == 0


@pytest.mark.parametrize(
    "query",
    [
        "FOR i IN 1..100000 RETURN CONCAT('a long enough string ', i)",
        "FOR i IN 1..100000 SORT i RETURN 1",
        "FOR i IN 1..100000 COLLECT k = i RETURN 1",
        "FOR i IN 1..100000 COLLECT k = 1 INTO g RETURN 1",
    ],
)
def test_memory_limit(database, query):
    """A query that holds more than allowed ends with 32."""
    context = QueryContext(database, memory_limit=200_000)
    with pytest.raises(ArangoError) as caught:
        run_query(query, {}, QueryOptions(), context)
    assert (caught.value.error_num, caught.value.status) == (32, 500)
    assert "more memory than allowed" in caught.value.message


DEEP = [
    "RETURN " + "(" * 5000 + "1" + ")" * 5000,
    "RETURN " + "[" * 5000 + "]" * 5000,
    "RETURN " + "-" * 5000 + "(x)",
    "RETURN " + "NOT " * 5000 + "1",
    "RETURN " + "1 + " * 5000 + "1",
    "RETURN " + "1 ? " * 3000 + "1" + " : 1" * 3000,
    "RETURN " + "(RETURN " * 2000 + "1" + ")" * 2000,
    "RETURN {}" + ".a" * 5000,
    "RETURN {}" + "[0]" * 5000,
    "RETURN []" + "[*]" * 2000,
    "RETURN " + "true AND " * 5000 + "true",
    "RETURN " + '{"a": ' * 3000 + "1" + "}" * 3000,
    "RETURN " + "LENGTH(" * 3000 + "1" + ")" * 3000,
    " ".join(f"FOR i{number} IN [1]" for number in range(3000)) + " RETURN 1",
    "RETURN " + "(" * 5000,
]


@pytest.mark.parametrize("query", DEEP, ids=range(len(DEEP)))
def test_deep_query(context, query):
    """It works, or is an error of the query."""
    for attempt in (
        lambda: list(run_query(query, {}, QueryOptions(), context).rows),
        lambda: explain_query(query, {}, QueryOptions(), context),
        lambda: parse_query(query),
    ):
        assert error_number(attempt) in (None, 32, 1501, 1203)


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "expression",
    ["@v == @w", "TO_STRING(@v)", "UNIQUE([@v, @w])", "FLATTEN(@v, 10000)", "@v < @w",
     "MERGE_RECURSIVE({a: @v}, {a: @w})", "JSON_STRINGIFY(@v)", "HASH(@v)",
     "[@v, @w]", "TO_NUMBER(@v)"],
)  # fmt: skip
def test_deep_data(context, expression):
    """It works, or is an error of the query."""
    binds = {"v": nested(20000)}
    if "@w" in expression:
        binds["w"] = nested(20000)
    query = f"RETURN {expression}"
    assert error_number(lambda: run_query(query, binds, QueryOptions(), context)) in (None, 32)


def test_profile(run):
    """Level 1 gives times, level 2 the plan and what each node did too."""
    assert run("RETURN 1").profile is None
    assert set(run("RETURN 1", profile=1).profile) >= {"parsing", "executing"}
    result = run("FOR i IN 1..5 FILTER i > 2 RETURN i", profile=2)
    counted = {node["id"]: node["items"] for node in result.stats["nodes"]}
    kinds = {node["id"]: node["type"] for node in result.plan["nodes"]}
    assert {kinds[number]: items for number, items in counted.items()} == {
        "EnumerateListNode": 5,
        "FilterNode": 3,
    }


@pytest.fixture
def indexed(database):
    """people with an index over city and age, and a sparse unique one over email."""
    people = database.collection("people")
    for number, (fields, unique) in enumerate([(["city", "age"], False), (["email"], True)]):
        definition = {"id": str(number), "name": f"by_{fields[0]}", "type": "persistent"}
        people.add_index(
            Index({**definition, "fields": fields, "unique": unique, "sparse": unique})
        )
    return people


LOOKUPS = [
    ("p._key == 'ann'", ["ann"], "primary"),
    ("'ann' == p._key AND p.age == 30", ["ann"], "primary"),
    ("p._id == 'people/ann'", ["ann"], "primary"),
    ("p._id == 'knows/ann'", [], "primary"),
    ("p._key IN ['bob', 'nobody', 'ann', 'bob']", ["ann", "bob"], "primary"),
    ("p._key == 5", [], "primary"),
    ("p._key == LOWER('ANN')", ["ann"], "primary"),
    ("p._key == RANDOM_TOKEN(5)", [], None),
    ("p.city == 'Bonn' AND p.age == 20", ["bob"], "by_city"),
    ("p.city == 'Bonn' FILTER p.age == 20.0", ["bob"], "by_city"),
    ("p.city == null && p.age == 20", ["dan"], "by_city"),
    ("p.city == 'Bonn'", ["ann", "bob"], None),
    ("p.email == null", ["ann", "bob", "cat", "dan"], "by_email"),
    ("p.city == p._key AND p.age == 20", [], None),
    ("p.city == 'Bonn' OR p._key == 'ann'", ["ann", "bob"], None),
    ("NOT (p._key == 'ann')", ["bob", "cat", "dan"], None),
]


@pytest.mark.parametrize(("condition", "expected", "index"), LOOKUPS)
def test_lookup(run, context, indexed, condition, expected, index):
    """Equality on a key or on all fields of an index finds the documents without a scan."""
    query = f"FOR p IN people FILTER {condition} SORT p._key RETURN p._key"
    assert list(run(query).rows) == expected
    nodes = explain_query(query, {}, QueryOptions(), context)["plan"]["nodes"]
    found = [node["indexes"][0]["name"] for node in nodes if node["type"] == "IndexNode"]
    assert found == ([] if index is None else [index])


def test_lookup_counts(run):
    """Documents found by an index count as scannedIndex."""
    stats = run("FOR p IN people FILTER p._key == 'ann' RETURN p").stats
    assert (stats["scannedIndex"], stats["scannedFull"], stats["filtered"]) == (1, 0, 0)


def test_join_by_index(run):
    """The value may come from an outer loop; edges are found by their ends."""
    query = "FOR p IN people FOR k IN knows FILTER k._from == p._id SORT k.w RETURN [p._key, k.w]"
    result = run(query)
    assert list(result.rows) == [["ann", 1], ["cat", 1], ["bob", 2], ["ann", 9]]
    assert (result.stats["scannedFull"], result.stats["scannedIndex"]) == (4, 4)


def test_explain(context):
    """The plan names its nodes, collections, variables and rules."""
    query = "FOR p IN people FILTER p._key == @k UPDATE p WITH {} IN people RETURN NEW"
    explained = explain_query(query, {"k": "ann"}, QueryOptions(), context)
    plan = explained["plan"]
    assert [node["type"] for node in plan["nodes"]] == [
        "SingletonNode",
        "IndexNode",
        "CalculationNode",
        "FilterNode",
        "UpdateNode",
        "ReturnNode",
    ]
    assert [node["dependencies"] for node in plan["nodes"]] == [[], [1], [2], [3], [4], [5]]
    assert plan["collections"] == [{"name": "people", "type": "write"}]
    assert plan["rules"] == ["use-indexes"]
    assert plan["variables"][0]["name"] == "p"
    assert plan["isModificationQuery"] is True
    assert (explained["cacheable"], explained["warnings"]) == (False, [])
    assert "ann" in context.database.collection("people").documents


def test_explain_all_plans(context):
    """There is one plan, in a list."""
    explained = explain_query("RETURN 1", {}, QueryOptions(all_plans=True), context)
    assert (len(explained["plans"]), "plan" in explained) == (1, False)


def test_options_from_a_request():
    """They have the names of the cursor API; what does not fit is ignored."""
    options = QueryOptions.from_json(
        {
            "fullCount": True,
            "profile": 2,
            "stream": True,
            "failOnWarning": True,
            "maxWarningCount": 3,
        }
    )
    assert options == QueryOptions(True, 2, True, True, 3)
    assert QueryOptions.from_json({"profile": True}).profile == 1
    assert (
        QueryOptions.from_json({"profile": 9, "maxWarningCount": "x", "other": 1}) == QueryOptions()
    )


def test_parser_is_built_once_by_many_threads(context):
    """Many first queries at once all work."""
    results = []

    def work(number):
        results.extend(run_query(f"RETURN {number}", {}, QueryOptions(), context).rows)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(8))


@pytest.mark.parametrize(
    "expression",
    [
        "CONCAT(@s, @s)",
        "CONCAT_SEPARATOR(@s, 1, 2, 3)",
        "UNION(1..6000000, 1..6000000)",
        "REPEAT(@s, 2)",
    ],
)
def test_value_that_is_too_large(context, expression):
    """A string or an array of more than ten million parts is not made."""
    binds = {"s": "x" * 6_000_000} if "@s" in expression else {}
    number = error_number(
        lambda: run_query(
            f"RETURN {expression}", binds, QueryOptions(fail_on_warning=True), context
        )
    )
    assert number in (32, 1542)
