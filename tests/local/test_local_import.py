"""`/_api/import` (server-protocol.md §8.3)."""

from __future__ import annotations

import pytest


def counts(response):
    body = response.document()
    return [body[n] for n in ("created", "errors", "empty", "updated", "ignored")]


LINES = b'{"_key":"a"}\n\n{"_key":"b"}\nnonsense\n{"_key":"a"}\n'


@pytest.mark.parametrize("kind", ["documents", "auto"])
def test_lines(ask, kind):
    """201 with counts; bad lines are left out, empty ones counted."""
    response = ask("POST", f"/_api/import?collection=c&type={kind}&details=true", LINES)
    assert response.status == 201
    assert counts(response) == [2, 2, 1, 0, 0]
    details = response.document()["details"]
    assert details[0].startswith("at position 3:")
    assert details[1].startswith("at position 4:")


@pytest.mark.parametrize("kind", ["array", "list", "auto"])
def test_array(ask, kind):
    """Positions are zero-based; no details unless asked for."""
    response = ask("POST", f"/_api/import?collection=c&type={kind}", [{}, 5, {"_key": "#"}])
    assert counts(response) == [1, 2, 0, 0, 0]
    assert "details" not in response.document()


def test_table(ask):
    """Without a type: a line of names, then lines of values."""
    body = b'["_key","x"]\n["a",1]\n["b"]\n["c",3]'
    assert counts(ask("POST", "/_api/import?collection=c", body)) == [2, 1, 0, 0, 0]
    assert ask("GET", "/_api/document/c/c").document()["x"] == 3


@pytest.mark.parametrize(
    ("mode", "expected", "x"),
    [
        ("error", [1, 1, 0, 0, 0], {"x": 1}),
        ("update", [1, 0, 0, 1, 0], {"x": 1, "y": 2}),
        ("replace", [1, 0, 0, 1, 0], {"y": 2}),
        ("ignore", [1, 0, 0, 0, 1], {"x": 1}),
    ],
)
def test_on_duplicate(ask, mode, expected, x):
    """Counted as errors, updated or ignored."""
    ask("POST", "/_api/document/c", {"_key": "a", "x": 1})
    target = f"/_api/import?collection=c&type=array&onDuplicate={mode}"
    assert counts(ask("POST", target, [{"_key": "a", "y": 2}, {"_key": "b"}])) == expected
    stored = ask("GET", "/_api/document/c/a").document()
    assert {k: v for k, v in stored.items() if k[0] != "_"} == x


@pytest.mark.parametrize(
    ("item", "status", "error"),
    [({"_key": "a"}, 409, 1210), ({"_key": "#"}, 400, 1221), (5, 400, 1227)],
)
def test_complete_rolls_back_at_the_first_error(ask, item, status, error):
    """The whole import fails with the error."""
    target = "/_api/import?collection=c&type=array&complete=1"
    response = ask("POST", target, [{"_key": "a"}, item])
    assert (response.status, response.document()["errorNum"]) == (status, error)
    assert ask("GET", "/_api/collection/c/count").document()["count"] == 0


def test_overwrite_empties_first_and_comes_back_with_a_rollback(ask):
    """overwrite=true truncates within the same transaction."""
    ask("POST", "/_api/document/c", {"_key": "old"})
    target = "/_api/import?collection=c&type=array&overwrite=1&complete=1"
    ask("POST", target, [{"_key": "#"}])
    assert ask("GET", "/_api/document/c/old").status == 200
    ask("POST", target, [{"_key": "new"}])
    assert ask("GET", "/_api/document/c/old").status == 404


def test_prefixes_of_edges(ask):
    """fromPrefix and toPrefix complete bare keys."""
    ask("POST", "/_api/collection", {"name": "e", "type": 3})
    target = "/_api/import?collection=e&type=array&fromPrefix=c&toPrefix=c"
    ask("POST", target, [{"_key": "1", "_from": "a", "_to": "x/b"}])
    stored = ask("GET", "/_api/document/e/1").document()
    assert (stored["_from"], stored["_to"]) == ("c/a", "x/b")


@pytest.mark.parametrize(
    ("target", "body", "status"),
    [
        ("/_api/import?type=array", b"[]", 400),
        ("/_api/import?collection=nope&type=array", b"[]", 404),
        ("/_api/import?collection=c&type=nonsense", b"[]", 400),
        ("/_api/import?collection=c&type=array", b"{}", 400),
        ("/_api/import?collection=c&type=array", b"[", 400),
        ("/_api/import?collection=c", b"{}", 400),
    ],
)
def test_refused_imports(ask, target, body, status):
    """A clear error for the whole import."""
    response = ask("POST", target, body)
    assert response.status == status
    assert response.document()["code"] == status


def test_long_documents_are_cut_in_details(ask):
    """At 255 characters."""
    target = "/_api/import?collection=c&type=array&details=1"
    detail = ask("POST", target, [{"_key": "#", "s": "x" * 999}]).document()["details"][0]
    assert detail.endswith("...")
    assert len(detail) < 400
