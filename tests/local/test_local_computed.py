"""Computed values of collections."""

from __future__ import annotations

import pytest

VALUES = [
    {"name": "full", "expression": "RETURN CONCAT(@doc.a, @doc.b)", "overwrite": True},
    {"name": "made", "expression": "RETURN 'x'", "overwrite": False, "computeOn": ["insert"]},
    {"name": "gone", "expression": "RETURN null", "overwrite": True, "keepNull": False},
]


def test_values_are_computed_on_the_events_named(ask):
    """Always, only on insert, and not kept when null."""
    body = ask("POST", "/_api/collection", {"name": "v", "computedValues": VALUES}).document()
    assert [value["name"] for value in body["computedValues"]] == ["full", "made", "gone"]
    ask("POST", "/_api/document/v", {"_key": "1", "a": "A", "b": "B", "gone": 1})
    stored = ask("GET", "/_api/document/v/1").document()
    assert (stored["full"], stored["made"], "gone" in stored) == ("AB", "x", False)
    ask("PUT", "/_api/document/v/1", {"a": "C", "b": "D", "made": "mine"})
    stored = ask("GET", "/_api/document/v/1").document()
    assert (stored["full"], stored["made"]) == ("CD", "mine")


def test_queries_and_imports_compute_too(ask):
    """Whatever writes; taken back by an empty list."""
    ask("PUT", "/_api/collection/c/properties", {"computedValues": VALUES[:1]})
    ask("POST", "/_api/cursor", {"query": "INSERT {_key: '1', a: 1, b: 2} INTO c"})
    ask("POST", "/_api/import?collection=c&type=array", [{"_key": "2", "a": 3, "b": 4}])
    ask("PUT", "/_api/collection/c/properties", {"computedValues": []})
    ask("POST", "/_api/document/c", {"_key": "3"})
    found = [ask("GET", f"/_api/document/c/{key}").document().get("full") for key in "123"]
    assert found == ["12", "34", None]


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        [5],
        [{"name": "_key", "expression": "RETURN 1", "overwrite": True}],
        [{"name": "a", "expression": 5, "overwrite": True}],
        [{"name": "a", "expression": "RETURN 1"}],
        [{"name": "a", "expression": "RETURN", "overwrite": True}],
        [{"name": "a", "expression": "RETURN @x", "overwrite": True}],
        [{"name": "a", "expression": "FOR d IN c RETURN d", "overwrite": True}],
        [{"name": "a", "expression": "RETURN 1", "overwrite": True, "computeOn": ["sometimes"]}],
    ],
)
def test_wrong_values_are_refused(ask, wrong):
    """400, and no collection."""
    response = ask("POST", "/_api/collection", {"name": "v", "computedValues": wrong})
    assert response.status == 400
    assert ask("GET", "/_api/collection/v").status == 404
