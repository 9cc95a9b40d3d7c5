"""Functions for regular expressions."""

from __future__ import annotations

import re
from typing import Any

import regex

from arango_jobs.local.aql.functions.arguments import bounded, text
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.patterns import compiled, is_found, within_limits
from arango_jobs.local.aql.run import Run
from arango_jobs.local.aql.values import is_true, to_string

__all__: list[str] = []

_REFERENCE = re.compile(r"\\(.)|\$(\d)", re.DOTALL)


def _expression(pattern: Any, ignore_case: Any) -> regex.Pattern[str]:
    expression = compiled(to_string(pattern), is_true(ignore_case))
    if expression is None:
        raise ArgumentError(1543, "invalid regex value")
    return expression


@function("REGEX_TEST", 2, 3, with_run=True)
def regex_test(run: Run, value: Any, pattern: Any, ignore_case: Any = False) -> bool:
    """Tell whether the expression matches somewhere."""
    expression, string = _expression(pattern, ignore_case), to_string(value)
    return is_found(run, expression, string)


@function("REGEX_MATCHES", 2, 3, with_run=True)
def regex_matches(run: Run, value: Any, pattern: Any, ignore_case: Any = False) -> Any:
    """Return the match of the whole string and its groups, or null."""
    expression, string = _expression(pattern, ignore_case), to_string(value)
    match = within_limits(run, lambda seconds: expression.fullmatch(string, timeout=seconds))
    return None if match is None else [match.group(0), *(part or "" for part in match.groups())]


@function("REGEX_SPLIT", 2, 4, with_run=True)
def regex_split(
    run: Run, value: Any, pattern: Any, ignore_case: Any = False, limit: Any = None
) -> list[str]:
    """Cut wherever the expression matches."""
    expression, string = _expression(pattern, ignore_case), to_string(value)
    matches = within_limits(run, lambda seconds: list(expression.finditer(string, timeout=seconds)))
    parts, start = [], 0
    for match in matches:
        if match.end() == match.start():
            continue
        parts.append(string[start : match.start()])
        parts.extend(part or "" for part in match.groups())
        start = match.end()
    parts.append(string[start:])
    return parts if limit is None else parts[: bounded(limit)]


def _filled(template: str, match: regex.Match[str]) -> str:
    def fill(reference: re.Match[str]) -> str:
        if reference.group(1) is not None:
            return reference.group(1)
        number = int(reference.group(2))
        return (match.group(number) or "") if number <= match.re.groups else ""

    return _REFERENCE.sub(fill, template)


@function("REGEX_REPLACE", 3, 4, with_run=True)
def regex_replace(
    run: Run, value: Any, pattern: Any, replacement: Any, ignore_case: Any = False
) -> str:
    """Replace every match; $1 in the replacement is the first group."""
    template, string = text(replacement), to_string(value)
    expression = _expression(pattern, ignore_case)
    return within_limits(
        run,
        lambda seconds: expression.sub(
            lambda match: _filled(template, match), string, timeout=seconds
        ),
    )
