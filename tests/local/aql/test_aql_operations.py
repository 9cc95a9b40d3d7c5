"""FOR, FILTER, SORT, LIMIT, LET, RETURN, COLLECT and WINDOW."""

from __future__ import annotations

import pytest
from aqlcases import cases


@pytest.mark.parametrize(("query", "expected"), cases("queries"))
def test_query(rows, query, expected):
    """Each gives the rows that ArangoDB gives."""
    assert rows(query) == expected


def test_limits_and_order_from_binds(rows):
    """LIMIT and the direction of SORT take bind parameters."""
    binds = {"skip": 1, "limit": 2, "how": "desc"}
    query = "FOR p IN people SORT p._key @how LIMIT @skip, @limit RETURN p._key"
    assert rows(query, binds) == ["cat", "bob"]


@pytest.mark.parametrize(("query", "expected"), cases("errors"))
def test_error(failure, query, expected):
    """The number, the HTTP status and, where it names things, the message are ArangoDB's."""
    error, (number, status, message) = failure(query), expected
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
