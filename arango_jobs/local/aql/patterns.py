"""LIKE patterns and regular expressions, compiled once and kept.

Regular expressions are Python's; ArangoDB's are ICU's, which differ in rare constructs.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

__all__ = ["like", "regex"]


@lru_cache(maxsize=512)
def like(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """Return the expression that matches what LIKE does: % any text, _ one character."""
    parts, escaped = [], False
    for character in pattern:
        if escaped:
            parts.append(re.escape(character if character in "%_\\" else "\\" + character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
    if escaped:
        parts.append(re.escape("\\"))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@lru_cache(maxsize=512)
def regex(pattern: str, ignore_case: bool) -> re.Pattern[str] | None:
    """Return the compiled expression, or None if it is not valid."""
    try:
        with warnings.catch_warnings():
            # Python warns of constructs that it may read differently one day.
            warnings.simplefilter("ignore")
            return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError):
        return None
