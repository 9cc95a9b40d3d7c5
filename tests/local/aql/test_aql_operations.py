"""FOR, FILTER, SORT, LIMIT, LET, RETURN, COLLECT and WINDOW."""

from __future__ import annotations

import pytest

QUERIES = [
    # loops
    ("FOR i IN 1..3 RETURN i * 2", [2, 4, 6]),
    ("FOR i IN [] RETURN i", []),
    ("FOR i IN 1..2 FOR j IN i..2 RETURN [i, j]", [[1, 1], [1, 2], [2, 2]]),
    ("FOR x IN (FOR y IN [3, 1, 2] SORT y RETURN y) RETURN x", [1, 2, 3]),
    ('FOR k, v IN {a: 1, b: 2} OPTIONS {type: "object"} RETURN [k, v]', [["a", 1], ["b", 2]]),
    ("FOR p IN people RETURN p._key", ["ann", "bob", "cat", "dan"]),
    ("FOR i IN 1..1e18 LIMIT 2 RETURN i", [1, 2]),
    ("FOR doc IN people LIMIT 0, null RETURN doc._key", ["ann", "bob", "cat", "dan"]),
    # filters
    ("FOR p IN people FILTER p.age > 20 AND p.city == 'Bonn' RETURN p._key", ["ann"]),
    ("FOR p IN people FILTER p.tags RETURN p._key", ["ann", "bob", "cat"]),
    ("FOR i IN 1..10 FILTER i > 3 FILTER i % 2 == 0 RETURN i", [4, 6, 8, 10]),
    ("for i in 1..10 let x = sleep(0) filter i == 5 return 42", [42]),
    # order and limits
    ("FOR p IN people SORT p.age, p._key DESC RETURN p._key", ["dan", "bob", "ann", "cat"]),
    ("FOR p IN people SORT p.age DESC, p._key LIMIT 1, 2 RETURN p._key", ["ann", "bob"]),
    ("FOR p IN people LIMIT 2 SORT p.age RETURN p._key", ["bob", "ann"]),
    ("FOR p IN people SORT p.city ASC RETURN p.city", [None, "Bonn", "Bonn", "Köln"]),
    ("FOR i IN 1..5 LIMIT 3, 10 RETURN i", [4, 5]),
    ("FOR i IN 1..5 LIMIT 0 RETURN i", []),
    ("FOR i IN 1..5 LIMIT 1 + 1 RETURN i", [1, 2]),
    ("FOR i IN 1..9 SORT RAND() LIMIT 1 RETURN i > 0", [True]),
    # variables
    ("LET a = 1, b = 2 LET c = a + b RETURN c", [3]),
    ("FOR i IN 1..2 LET s = (FOR j IN 1..i RETURN j) RETURN s", [[1], [1, 2]]),
    # distinct keeps the order
    ("FOR p IN people RETURN DISTINCT p.age", [30, 20, 40]),
    ("FOR x IN [1, 1.0, true, '1', [1], [1, null], {}] RETURN DISTINCT x", [1, True, "1", [1], {}]),
    # collect
    ("FOR p IN people COLLECT age = p.age RETURN age", [20, 30, 40]),
    ("FOR p IN people COLLECT WITH COUNT INTO n RETURN n", [4]),
    ("FOR p IN people COLLECT c = p.city WITH COUNT INTO n RETURN [c, n]",
     [[None, 1], ["Bonn", 2], ["Köln", 1]]),
    ("FOR p IN people COLLECT c = p.city, a = p.age RETURN [c, a]",
     [[None, 20], ["Bonn", 20], ["Bonn", 30], ["Köln", 40]]),
    ("FOR p IN people COLLECT a = p.age INTO g RETURN [a, g[*].p._key]",
     [[20, ["bob", "dan"]], [30, ["ann"]], [40, ["cat"]]]),
    ("FOR p IN people COLLECT a = p.age INTO g = p._key RETURN [a, g]",
     [[20, ["bob", "dan"]], [30, ["ann"]], [40, ["cat"]]]),
    ("FOR p IN people LET k = p._key COLLECT a = p.age > 25 INTO g KEEP k RETURN g",
     [[{"k": "bob"}, {"k": "dan"}], [{"k": "ann"}, {"k": "cat"}]]),
    ("FOR p IN people COLLECT AGGREGATE lo = MIN(p.age), hi = MAX(p.age), n = COUNT() RETURN [lo, hi, n]",
     [[20, 40, 4]]),
    ("FOR p IN people COLLECT c = p.city AGGREGATE s = SUM(p.age), u = UNIQUE(p.age) RETURN [c, s, u]",
     [[None, 20, [20]], ["Bonn", 50, [30, 20]], ["Köln", 40, [40]]]),
    ("FOR x IN [] COLLECT AGGREGATE n = LENGTH(x), m = MAX(x) RETURN [n, m]", [[0, None]]),
    ("FOR x IN [] COLLECT WITH COUNT INTO n RETURN n", [0]),
    ("FOR x IN [] COLLECT y = x RETURN y", []),
    ("FOR x IN [1, 2, 2] COLLECT INTO g RETURN LENGTH(g)", [3]),
    ("FOR x IN [1, 2, 2] COLLECT y = x COLLECT WITH COUNT INTO n RETURN n", [2]),
    ("FOR x IN [1, 2, 2] COLLECT y = x INTO g OPTIONS {method: 'hash'} RETURN g[*].x", [[1], [2, 2]]),
    # what COLLECT leaves: variables from outside of loops
    ("LET a = 7 FOR x IN 1..2 COLLECT y = x INTO g RETURN [a, g]",
     [[7, [{"x": 1}]], [7, [{"x": 2}]]]),
    ("LET a = 1 LET b = 2 COLLECT z = a INTO g RETURN [z, b, g]", [[1, 2, [{"a": 1, "b": 2}]]]),
    ("FOR i IN 1..2 LET n = (FOR x IN [] COLLECT WITH COUNT INTO c RETURN c + i) RETURN n", [[1], [2]]),
    # windows
    ("FOR i IN 1..5 WINDOW {preceding: 1, following: 1} AGGREGATE s = SUM(i) RETURN s",
     [3, 6, 9, 12, 9]),
    ("FOR i IN 1..4 WINDOW {preceding: 'unbounded'} AGGREGATE s = SUM(i) RETURN s", [1, 3, 6, 10]),
    ("FOR i IN [5, 1, 2, 9] WINDOW i WITH {preceding: 1, following: 3} AGGREGATE n = COUNT() RETURN [i, n]",
     [[1, 2], [2, 3], [5, 1], [9, 1]]),
    ("FOR t IN ['2020-01-01', '2020-01-02', '2020-01-09'] WINDOW t WITH {preceding: 'P2D'} "
     "AGGREGATE n = COUNT() RETURN n", [1, 2, 1]),
    # the whole collection as a value
    ("RETURN LENGTH(people)", [4]),
    ("RETURN UNION(people, empty)[*]._key", [["ann", "bob", "cat", "dan"]]),
    ("WITH people, knows RETURN 1", [1]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[query for query, _ in QUERIES])
def test_query(rows, query, expected):
    """Each gives the rows that ArangoDB gives."""
    assert rows(query) == expected


def test_limits_and_order_from_binds(rows):
    """LIMIT and the direction of SORT take bind parameters."""
    binds = {"skip": 1, "limit": 2, "how": "desc"}
    query = "FOR p IN people SORT p._key @how LIMIT @skip, @limit RETURN p._key"
    assert rows(query, binds) == ["cat", "bob"]


ERRORS = [
    ("RETURN nope", 1203, 404, "collection or view not found: nope"),
    ("FOR d IN nope RETURN d", 1203, 404, "collection or view not found: nope"),
    ("RETURN people", 1568, 400, "collection 'people' used as expression operand"),
    ("FOR x IN 5 RETURN x", 1563, 400, "collection or array expected as operand to FOR loop; you provided a value of type 'number'"),
    ("LET a = 1 LET a = 2 RETURN a", 1511, 400, "variable 'a' is assigned multiple times"),
    ("FOR d IN people COLLECT a = d.age RETURN d", 1512, 400, "unknown variable 'd'"),
    ("FOR d IN people COLLECT a = d.age INTO g KEEP z RETURN g", 1512, 400, "unknown variable 'z'"),
    ("RETURN NOSUCH(1)", 1540, 400, "usage of unknown function 'NOSUCH()'"),
    ("RETURN SLEEP()", 1541, 400, "invalid number of arguments for function 'SLEEP()', expected number of arguments: minimum: 1, maximum: 1"),
    ("RETURN MY::OWN(1)", 1582, 404, "user function 'MY::OWN()' not found"),
    ("RETURN BM25(1)", 9, 501, "not implemented by the embedded server: function BM25()"),
    ("FOR d IN people SEARCH d.a == 1 RETURN d", 9, 501, "not implemented by the embedded server: SEARCH (views)"),
    ("FOR a, b IN [1] RETURN a", 9, 501, "not implemented by the embedded server: FOR with several variables over an array"),
    ("RETURN @x", 1551, 400, "no value specified for declared bind parameter 'x'"),
    ("FOR d IN @@c RETURN d", 1551, 400, "no value specified for declared bind parameter '@c'"),
    ("FOR i IN 1..2 LIMIT 'a' RETURN i", 1504, 400, None),
    ("FOR i IN 1..2 LIMIT -1 RETURN i", 1504, 400, None),
    ("FOR i IN 1..2 LIMIT i RETURN i", 1575, 400, None),
    ("RETURN RANGE(1, 1e9)", 1504, 400, None),
    ("RETURN 1..1e9", 1504, 400, None),
    ("FOR x IN [1] COLLECT AGGREGATE y = CONCAT(x) RETURN y", 1574, 400, None),
    ("FOR x IN [1] COLLECT AGGREGATE y = x RETURN y", 1574, 400, None),
    ("FOR x IN [1] WINDOW {preceding: -1} AGGREGATE y = SUM(x) RETURN y", 1501, 400, None),
    ("RETURN FAIL('bad')", 1569, 400, "FAIL(bad) called"),
    ("RETURN ASSERT(false, 'no')", 1593, 400, "no"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "number", "status", "message"), ERRORS)
def test_error(failure, query, number, status, message):
    """The number, the HTTP status and, where it names things, the message are ArangoDB's."""
    error = failure(query)
    assert (error.error_num, error.status) == (number, status)
    if message is not None:
        assert error.message.startswith(f"AQL: {message} (while ")


BINDS = [
    ({"x": 1}, "RETURN 1", 1552, "bind parameter 'x' was not declared in the query"),
    ({"@c": 5}, "FOR d IN @@c RETURN d", 1553, "bind parameter '@c' has an invalid value or type"),
    ({"f": 1}, "RETURN {}.@f", 1553, "bind parameter 'f' has an invalid value or type"),
]


@pytest.mark.parametrize(("binds", "query", "number", "message"), BINDS)
def test_wrong_bind_parameter(failure, binds, query, number, message):
    """A value too many or of the wrong kind is refused."""
    error = failure(query, binds)
    assert (error.error_num, error.status) == (number, 400)
    assert error.message == f"AQL: {message} (while parsing)"


def test_full_count(run):
    """It counts what the last LIMIT of the main query would have let through without it."""
    query = "FOR i IN 1..10 FILTER i > 2 LIMIT 1, 2 RETURN (FOR j IN 1..9 LIMIT 1 RETURN j)"
    result = run(query, full_count=True)
    assert (len(result.rows), result.stats["fullCount"]) == (2, 8)
    assert "fullCount" not in run(query).stats


def test_counters(run):
    """scannedFull, scannedIndex and filtered count rows."""
    stats = run("FOR p IN people FILTER p.age == 20 RETURN p").stats
    assert (stats["scannedFull"], stats["scannedIndex"], stats["filtered"]) == (4, 0, 2)
    assert stats["writesExecuted"] == 0


def test_stream_is_lazy(run):
    """With stream the rows are made while they are read; the counters are complete at the end."""
    result = run("FOR i IN 1..1e18 RETURN 1 / (i - 2)", stream=True)
    rows = iter(result.rows)
    assert [next(rows), next(rows), next(rows)] == [-1, None, 1]
    assert len(result.warnings) == 1
    short = run("FOR p IN people RETURN p._key", stream=True)
    assert short.stats == {}
    assert len(list(short.rows)) == 4
    assert short.stats["scannedFull"] == 4
