"""Operators, access to values, expansions and the warnings of arithmetic."""

from __future__ import annotations

import pytest
from aqlcases import cases
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs.local.aql import QueryContext, QueryOptions, run_query
from arango_jobs.local.store import Store

DATABASE = Store().databases["_system"]


@pytest.mark.parametrize(("expression", "expected"), cases("expressions"))
def test_expression(value, expression, expected):
    """Each gives the value, and the type, that ArangoDB gives."""
    found = value(expression)
    assert found == expected
    assert type(found) is type(expected)


def test_shorthand_members(rows):
    """A name alone is a member with the variable's value."""
    assert rows("LET a = 1 RETURN {a, b: 2}") == [{"a": 1, "b": 2}]


def test_bind_parameters(rows):
    """They stand for values, attributes, paths of attributes, member names and collections."""
    binds = {"v": 20, "f": "age", "p": ["tags", "length"], "k": "key", "@c": "people"}
    query = "FOR d IN @@c FILTER d.@f == @v SORT d._key RETURN {[@k]: d._key, @k: d.@p}"
    assert rows(query, binds) == [{"key": None}, {"key": None}]


WARNINGS = [
    ("1 / 0", 1562, "division by zero"), ("1 % 0", 1562, "division by zero"),
    ("1e308 * 10", 1504, "number out of range"), ('"a" =~ "["', 1543, "invalid regex value"),
    ("FIRST(1)", 1563, "array expected"),
    ("ZIP([1], [])", 1542, "invalid argument type in call to function 'ZIP()'"),
    ('DATE_ISO8601("x")', 1572, "invalid date value"), ('WARN(false, "careful")', 1594, "careful"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "number", "message"), WARNINGS)
def test_warning(run, expression, number, message):
    """The query goes on; the warning has a number and a text."""
    result = run(f"RETURN {expression}")
    assert result.warnings == [{"code": number, "message": message}]
    assert result.rows[0] in (None, False)


def test_warnings_that_fail_the_query(failure):
    """With fail_on_warning the first warning is an error."""
    error = failure("RETURN 1 / 0", fail_on_warning=True)
    assert (error.error_num, error.status) == (1562, 400)


def test_number_of_warnings(run):
    """No more are kept than wanted."""
    assert len(run("FOR i IN 1..50 RETURN 1 / 0").warnings) == 10
    assert len(run("FOR i IN 1..50 RETURN 1 / 0", max_warning_count=3).warnings) == 3


TERMS = st.recursive(
    st.integers(-20, 20).map(lambda n: (f"({n})", n)),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda t: (f"({t[0][0]} {t[1]} {t[2][0]})", _apply(t[1], t[0][1], t[2][1]))
    ),
    max_leaves=12,
)


def _apply(operator, left, right):
    return left + right if operator == "+" else left - right if operator == "-" else left * right


@given(TERMS)
def test_arithmetic_of_whole_numbers(term):
    """It is exact as long as 64 bits hold the result."""
    text, expected = term
    if abs(expected) < 2**62:
        result = run_query(f"RETURN {text}", {}, QueryOptions(), QueryContext(DATABASE))
        assert list(result.rows) == [expected]


@given(st.lists(st.sampled_from(["true", "false", "0", "1", '""', "[]"]), min_size=1, max_size=8))
def test_chains_of_logic(terms):
    """OR gives the first true operand, AND the first false one, else the last."""
    truth = {"true": True, "false": False, "0": 0, "1": 1, '""': "", "[]": []}
    values = [truth[term] for term in terms]
    trues = [v for v in values if v or v == []]
    falses = [v for v in values if not v and v != []]
    query = f"RETURN [{' OR '.join(terms)}, {' AND '.join(terms)}]"
    result = run_query(query, {}, QueryOptions(), QueryContext(DATABASE))
    expected = [(trues or values[-1:])[0], (falses or values[-1:])[0]]
    assert list(result.rows) == [expected]
