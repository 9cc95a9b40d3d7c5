"""Sets and sequences of numbers as spans: `[first, count, first, count, …]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

__all__ = ["numbers_of", "ordered_spans_of", "spans_of"]


def spans_of(numbers: list[int]) -> list[int]:
    """Return the spans of a set of distinct `numbers`."""
    if not numbers:
        return []
    first = min(numbers)
    if max(numbers) - first == len(numbers) - 1:
        return [first, len(numbers)]
    return ordered_spans_of(sorted(numbers))


def ordered_spans_of(numbers: list[int]) -> list[int]:
    """Return the spans that give `numbers` back in their order."""
    count = len(numbers)
    first = numbers[0]
    if numbers == list(range(first, first + count)):
        return [first, count]
    starts = [0]
    starts += [i for i in range(1, count) if numbers[i] - numbers[i - 1] != 1]
    starts.append(count)
    spans: list[int] = []
    for start, end in pairwise(starts):
        spans += (numbers[start], end - start)
    return spans


def numbers_of(spans: Sequence[int]) -> Iterator[int]:
    """Give the numbers that `spans` holds, in their order."""
    for at in range(0, len(spans), 2):
        yield from range(spans[at], spans[at] + spans[at + 1])
