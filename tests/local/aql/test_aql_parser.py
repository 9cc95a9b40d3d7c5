"""What the grammar takes, what literals mean, and ArangoDB's words for syntax errors."""

from __future__ import annotations

import pytest
from aqlcases import cases

from arango_jobs.local.aql import parse_query
from arango_jobs.local.aql.parser import parse
from arango_jobs.local.errors import ArangoError


@pytest.mark.parametrize(("query", "expected"), cases("syntax_errors"))
def test_syntax_error(query, expected):
    """It is 1501 and 400, and says what was met, near which text, and where."""
    what, near, position = expected
    with pytest.raises(ArangoError) as caught:
        parse(query.replace("\\n", "\n"))
    message = f"AQL: syntax error, unexpected {what} near '{near}' at position {position}"
    assert caught.value.message == f"{message} (while parsing)"
    assert (caught.value.error_num, caught.value.status) == (1501, 400)


@pytest.mark.parametrize("query", ["", "  \n ", "\t"])
def test_empty_query(query):
    """It has an error number of its own."""
    with pytest.raises(ArangoError) as caught:
        parse(query)
    assert (caught.value.error_num, caught.value.status) == (1502, 400)


LITERALS = [
    ("0x1F", 31), ("0b101", 5), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000), ("2.0", 2), ("-3", -3),
    ("18446744073709551615", 18446744073709551615), ("true", True), ("NULL", None),
    (r'"a\"b\\c\n\t\/"', 'a"b\\c\n\t/'), (r"'it\'s'", "it's"), (r'"\u0041"', "A"),
    (r'"\ud83d\ude00"', "😀"), (r'"\ud83d"', "\ufffd"), ("'\"'", '"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LITERALS)
def test_literal(value, text, expected):
    """Numbers keep their type, strings lose their escapes."""
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["1e999", "0x" + "F" * 20])
def test_number_that_is_too_large(failure, text):
    """It is out of range."""
    assert failure(f"RETURN {text}").error_num == 1504


def test_keywords_in_any_case_and_comments(rows):
    """Comments count as space, also between a quantifier and its operator."""
    query = "for X in 1..3 // one\n filter [X] any /* = */ == 2 /* two\nlines */ return X"
    assert rows(query) == [2]


def test_quoted_names(rows):
    """Backticks and forward ticks allow reserved words, dots and spaces."""
    query = "LET `for` = {`a.b`: 1, |x y|: 2} RETURN [`for`.`a.b`, `for`.|x y|]".replace(
        "|", "\u00b4"
    )
    assert rows(query) == [[1, 2]]


def test_words_that_are_not_reserved(rows):
    """COUNT, KEEP, OPTIONS, TO, SEARCH and PRUNE may name variables."""
    query = "LET count=1 LET keep=2 LET options=3 LET to=4 LET search=5 LET prune=6"
    assert rows(f"{query} RETURN [count, keep, options, to, search, prune]") == [[1, 2, 3, 4, 5, 6]]


def test_function_names_have_no_case(value):
    """`length` is LENGTH."""
    assert value("length([1, 2])") == 2


def test_parsed_query():
    """It lists bind parameters, collections and the tree, without running anything."""
    parsed = parse_query(
        "FOR d IN users FILTER d.x == @x FOR e IN @@c INSERT e INTO log RETURN NEW"
    )
    assert parsed["collections"] == ["users", "log"]
    assert parsed["bindVars"] == ["x", "@c"]
    root = parsed["ast"][0]
    kinds = [node["type"] for node in root["subNodes"]]
    assert (root["type"], kinds) == ("root", ["for", "filter", "for", "insert", "return"])
    assert root["subNodes"][0]["subNodes"][0] == {"type": "variable", "name": "d"}
