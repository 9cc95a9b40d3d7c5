"""Traversals and path searches: ann→bob (1), bob→cat (2), ann→cat (9), cat→dan (1)."""

from __future__ import annotations

import pytest
from aqlcases import cases


@pytest.mark.parametrize(("query", "expected"), cases("graphs"))
def test_graph_query(rows, query, expected):
    """Vertices come in the order of the search."""
    assert rows(query) == expected


def test_graph_from_binds(rows):
    """Start, depth, graph and edge collections may be bind parameters."""
    query = "FOR v IN @low..@high OUTBOUND @start GRAPH @graph RETURN v._key"
    binds = {"low": 1, "high": 1, "start": "people/bob", "graph": "social"}
    assert rows(query, binds) == ["cat"]
    assert rows("FOR v IN OUTBOUND @s @@e RETURN v._key", {"s": "people/bob", "@e": "knows"}) == [
        "cat"
    ]


@pytest.mark.parametrize(("query", "expected"), cases("graph_errors"))
def test_graph_error(failure, query, expected):
    """Unknown graphs, wrong collections and impossible options are refused."""
    error = failure(query)
    assert [error.error_num, error.status] == expected


@pytest.mark.parametrize("start", ["null", "5", "'ann'", "{}"])
def test_start_that_is_no_vertex(run, start):
    """There are no rows, and a warning."""
    result = run(f"FOR v IN OUTBOUND {start} knows RETURN v")
    assert (list(result.rows), result.warnings[0]["code"]) == ([], 10)


def test_missing_vertex(run, database):
    """An edge to nowhere leads to null, with a warning."""
    database.collection("knows").insert({"_from": "people/dan", "_to": "people/gone"})
    result = run("FOR v, e IN OUTBOUND 'people/dan' knows RETURN [v, e._to]")
    assert list(result.rows) == [[None, "people/gone"]]
    assert result.warnings == [{"code": 1202, "message": "document not found: people/gone"}]


def test_cycle_ends(rows, database):
    """No edge is used twice on one path."""
    database.collection("knows").insert({"_from": "people/dan", "_to": "people/ann"})
    assert len(rows("FOR v IN 1..50 OUTBOUND 'people/ann' knows RETURN v")) == 10
