"""Functions for regular expressions."""

from __future__ import annotations

import re
from typing import Any

from arango_jobs.local.aql import patterns
from arango_jobs.local.aql.functions.arguments import bounded, text
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.values import is_true, to_string

__all__: list[str] = []

_REFERENCE = re.compile(r"\\(.)|\$(\d)", re.DOTALL)


def _compiled(pattern: Any, ignore_case: Any) -> re.Pattern[str]:
    compiled = patterns.regex(to_string(pattern), is_true(ignore_case))
    if compiled is None:
        raise ArgumentError(1543, "invalid regex value")
    return compiled


@function("REGEX_TEST", 2, 3)
def regex_test(value: Any, pattern: Any, ignore_case: Any = False) -> bool:
    """Tell whether the expression matches somewhere."""
    return _compiled(pattern, ignore_case).search(to_string(value)) is not None


@function("REGEX_MATCHES", 2, 3)
def regex_matches(value: Any, pattern: Any, ignore_case: Any = False) -> Any:
    """Return the match of the whole string and its groups, or null."""
    match = _compiled(pattern, ignore_case).fullmatch(to_string(value))
    return None if match is None else [match.group(0), *(part or "" for part in match.groups())]


@function("REGEX_SPLIT", 2, 4)
def regex_split(value: Any, pattern: Any, ignore_case: Any = False, limit: Any = None) -> list[str]:
    """Cut wherever the expression matches."""
    string, compiled = to_string(value), _compiled(pattern, ignore_case)
    parts, start = [], 0
    for match in compiled.finditer(string):
        if match.end() == match.start():
            continue
        parts.append(string[start : match.start()])
        parts.extend(part or "" for part in match.groups())
        start = match.end()
    parts.append(string[start:])
    return parts if limit is None else parts[: bounded(limit)]


def _filled(template: str, match: re.Match[str]) -> str:
    def fill(reference: re.Match[str]) -> str:
        if reference.group(1) is not None:
            return reference.group(1)
        number = int(reference.group(2))
        return (match.group(number) or "") if number <= match.re.groups else ""

    return _REFERENCE.sub(fill, template)


@function("REGEX_REPLACE", 3, 4)
def regex_replace(value: Any, pattern: Any, replacement: Any, ignore_case: Any = False) -> str:
    """Replace every match; $1 in the replacement is the first group."""
    template = text(replacement)
    compiled = _compiled(pattern, ignore_case)
    return compiled.sub(lambda match: _filled(template, match), to_string(value))
