"""Options of a call as the query of its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from arango_jobs.json import check_text

__all__ = ["encode_query", "text"]


def text(value: Any) -> str:
    """Return `value` as ArangoDB reads it: booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _checked(name: str, value: str) -> str:
    check_text(name, "the name of an option")
    check_text(value, f"the option {name}")
    return value


def encode_query(options: Mapping[str, Any] | None) -> str:
    """Return `options` as a query with its question mark; those that are `None` are left out."""
    if not options:
        return ""
    pairs = [
        f"{quote(name, safe='')}={quote(_checked(name, text(value)), safe='')}"
        for name, value in options.items()
        if value is not None
    ]
    return "?" + "&".join(pairs) if pairs else ""
