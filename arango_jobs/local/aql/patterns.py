"""LIKE patterns and regular expressions, compiled once and kept; none can hold up the server.

Regular expressions are those of the `regex` library, which lets other threads run while it
matches and gives up when told to; ArangoDB's are ICU's, which differ in rare constructs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import regex

from arango_jobs.local.aql.run import Run, failure

__all__ = ["compiled", "is_found", "is_like", "within_limits"]

# Seconds of a first attempt; later ones get twice as long each. In between, the query looks
# whether it was killed.
_FIRST = 0.05
_LONGEST_PATTERN = 1 << 16

_T = TypeVar("_T")
_Matcher = Callable[[Run, str], bool]


@lru_cache(maxsize=512)
def compiled(pattern: str, ignore_case: bool) -> regex.Pattern[str] | None:
    """Return the compiled expression, or None if it is not valid."""
    if len(pattern) > _LONGEST_PATTERN:
        return None
    try:
        with warnings.catch_warnings():
            # The library warns of constructs that it may read differently one day.
            warnings.simplefilter("ignore")
            return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, OverflowError, RecursionError):
        return None


def within_limits(run: Run, match: Callable[[float], _T]) -> _T:
    """Return what `match` finds; it is given the seconds after which it raises TimeoutError.

    Raises 1500 when the query is killed or its time is over, and 32 when the expression needs
    longer than the query's context allows.
    """
    seconds, left = _FIRST, run.context.pattern_seconds
    while True:
        try:
            return match(min(seconds, left))
        except TimeoutError:
            run.check()
            left -= seconds
            if left <= 0:
                limit = run.context.pattern_seconds
                raise failure(
                    32, f"resource limit exceeded: a pattern took longer than {limit:g} s to match"
                ) from None
            seconds *= 2


def is_found(run: Run, expression: regex.Pattern[str], text: str) -> bool:
    """Tell whether an expression matches somewhere in `text`."""
    try:
        return expression.search(text, timeout=_FIRST) is not None
    except TimeoutError:
        return within_limits(
            run, lambda seconds: expression.search(text, timeout=seconds) is not None
        )


def is_like(run: Run, text: str, pattern: str, ignore_case: bool) -> bool:
    """Tell whether LIKE matches all of `text`: % stands for any text, _ for one character."""
    return _like(pattern, ignore_case)(run, text)


@lru_cache(maxsize=512)
def _like(pattern: str, ignore_case: bool) -> _Matcher:
    parts = _parts(pattern)
    if ignore_case or any(None in part for part in parts):
        return _by_expression(parts, ignore_case)
    return _by_searching(["".join(filter(None, part)) for part in parts])


def _parts(pattern: str) -> list[list[str | None]]:
    """Cut a pattern at each %; None stands for any one character."""
    parts: list[list[str | None]] = [[]]
    escaped = False
    for character in pattern:
        if escaped:
            parts[-1].extend(character if character in "%_\\" else ("\\", character))
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "%":
            parts.append([])
        else:
            parts[-1].append(None if character == "_" else character)
    if escaped:
        parts[-1].append("\\")
    return parts


def _by_searching(parts: list[str]) -> _Matcher:
    """Return a matcher for text without placeholders: the leftmost place of each part will do."""
    if len(parts) == 1:
        return lambda run, text: text == parts[0]
    first, *middle, last = parts
    middle = [part for part in middle if part]
    least = len(first) + len(last)

    def matches(run: Run, text: str) -> bool:
        if len(text) < least or not text.startswith(first) or not text.endswith(last):
            return False
        position, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True

    return matches


def _by_expression(parts: list[list[str | None]], ignore_case: bool) -> _Matcher:
    """Return a matcher that never goes back on the place it has found for a part."""
    sources = ["".join("." if c is None else regex.escape(c) for c in part) for part in parts]
    first, rest = sources[0], sources[1:]
    middle = "".join(f"(?>.*?{source})" for source in rest[:-1] if source)
    # The last part stands at the end, behind what the parts before it have taken.
    last = f"(?=.{{{len(parts[-1])}}})(?>.*)(?<={rest[-1]})" if rest else ""
    expression = regex.compile(
        f"{first}{middle}{last}", regex.DOTALL | (regex.IGNORECASE if ignore_case else 0)
    )

    def matches(run: Run, text: str) -> bool:
        return within_limits(
            run, lambda seconds: expression.fullmatch(text, timeout=seconds) is not None
        )

    return matches
