"""Traversals and path searches: ann→bob (1), bob→cat (2), ann→cat (9), cat→dan (1)."""

from __future__ import annotations

import pytest

QUERIES = [
    ("FOR v IN 1..1 OUTBOUND 'people/ann' knows RETURN v._key", ["bob", "cat"]),
    ("FOR v IN OUTBOUND 'people/ann' GRAPH 'social' RETURN v._key", ["bob", "cat"]),
    ("FOR v IN 1..1 OUTBOUND 'people/ann' GRAPH social RETURN v._key", ["bob", "cat"]),
    ("FOR v IN 2 OUTBOUND 'people/ann' knows RETURN v._key", ["cat", "dan"]),
    ("FOR v IN 1..3 OUTBOUND 'people/ann' knows RETURN v._key", ["bob", "cat", "dan", "cat", "dan"]),
    ("FOR v IN 0..9 OUTBOUND 'people/ann' knows OPTIONS {order: 'bfs', uniqueVertices: 'global'} RETURN v._key",
     ["ann", "bob", "cat", "dan"]),
    ("FOR v IN 1..9 INBOUND 'people/dan' knows OPTIONS {bfs: true, uniqueVertices: 'global'} RETURN v._key",
     ["cat", "bob", "ann"]),
    ("FOR v IN 1..9 ANY 'people/bob' knows OPTIONS {uniqueVertices: 'path'} SORT v._key RETURN DISTINCT v._key",
     ["ann", "cat", "dan"]),
    ("FOR v IN 1..1 INBOUND 'people/cat' OUTBOUND knows RETURN v._key", ["dan"]),
    ("FOR v, e IN 1..1 OUTBOUND 'people/ann' knows RETURN [v._key, e.w]", [["bob", 1], ["cat", 9]]),
    ("FOR v, e, p IN 2..2 OUTBOUND 'people/ann' knows RETURN [p.vertices[*]._key, p.edges[*].w]",
     [[["ann", "bob", "cat"], [1, 2]], [["ann", "cat", "dan"], [9, 1]]]),
    ("FOR v, e, p IN 0..0 OUTBOUND 'people/ann' knows RETURN [v._key, e, LENGTH(p.edges)]", [["ann", None, 0]]),
    ("FOR v IN 1..9 OUTBOUND 'people/ann' knows PRUNE v._key == 'cat' RETURN v._key", ["bob", "cat", "cat"]),
    ("FOR v, e IN 1..9 OUTBOUND 'people/ann' knows PRUNE stop = e.w == 9 FILTER stop RETURN v._key", ["cat"]),
    ("FOR v, e, p IN 1..3 OUTBOUND 'people/ann' knows FILTER p.edges[*].w ALL < 5 RETURN v._key", ["bob", "cat", "dan"]),
    ("FOR v IN 1..3 OUTBOUND 'people/ann' knows OPTIONS {order: 'weighted', weightAttribute: 'w', uniqueVertices: 'global'} RETURN v._key",
     ["bob", "cat", "dan"]),
    ("FOR p IN people FILTER p.age == 30 FOR v IN 1..1 OUTBOUND p knows RETURN v._key", ["bob", "cat"]),
    ("FOR v IN 1..1 OUTBOUND 'people/nobody' knows RETURN v", []),
    ("FOR v IN 1..2 OUTBOUND 'people/ann' GRAPH 'social' OPTIONS {vertexCollections: 'other'} RETURN v", []),
    ("FOR v IN 1..2 OUTBOUND 'people/ann' GRAPH 'social' OPTIONS {edgeCollections: ['other']} RETURN v", []),
    # paths
    ("FOR v, e IN OUTBOUND SHORTEST_PATH 'people/ann' TO 'people/dan' knows RETURN [v._key, e.w]",
     [["ann", None], ["cat", 9], ["dan", 1]]),
    ("FOR v IN OUTBOUND SHORTEST_PATH 'people/ann' TO 'people/dan' GRAPH 'social' OPTIONS {weightAttribute: 'w'} RETURN v._key",
     ["ann", "bob", "cat", "dan"]),
    ("FOR v IN INBOUND SHORTEST_PATH 'people/cat' TO 'people/ann' knows RETURN v._key", ["cat", "ann"]),
    ("FOR v IN OUTBOUND SHORTEST_PATH 'people/dan' TO 'people/ann' knows RETURN v", []),
    ("FOR v IN ANY SHORTEST_PATH 'people/ann' TO 'people/ann' knows RETURN v._key", ["ann"]),
    ("FOR p IN OUTBOUND K_SHORTEST_PATHS 'people/ann' TO 'people/dan' knows OPTIONS {weightAttribute: 'w'} RETURN [p.weight, p.vertices[*]._key]",
     [[4, ["ann", "bob", "cat", "dan"]], [10, ["ann", "cat", "dan"]]]),
    ("FOR p IN OUTBOUND K_SHORTEST_PATHS 'people/ann' TO 'people/dan' knows LIMIT 1 RETURN LENGTH(p.edges)", [2]),
    ("FOR p IN 3..3 OUTBOUND K_PATHS 'people/ann' TO 'people/dan' knows RETURN p.edges[*].w", [[1, 2, 1]]),
    ("FOR p IN 1..9 OUTBOUND K_PATHS 'people/ann' TO 'people/dan' knows RETURN LENGTH(p.edges)", [2, 3]),
    ("FOR p IN OUTBOUND ALL_SHORTEST_PATHS 'people/ann' TO 'people/dan' knows RETURN p.vertices[*]._key",
     [["ann", "cat", "dan"]]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[query for query, _ in QUERIES])
def test_graph_query(rows, query, expected):
    """Vertices come in the order of the search."""
    assert rows(query) == expected


def test_graph_from_binds(rows):
    """Start, depth, graph and edge collections may be bind parameters."""
    query = "FOR v IN @low..@high OUTBOUND @start GRAPH @graph RETURN v._key"
    binds = {"low": 1, "high": 1, "start": "people/bob", "graph": "social"}
    assert rows(query, binds) == ["cat"]
    assert rows("FOR v IN OUTBOUND @s @@e RETURN v._key", {"s": "people/bob", "@e": "knows"}) == ["cat"]


ERRORS = [
    ("FOR v IN 1..1 OUTBOUND 'people/ann' GRAPH 'none' RETURN v", 1924, 404),
    ("FOR v IN 1..1 OUTBOUND 'people/ann' people RETURN v", 1218, 400),
    ("FOR v IN 1..1 OUTBOUND 'people/ann' nowhere RETURN v", 1203, 404),
    ("FOR v IN 3..1 OUTBOUND 'people/ann' knows RETURN v", 1501, 400),
    ("FOR a, b, c, d IN OUTBOUND 'people/ann' knows RETURN a", 1501, 400),
    ("FOR v IN OUTBOUND 'people/ann' knows OPTIONS {uniqueVertices: 'global'} RETURN v", 10, 400),
    ("FOR v IN OUTBOUND 'people/ann' knows OPTIONS {order: 'random'} RETURN v", 10, 400),
    ("FOR p, e IN ANY K_SHORTEST_PATHS 'people/ann' TO 'people/bob' knows RETURN p", 1501, 400),
]


@pytest.mark.parametrize(("query", "number", "status"), ERRORS)
def test_graph_error(failure, query, number, status):
    """Unknown graphs, wrong collections and impossible options are refused."""
    error = failure(query)
    assert (error.error_num, error.status) == (number, status)


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
