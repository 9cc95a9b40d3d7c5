"""What the functions give."""

from __future__ import annotations

import re

import pytest
from aqlcases import cases

from arango_jobs.local.aql.functions import REGISTRY, UNSUPPORTED
from arango_jobs.local.aql.functions.registry import ALIASES


@pytest.mark.parametrize(("expression", "expected"), cases("functions"))
def test_function(value, expression, expected):
    """Each gives the value that ArangoDB's manual gives."""
    found = value(expression)
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert isinstance(found, bool) is isinstance(expected, bool)


# Their results need more than a value to look at: they are tested by themselves.
ELSEWHERE = {"SLEEP", "FAIL", "NEAR", "WITHIN", "FULLTEXT"}


def test_every_function_is_tested():
    """Each function, by whatever name, is called in a case above."""
    expressions = " ".join(case.id for case in cases("functions"))
    called = set(re.findall(r"([A-Z_0-9]+)\(", expressions)) | {"SUBSTRING"}
    assert set(REGISTRY) - called - ELSEWHERE == set()
    assert not set(REGISTRY) & UNSUPPORTED
    assert all(REGISTRY[new] is REGISTRY[old] for new, old in ALIASES.items())


def test_search_by_place(rows, database):
    """NEAR and WITHIN read the coordinates as the geo index says, nearest first."""
    places = database.create_collection("places")
    for number in range(3):
        places.insert({"_key": str(number), "loc": [float(number), 0.0]})
    definition = {"id": "1", "name": "g", "type": "geo", "fields": ["loc"], "geoJson": False}
    places.indexes.append(type("GeoIndex", (), {**definition, "definition": definition})())
    assert rows("FOR d IN NEAR(places, 2, 0, 2) RETURN d._key") == ["2", "1"]
    assert rows("FOR d IN WITHIN(places, 0, 0, 120000, 'm') RETURN [d._key, ROUND(d.m)]") == [
        ["0", 0],
        ["1", 111195],
    ]


def test_search_without_an_index(failure):
    """The old search functions need their index."""
    assert failure("RETURN NEAR(people, 0, 0)").error_num == 1570
    assert failure("RETURN FULLTEXT(people, 'city', 'x')").error_num == 1571


def test_search_by_words(rows, database):
    """Words are joined by and; | is or, - is not, prefix: begins."""
    texts = database.create_collection("texts")
    for key, text in (("a", "red fox"), ("b", "red wolf"), ("c", "blue whale")):
        texts.insert({"_key": key, "t": text})
    texts.indexes.append(type("WordIndex", (), {"type": "fulltext", "fields": ["t"]})())
    found = {
        query: rows("FOR d IN FULLTEXT(texts, 't', @q) RETURN d._key", {"q": query})
        for query in ("red", "red,-fox", "prefix:w", "fox,|blue", "red,wolf")
    }
    assert list(found.values()) == [["a", "b"], ["b"], ["b", "c"], ["a", "c"], ["b"]]


def test_dynamic_calls(failure):
    """CALL knows no function that is not there, and does not call itself."""
    assert failure("RETURN CALL('NOPE')").error_num == 1540
    assert failure("RETURN CALL('CALL', 'NOPE')").error_num == 1578
    assert failure("RETURN CALL('SUBSTRING')").error_num == 1541
