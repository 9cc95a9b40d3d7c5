"""The order of values, their truth and their casts."""

from __future__ import annotations

import itertools
from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs.local.aql.values import equal, is_true, less, sort_key, to_number, to_string

SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-3, 3) | st.text("abA0", max_size=2)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)
RANK = {type(None): 0, bool: 1, int: 2, float: 2, str: 3, list: 4, dict: 5}


def compare(left, right):
    """The manual's rules, read literally: no keys, no short cuts."""
    if RANK[type(left)] != RANK[type(right)]:
        return -1 if RANK[type(left)] < RANK[type(right)] else 1
    if isinstance(left, list):
        pairs = itertools.zip_longest(left, right)
        return next((c for c in (compare(a, b) for a, b in pairs) if c), 0)
    if isinstance(left, dict):
        names = sorted({*left, *right})
        return next((c for c in (compare(left.get(n), right.get(n)) for n in names) if c), 0)
    return 0 if left is None or left == right else -1 if left < right else 1


@given(VALUES, VALUES)
def test_order_and_equality(left, right):
    """Sort keys, `less` and `equal` agree with the rules."""
    expected = compare(left, right)
    assert less(left, right) is (expected < 0)
    assert equal(left, right) is (expected == 0)
    assert (sort_key(left) == sort_key(right)) is (expected == 0)
    if expected == 0:
        assert hash(sort_key(left)) == hash(sort_key(right))


@given(st.lists(VALUES, max_size=6))
def test_sorting(values):
    """Sorting by key is sorting by comparison."""
    assert [sort_key(v) for v in sorted(values, key=sort_key)] == [
        sort_key(v) for v in sorted(values, key=cmp_to_key(compare))
    ]


@given(VALUES, VALUES, VALUES)
def test_order_is_transitive(first, second, third):
    """What follows from two comparisons holds."""
    if not less(second, first) and not less(third, second):
        assert not less(third, first)


ORDERED = [
    None,
    False,
    True,
    -1,
    0,
    1.5,
    2,
    "",
    " ",
    "0",
    "a",
    "ab",
    [],
    [0],
    [1, 2],
    [2],
    {},
    {"b": 1},
    {"a": 0},
]


@pytest.mark.parametrize(("low", "high"), list(itertools.pairwise(ORDERED)))
def test_known_order(low, high):
    """null < bool < number < string < array < object."""
    assert less(low, high)
    assert not less(high, low)


def test_nulls_at_the_end_do_not_count():
    """A missing element or attribute is a null."""
    assert equal([1], [1, None])
    assert equal({}, {"a": None})
    assert not equal([None, 1], [1])


@pytest.mark.parametrize("value", [None, False, 0, 0.0, ""])
def test_false_values(value):
    """Only these count as false."""
    assert is_true(value) is False


@pytest.mark.parametrize("value", [True, 1, -0.5, " ", "0", [], {}, [0]])
def test_true_values(value):
    """Empty arrays and objects count as true."""
    assert is_true(value) is True


NUMBERS = [
    (None, 0), (True, 1), ("12", 12), (" 1.5 ", 1.5), ("-3e2", -300), ("", 0), ("1a", 0),
    ("0x1", 0), ("nan", 0), ([], 0), ([7], 7), ([[8]], 8), ([1, 2], 0), ({}, 0), ("1_000", 0),
    ("1e999", 0),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), NUMBERS)
def test_cast_to_number(value, expected):
    """What is no number becomes 0."""
    assert to_number(value) == expected


STRINGS = [
    (None, ""),
    (True, "true"),
    (1, "1"),
    (2.0, "2"),
    (1.5, "1.5"),
    ([1, None], "[1,null]"),
    ({"a": "b"}, '{"a":"b"}'),
]


@pytest.mark.parametrize(("value", "expected"), STRINGS)
def test_cast_to_string(value, expected):
    """Arrays and objects become JSON."""
    assert to_string(value) == expected
