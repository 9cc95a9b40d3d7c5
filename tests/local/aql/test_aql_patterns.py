"""Patterns that take for ever: they end, can be killed, and let others go on meanwhile."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs.local.aql import QueryContext, QueryOptions, run_query
from arango_jobs.local.aql.functions import REGISTRY
from arango_jobs.local.aql.patterns import is_like
from arango_jobs.local.aql.run import Run
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.schema import make_schema

LIMIT = 0.12
# Each backtracks exponentially in an engine without guards, most of them here too.
EXPRESSIONS = {
    "alternatives": (r"^(a|a)*$", "a" * 40 + "!"),
    "overlap": (r"^(a|aa)+$", "a" * 60 + "!"),
    "nested": (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    "optional": (r"^(a?|b?)*c$", "a" * 60),
    "back reference": (r"^(a|ab|aba)*\1c$", "ab" * 40),
    "look ahead": (r"^(?=(a|a)*b)a*$", "a" * 40),
}
SURE = ("alternatives", "overlap")
CALLS = {
    "=~": "@text =~ @pattern",
    "!~": "@text !~ @pattern",
    "REGEX_TEST": "REGEX_TEST(@text, @pattern)",
    "REGEX_TEST, any case": "REGEX_TEST(@text, @pattern, true)",
    "REGEX_MATCHES": "REGEX_MATCHES(@text, @pattern)",
    "REGEX_SPLIT": "REGEX_SPLIT(@text, @pattern)",
    "REGEX_REPLACE": "REGEX_REPLACE(@text, @pattern, 'x')",
    "CALL": "CALL('REGEX_TEST', @text, @pattern)",
    "filter": "LENGTH([@text][* FILTER CURRENT =~ @pattern])",
}
LIKES = {
    "LIKE": "@text LIKE @pattern",
    "NOT LIKE": "@text NOT LIKE @pattern",
    "LIKE()": "LIKE(@text, @pattern)",
    "LIKE(), any case": "LIKE(@text, @pattern, true)",
    "APPLY": "APPLY('LIKE', [@text, @pattern])",
}
LIKE_PATTERNS = {
    "letters": ("%a" * 30 + "%b", "a" * 20_000),
    "places": ("%_a" * 30 + "%b", "a" * 20_000),
    "end": ("%a" * 30 + "b", "a" * 20_000),
    "percents": ("%" * 5_000 + "b", "a" * 20_000),
    "long part": ("%" + "a_" * 500 + "b", "a" * 20_000),
}


@pytest.fixture
def impatient(context: QueryContext) -> QueryContext:
    return replace(context, pattern_seconds=LIMIT)


def evaluate(expression: str, binds: dict[str, str], context: QueryContext) -> object:
    rows = run_query(f"RETURN {expression}", binds, QueryOptions(), context).rows
    return next(iter(rows))


def error_of(expression: str, binds: dict[str, str], context: QueryContext) -> ArangoError | None:
    try:
        evaluate(expression, binds, context)
    except ArangoError as error:
        return error
    return None


def test_every_function_with_patterns_is_here():
    """A new one has to be looked at."""
    known = {name for name in REGISTRY if "REGEX" in name or "LIKE" in name}
    assert known == {
        "LIKE", "REGEX_MATCHES", "REGEX_REPLACE", "REGEX_SPLIT", "REGEX_TEST",
    }  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("call", CALLS)
def test_expression_ends(impatient, call, name):
    """With an answer or with 32, and soon."""
    pattern, text = EXPRESSIONS[name]
    binds = {"text": text, "pattern": pattern}
    error = error_of(CALLS[call], binds, impatient)
    if error is None:
        assert name not in SURE
    else:
        assert (error.error_num, "0.12 s" in error.message) == (32, True)


@pytest.mark.parametrize("call", CALLS)
def test_expression_is_killed(impatient, call):
    """1500, as if it had been rows that took so long."""
    pattern, text = EXPRESSIONS["alternatives"]
    context = replace(impatient, pattern_seconds=60.0)
    run = Run(context, QueryOptions())
    killed = threading.Timer(0.0, context.cancelled.set)
    killed.start()
    with pytest.raises(ArangoError) as caught:
        evaluate(CALLS[call], {"text": text, "pattern": pattern}, context)
    killed.join()
    assert caught.value.error_num == 1500
    assert run.warnings == []


def test_expression_ends_with_the_time_of_its_query(impatient):
    """maxRuntime is looked at between two attempts."""
    pattern, text = EXPRESSIONS["overlap"]
    context = replace(impatient, pattern_seconds=60.0, deadline=impatient.clock.monotonic() + 1)
    moved = threading.Timer(0.0, lambda: impatient.clock.advance(2))
    moved.start()
    with pytest.raises(ArangoError) as caught:
        evaluate(CALLS["=~"], {"text": text, "pattern": pattern}, context)
    moved.join()
    assert caught.value.error_num == 1500


@pytest.mark.parametrize("call", CALLS)
def test_others_are_served_meanwhile(impatient, call):
    """The interpreter is not held while an expression is matched."""
    pattern, text = EXPRESSIONS["alternatives"]
    context, errors = replace(impatient, pattern_seconds=0.25), []

    def match() -> None:
        with pytest.raises(ArangoError) as caught:
            evaluate(CALLS[call], {"text": text, "pattern": pattern}, context)
        errors.append(caught.value.error_num)

    thread, served = threading.Thread(target=match), 0
    thread.start()
    while thread.is_alive():
        evaluate("1", {}, impatient)
        served += 1
    assert errors == [32]
    assert served >= 10


@pytest.mark.parametrize("name", LIKE_PATTERNS)
@pytest.mark.parametrize("call", LIKES)
def test_like_takes_linear_time(impatient, call, name):
    """It needs no limit."""
    pattern, text = LIKE_PATTERNS[name]
    found = evaluate(LIKES[call], {"text": text, "pattern": pattern}, impatient)
    assert found is (call == "NOT LIKE")


def by_the_book(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    """Translate a LIKE pattern in the plainest way."""
    translated, escaped = "", False
    for character in pattern:
        if escaped:
            translated += re.escape(character if character in "%_\\" else "\\" + character)
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            translated += {"%": ".*", "_": "."}.get(character, re.escape(character))
    translated += re.escape("\\") if escaped else ""
    return re.compile(translated, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@given(
    pattern=st.text("ab%_\\A", max_size=8),
    text=st.text("abA%\\\n", max_size=9),
    ignore_case=st.booleans(),
)
def test_like_means_what_it_says(pattern, text, ignore_case):
    """Whatever the way it is matched."""
    run = Run(QueryContext(database=None), QueryOptions())  # type: ignore[arg-type]
    expected = by_the_book(pattern, ignore_case=ignore_case).fullmatch(text) is not None
    assert is_like(run, text, pattern, ignore_case) is expected


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[z-a]", "(?P<n", "*", "a" * 70_000])
def test_wrong_expression_is_a_warning(context, pattern):
    """1543 and null."""
    result = run_query(
        "RETURN REGEX_TEST('a', @pattern)", {"pattern": pattern}, QueryOptions(), context
    )
    assert (list(result.rows), result.warnings[0]["code"]) == ([None], 1543)


def test_icu_syntax(value):
    """What ICU has and the standard library has not."""
    assert value(r"'Ünï' =~ '^\\p{L}+$'") is True
    assert value("'aab' =~ '^a++b$'") is True
    assert value("'x1' =~ '^[[:alpha:]][[:digit:]]$'") is True


@pytest.mark.parametrize("name", SURE)
def test_pattern_of_a_schema_ends(monkeypatch, name):
    """With 32: whether the document is valid cannot be told."""
    monkeypatch.setattr("arango_jobs.local.store.schema._PATTERN_SECONDS", LIMIT)
    pattern, text = EXPRESSIONS[name]
    schema = make_schema({"rule": {"properties": {"x": {"type": "string", "pattern": pattern}}}})
    assert schema is not None
    assert schema.has_patterns
    with pytest.raises(ArangoError) as caught:
        schema.check(None, {"x": text})
    assert caught.value.error_num == 32
