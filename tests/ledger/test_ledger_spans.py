"""Numbers as spans and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs.ledger.spans import numbers_of, ordered_spans_of, spans_of

some = st.lists(st.integers(0, 60), unique=True)


@given(some)
def test_set(numbers: list[int]) -> None:
    """A set comes back as it was."""
    assert list(numbers_of(spans_of(numbers))) == sorted(numbers)


@given(some.filter(bool))
def test_sequence(numbers: list[int]) -> None:
    """A sequence comes back in its order."""
    assert list(numbers_of(ordered_spans_of(numbers))) == numbers


@pytest.mark.parametrize("numbers", [[7], list(range(5, 505))])
def test_what_is_in_a_row(numbers: list[int]) -> None:
    """It is one span."""
    assert spans_of(numbers) == ordered_spans_of(numbers) == [numbers[0], len(numbers)]


def test_same_ends_and_another_middle() -> None:
    """That first, last and count fit is no proof."""
    assert spans_of([1, 9, 3]) == [1, 1, 3, 1, 9, 1]
    assert ordered_spans_of([1, 9, 3]) == [1, 1, 9, 1, 3, 1]
