"""What a literal's text means: strings with their escapes, numbers, quoted names.

Knows nothing of the grammar.
"""

from __future__ import annotations

import math
import re
from typing import Any

from arango_jobs.local.errors import ArangoError

__all__ = ["number", "quoted_name", "string"]

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UINT64_MAX = 2**64 - 1


def _unescape(match: re.Match[str]) -> str:
    body = match.group(1)
    if len(body) == 5:
        return chr(int(body[1:], 16))
    return _SIMPLE.get(body, body)


def string(text: str) -> str:
    """Return the string that the quoted `text` stands for."""
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    value = _ESCAPE.sub(_unescape, inner)
    # Two escapes may form one character beyond the basic plane; half of one is replaced.
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def quoted_name(text: str) -> str:
    """Return the name between backticks or forward ticks."""
    return _ESCAPE.sub(lambda match: match.group(1), text[1:-1])


def number(text: str) -> Any:
    """Return the number that `text` stands for; whole ones that fit in 64 bits stay whole."""
    prefix = text[:2].lower()
    if prefix in ("0x", "0b"):
        value = int(text[2:], 16 if prefix == "0x" else 2)
        if value > 0xFFFFFFFF:
            raise ArangoError(1504, f"AQL: number out of range: {text[:40]} (while parsing)")
        return value
    if text.isdigit() and len(text) <= 20 and int(text) <= _UINT64_MAX:
        return int(text)
    parsed = float(text)
    if math.isinf(parsed):
        raise ArangoError(1504, "AQL: number out of range (while parsing)")
    return int(parsed) if parsed.is_integer() and abs(parsed) < 2**53 else parsed
