"""Schema validation of documents."""

from __future__ import annotations

import pytest

from arango_jobs.local.store.schema import make_schema

RULE = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def number(response):
    return (response.status, response.document()["errorNum"])


def schema(level):
    return {"schema": {"rule": RULE, "level": level, "message": "n, please"}}


@pytest.mark.parametrize(
    ("level", "insert", "good_to_bad", "bad_to_bad"),
    [
        ("none", 202, 202, 202),
        ("new", 400, 202, 202),
        ("moderate", 400, 400, 202),
        ("strict", 400, 400, 400),
    ],
)
def test_levels(ask, level, insert, good_to_bad, bad_to_bad):
    """What must be valid: nothing, new documents, what was valid before, everything."""
    ask("POST", "/_api/document/c", [{"_key": "bad"}, {"_key": "good", "n": 1}])
    ask("PUT", "/_api/collection/c/properties", schema(level))
    assert ask("POST", "/_api/document/c", {"n": "x"}).status == insert
    assert ask("PATCH", "/_api/document/c/bad", {"x": 1}).status == bad_to_bad
    assert ask("PATCH", "/_api/document/c/good", {"n": "x"}).status == good_to_bad
    assert ask("POST", "/_api/document/c", {"n": 5}).status == 202


def test_refusal_carries_the_message(ask):
    """400/1620; in arrays in its place; taken back by null."""
    assert ask("POST", "/_api/collection", {"name": "s", **schema("strict")}).status == 200
    response = ask("POST", "/_api/document/s", {})
    assert number(response) == (400, 1620)
    assert response.document()["errorMessage"] == "n, please"
    results = ask("POST", "/_api/document/s", [{"n": 1}, {}]).document()
    assert [result.get("errorNum") for result in results] == [None, 1620]
    ask("PUT", "/_api/collection/s/properties", {"schema": None})
    assert ask("POST", "/_api/document/s", {}).status == 202


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"type": ["string", "null"]}, None, 5),
        ({"type": "integer"}, 1.0, True),
        ({"type": "number"}, 1.5, "1"),
        ({"enum": ["a", 1]}, 1, "b"),
        ({"const": 1}, 1, 2),
        ({"minimum": 1, "maximum": 2}, 2, 3),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, 2, 1),
        ({"minLength": 1, "maxLength": 2}, "ab", "abc"),
        ({"pattern": "^a"}, "abc", "b"),
        ({"items": {"type": "string"}, "minItems": 1, "maxItems": 2}, ["a"], ["a", 1]),
        ({"additionalProperties": False, "properties": {"a": True}}, {"a": 1}, {"b": 1}),
        ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, 5, 4),
        ({"oneOf": [{"minimum": 5}, {"maximum": 5}]}, 6, 5),
        ({"allOf": [{"minimum": 5}, {"maximum": 5}]}, 5, 6),
        ({"not": {"type": "string"}}, 5, "x"),
        ({"title": "only a note"}, 5, None),
    ],
)
def test_keywords(ask, rule, good, bad):
    """Each keyword lets one through and stops one (a note stops nothing)."""
    body = {"rule": {"properties": {"x": rule}}}
    ask("PUT", "/_api/collection/c/properties", {"schema": body})
    assert ask("POST", "/_api/document/c", {"x": good}).status == 202
    expected = 202 if "title" in rule else 400
    assert ask("POST", "/_api/document/c", {"x": bad}).status == expected


def test_no_schema_is_none():
    """Null and the empty object."""
    assert make_schema(None) is None
    assert make_schema({}) is None
