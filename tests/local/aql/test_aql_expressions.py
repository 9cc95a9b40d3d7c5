"""Operators, access to values, expansions and the warnings of arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs.local.aql import QueryContext, QueryOptions, run_query
from arango_jobs.local.store import Store

DATABASE = Store().databases["_system"]

CASES = [
    # comparison never casts
    ("0 == null", False), ("1 > 0", True), ("true != null", True), ('45 <= "yikes!"', True), ('65 != "65"', True),
    ("1 == true", False), ("1 == 1.0", True), ('"abc" == "ABC"', False), ("[1] == [1, null]", True),
    ("null <= false", True), ("[0] > {}", False), ("1 < 2 == true", True),
    # membership
    ("1.5 IN [2, 3, 1.5]", True), ('"foo" IN null', False), ("42 NOT IN [17, 40, 50]", True), ("true IN [1]", False),
    ("2 IN 1..3", True), ("1 NOT IN 5", True), ("[1] IN [[1]]", True),
    # patterns
    ('"foo" LIKE "f%"', True), ('"foo" NOT LIKE "f%"', False), (r'"a_b" LIKE "a\\_b"', True),
    (r'"axb" LIKE "a\\_b"', False), ('"abc" LIKE "_bc"', True), ('"abc" LIKE "B%"', False), ('1 LIKE "1"', False),
    ('"foo" =~ "^f[o].$"', True), ('"foo" !~ "[a-z]+bar$"', True), ('"a\nb" LIKE "a%"', True),
    # array comparison
    ("[1,2,3] ALL IN [2,3,4]", False), ("[1,2,3] ALL IN [1,2,3]", True), ("[1,2,3] NONE IN [3]", False),
    ("[1,2,3] NONE IN [23]", True), ("[1,2,3] ANY IN [1,42]", True), ("[1,2,3] ANY == 2", True),
    ("[1,2,3] ANY > 3", False), ("[1,2,3] NONE < 99", False), ("[1,2,3] ALL >= 1", True), ("[] ALL == 1", True),
    ("[1,2,3] AT LEAST (2) IN [2,3,4]", True), ('["a","b"] AT LEAST (1+1) == "a"', False), ("1 ANY == 1", False),
    ("[1,2] ANY NOT IN [1]", True),
    # logic returns an operand
    ("1 || 7", 1), ('null || "foo"', "foo"), ("null && true", None), ("true && 23", 23), ("NOT 0", True),
    ("!([])", False), ("1 AND 0 OR 5", 5), ("true ? 1 : 2", 1), ("0 ? 1 : 2", 2), ("5 ?: 6", 5), ('"" ? : 6', 6),
    ("false ? 1 : true ? 2 : 3", 2),
    # arithmetic casts
    ('1 + "a"', 1), ('1 + "99"', 100), ("1 + null", 1), ("3 + []", 3), ("24 + [2]", 26), ("24 + [2, 4]", 24),
    ("25 - null", 25), ("17 - true", 16), ("23 * {}", 0), ("5 * [7]", 35), ('24 / "12"', 2), ("7 / 2", 3.5),
    ("-7 % 3", -1), ("7 % -3", 1), ("7.5 % 2", 1.5), ("-null", 0), ('+"3"', 3), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20),
    ("1 - 2 - 3", -4), ("9223372036854775807 + 1", 9223372036854775808), ("0.5 + 0.5", 1),
    # ranges
    ("1..3", [1, 2, 3]), ("3..1", [3, 2, 1]), ("1.9..3.2", [1, 2, 3]), ("2..2", [2]), ("1+1..2*2", [2, 3, 4]),
    # access
    ("{a: {b: 1}}.a.b", 1), ("{a: 1}.a.b.c", None), ('{a: 1}["a"]', 1), ("[1,2,3][0]", 1), ("[1,2,3][-1]", 3),
    ("[1][5]", None), ("[1][1.5]", None), ('[7]["0"]', None), ("{`1`: 2}[1]", 2), ("(null).a", None), ("[1].a", None),
    ("{[CONCAT('x', 1)]: 2, y: 3}", {"x1": 2, "y": 3}), ("[1, 2, ]", [1, 2]), ("{a: 1, }", {"a": 1}),
    # expansions
    ("[{a: 1}, {a: 2}, 3][*].a", [1, 2, None]), ("(null)[*].a", []), ("[[1, 2], [3]][**]", [1, 2, 3]),
    ("[[1, [2]], [3]][***]", [1, 2, 3]), ("[1,2,3][* FILTER CURRENT > 1]", [2, 3]),
    ("[1,2,3][* FILTER CURRENT > 1 RETURN CURRENT * 2]", [4, 6]), ("[1,2,3][* LIMIT 1, 1]", [2]),
    ("[1,2,3][* LIMIT 2]", [1, 2]), ("[{a: [1, 2]}, {a: [3]}][*].a[*]", [[1, 2], [3]]),
    ("[{a: [1, 2]}, {a: [3]}][*].a[**]", [1, 2, 3]), ("([{a: 1}][*].a)[0]", 1),
    ("[[1, 2], [3]][* RETURN CURRENT[* RETURN CURRENT + 1]]", [[2, 3], [4]]), ("[{a: [{b: 1}]}][*].a[0].b", [1]),
    ("[1,2,3][? FILTER CURRENT > 2]", True), ("[1,2,3][? ALL FILTER CURRENT > 2]", False),
    ("[1,2,3][? 2 FILTER CURRENT > 1]", True), ("[1,2,3][? NONE FILTER CURRENT > 5]", True),
    ("[1,2,3][? AT LEAST (3) FILTER CURRENT]", True), ("(5)[? FILTER true]", False),
    # sub-queries
    ("(FOR i IN 1..2 RETURN i)", [1, 2]), ("LENGTH(FOR i IN 1..5 RETURN i)", 5), ("(RETURN 1)[0]", 1),
    ("SUM(FOR i IN [1, 2] FOR j IN [10, 20] RETURN i * j)", 90),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[case[0] for case in CASES])
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
    ("1 / 0", 1562, "division by zero"), ("1 % 0", 1562, "division by zero"), ("1e308 * 10", 1504, "number out of range"),
    ('"a" =~ "["', 1543, "invalid regex value"), ("FIRST(1)", 1563, "array expected"),
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
