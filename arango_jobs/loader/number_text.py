"""Numbers that are written as text: which text is a number, and which number it is.

| the text | becomes |
| --- | --- |
| a whole number from -2^63 to 2^64-1, as JSON writes it | that integer, exactly |
| any other whole number | stays text: no number of ArangoDB has all its digits |
| a number with a point or an exponent, as JSON writes it | the nearest double |
| one whose nearest double is infinite | stays text |
| anything else: `+1`, `007`, `.5`, `5.`, `1_000`, `0x1F`, `nan`, other digits than 0 to 9 | stays text |
"""  # noqa: E501  a row of a table is one line

from __future__ import annotations

import math
import re

from arango_jobs.loader.json_text import MAX_INTEGER, MIN_INTEGER

__all__ = ["number_of", "parse_float", "parse_int"]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# Those of 2^64-1. More cannot fit, and Python refuses to read some thousands of them.
_MOST_DIGITS = 20


def number_of(text: str) -> int | float | None:
    """Return the number that `text` is, `None` where it stays text."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    if found.lastindex is None:
        if len(text) > _MOST_DIGITS:
            return None
        whole = int(text)
        return whole if MIN_INTEGER <= whole <= MAX_INTEGER else None
    number = float(text)
    return number if math.isfinite(number) else None


def parse_int(value: object) -> int:
    """Return the integer of 64 bits that `value` is; raise `ValueError` where it is none.

    Spaces around it, a sign and leading zeros are allowed in text.
    """
    _refuse_foreign(value)
    number = int(value)  # type: ignore[call-overload]  # raises for what is no number
    if isinstance(value, float) and number != value:
        raise ValueError
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise ValueError
    return int(number)


def parse_float(value: object) -> float:
    """Return the finite double that `value` is; raise `ValueError` where it is none."""
    _refuse_foreign(value)
    number = float(value)  # type: ignore[arg-type]  # raises for what is no number
    if not math.isfinite(number):
        raise ValueError
    return number


def _refuse_foreign(value: object) -> None:
    """Refuse what Python reads as a number and hardly anything else does: `1_000`, `١٢`.

    Values of other types than JSON's are plain ones first: a decimal is text.
    """
    if not isinstance(value, (str, int, float)):
        raise TypeError
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise ValueError
