"""Functions that say how alike two strings are."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.aql.functions.arguments import bounded, text, whole
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.values import to_string

__all__: list[str] = []


@function("LEVENSHTEIN_DISTANCE", 2)
def levenshtein_distance(first: Any, second: Any) -> int:
    """Return how many changes make one string the other."""
    source, target = to_string(first), to_string(second)
    bounded(len(source) * len(target))
    row = list(range(len(target) + 1))
    for number, character in enumerate(source, 1):
        before, row = row, [number]
        for index, other in enumerate(target):
            row.append(
                min(before[index + 1] + 1, row[index] + 1, before[index] + (character != other))
            )
    return row[-1]


_SOUNDS = {
    letter: digit
    for digit,
    letters in {"1": "BFPV", "2": "CGJKQSXZ", "3": "DT", "4": "L", "5": "MN", "6": "R"}.items()
    for letter in letters
}  # fmt: skip


@function("SOUNDEX")
def soundex(value: Any) -> str:
    """Return the Soundex code."""
    letters = [letter for letter in to_string(value).upper() if "A" <= letter <= "Z"]
    if not letters:
        return ""
    code, last = letters[0], _SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        sound = _SOUNDS.get(letter, "")
        if sound and sound != last:
            code += sound
        if letter not in "HW":
            last = sound
    return (code + "000")[:4]


@function("NGRAM_SIMILARITY", 3)
def ngram_similarity(first: Any, second: Any, size: Any) -> float:
    """Return the share of the first string's n-grams that the second has too."""
    width = whole(size)
    if width < 1:
        raise ArgumentError
    wanted, present = _ngrams(text(first), width), set(_ngrams(text(second), width))
    longest = max(len(wanted), len(_ngrams(second, width)))
    return sum(item in present for item in wanted) / longest if longest else 0.0


def _ngrams(string: str, width: int) -> list[str]:
    return [string[start : start + width] for start in range(len(string) - width + 1)]
