"""Functions for strings."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.aql.functions.arguments import bounded, text, whole, within
from arango_jobs.local.aql.functions.registry import ArgumentError, alias, function
from arango_jobs.local.aql.patterns import is_like
from arango_jobs.local.aql.run import Run
from arango_jobs.local.aql.values import is_number, is_true, to_string

__all__: list[str] = []

# So many characters are looked at between two looks at whether the query was killed.
_STRIDE = 1 << 16
_SPACE = " \t\r\n\v\f\0"


@function("LENGTH")
def length(value: Any) -> int:
    """Return the number of elements, attributes or characters."""
    if type(value) in (list, dict, str):
        return len(value)
    if value is None or value is False:
        return 0
    return 1 if value is True else len(to_string(value))


alias("COUNT", "LENGTH")


@function("CHAR_LENGTH")
def char_length(value: Any) -> int:
    """Return the number of characters of the value as a string."""
    return len(to_string(value))


@function("CONCAT", 1, None)
def concat(*values: Any) -> str:
    """Join the values, or the elements of a single array; nulls are left out."""
    items = values[0] if len(values) == 1 and type(values[0]) is list else values
    parts = [to_string(item) for item in items]
    within(sum(map(len, parts)))
    return "".join(parts)


@function("CONCAT_SEPARATOR", 2, None)
def concat_separator(separator: Any, *values: Any) -> str:
    """Join the values with a separator; arrays give their elements, nulls are left out."""
    items: list[Any] = []
    for value in values:
        items.extend(value if type(value) is list else [value])
    between, parts = to_string(separator), [to_string(item) for item in items if item is not None]
    within(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


@function("LOWER")
def lower(value: Any) -> str:
    """Return the value in lower case."""
    return to_string(value).lower()


@function("UPPER")
def upper(value: Any) -> str:
    """Return the value in upper case."""
    return to_string(value).upper()


@function("SUBSTRING", 2, 3)
def substring(value: Any, offset: Any, size: Any = None) -> str:
    """Return a part; a negative offset counts from the end."""
    string, start = to_string(value), whole(offset)
    if start < 0:
        start = max(0, len(string) + start)
    count = len(string) if size is None else max(0, whole(size))
    return string[start : start + count]


@function("SUBSTRING_BYTES", 2, 3)
def substring_bytes(value: Any, offset: Any, size: Any = None) -> str:
    """Return a part counted in bytes of UTF-8; a cut character does not fit."""
    data, start = to_string(value).encode("utf-8", "replace"), whole(offset)
    if start < 0:
        start = max(0, len(data) + start)
    count = len(data) if size is None else max(0, whole(size))
    try:
        return data[start : start + count].decode()
    except UnicodeDecodeError:
        raise ArgumentError from None


@function("LEFT", 2)
def left(value: Any, count: Any) -> str:
    """Return the first characters."""
    return to_string(value)[: max(0, whole(count))]


@function("RIGHT", 2)
def right(value: Any, count: Any) -> str:
    """Return the last characters."""
    size = max(0, whole(count))
    return to_string(value)[-size:] if size else ""


@function("CONTAINS", 2, 3)
def contains(value: Any, search: Any, as_index: Any = False) -> Any:
    """Tell whether, or where, a string is in another."""
    string, wanted = to_string(value), to_string(search)
    position = string.find(wanted) if wanted else -1
    return position if is_true(as_index) else position >= 0


@function("FIND_FIRST", 2, 4)
def find_first(value: Any, search: Any, start: Any = None, end: Any = None) -> int:
    """Return the first position of a string in another, or -1; the end counts in."""
    string = to_string(value)
    low, high = _span(string, start, end)
    return string.find(to_string(search), low, high) if low <= high else -1


@function("FIND_LAST", 2, 4)
def find_last(value: Any, search: Any, start: Any = None, end: Any = None) -> int:
    """Return the last position of a string in another, or -1; the end counts in."""
    string = to_string(value)
    low, high = _span(string, start, end)
    return string.rfind(to_string(search), low, high) if low <= high else -1


def _span(string: str, start: Any, end: Any) -> tuple[int, int]:
    low = 0 if start is None else whole(start)
    high = len(string) if end is None else whole(end) + 1
    return (low, high) if low >= 0 and high >= 0 else (1, 0)


@function("STARTS_WITH", 2, 3)
def starts_with(value: Any, prefix: Any, least: Any = 1) -> bool:
    """Tell whether a string begins with a prefix, or with so many of an array of them."""
    string = text(value)
    if type(prefix) is not list:
        return string.startswith(text(prefix))
    return sum(string.startswith(text(item)) for item in prefix) >= whole(least)


@function("LIKE", 2, 3, with_run=True)
def like(run: Run, value: Any, pattern: Any, ignore_case: Any = False) -> bool:
    """Tell whether the whole value matches a pattern with % and _."""
    return is_like(run, to_string(value), to_string(pattern), is_true(ignore_case))


@function("TRIM", 1, 2)
def trim(value: Any, kind: Any = None) -> str:
    """Remove space, or the given characters, at both ends or at the end that a number names."""
    string = to_string(value)
    if is_number(kind) and kind in (0, 1, 2):
        return (string.strip, string.lstrip, string.rstrip)[int(kind)](_SPACE)
    return string.strip(_SPACE if kind is None else to_string(kind))


@function("LTRIM", 1, 2)
def ltrim(value: Any, characters: Any = None) -> str:
    """Remove space, or the given characters, at the start."""
    return to_string(value).lstrip(_SPACE if characters is None else to_string(characters))


@function("RTRIM", 1, 2)
def rtrim(value: Any, characters: Any = None) -> str:
    """Remove space, or the given characters, at the end."""
    return to_string(value).rstrip(_SPACE if characters is None else to_string(characters))


def _split_all(run: Run, string: str, separators: list[str]) -> list[str]:
    if "" in separators:
        return list(string)
    parts, start, position, look = [], 0, 0, _STRIDE
    while position < len(string):
        if position >= look:
            run.check()
            look += _STRIDE
        found = next((item for item in separators if string.startswith(item, position)), None)
        if found is None:
            position += 1
            continue
        parts.append(string[start:position])
        start = position = position + len(found)
    return [*parts, string[start:]]


@function("SPLIT", 1, 3, with_run=True)
def split(run: Run, value: Any, separator: Any = None, limit: Any = None) -> list[str]:
    """Cut at a separator, or at any of an array of them; what exceeds the limit is dropped."""
    string = to_string(value)
    if separator is None:
        return [string]
    separators = separator if type(separator) is list else [separator]
    parts = _split_all(run, string, [to_string(item) for item in separators])
    return parts if limit is None else parts[: bounded(limit)]


def _mapping(search: Any, replacement: Any) -> dict[str, str]:
    if type(search) is dict:
        return {key: to_string(value) for key, value in search.items()}
    keys = [to_string(item) for item in (search if type(search) is list else [search])]
    if type(replacement) is not list:
        return dict.fromkeys(keys, to_string(replacement))
    padded = [to_string(item) for item in replacement] + [""] * len(keys)
    return dict(zip(keys, padded, strict=False))


@function("SUBSTITUTE", 2, 4, with_run=True)
def substitute(run: Run, value: Any, search: Any, replacement: Any = "", limit: Any = None) -> str:
    """Replace strings by others: one, an array of them, or the keys of an object."""
    if type(search) is dict:
        limit = replacement if is_number(replacement) else limit
    pairs = {key: new for key, new in _mapping(search, replacement).items() if key}
    left_over = None if limit is None else bounded(limit)
    string, parts, position, look = to_string(value), [], 0, _STRIDE
    while position < len(string):
        if position >= look:
            run.check()
            look += _STRIDE
        found = None
        if left_over is None or left_over > 0:
            found = next((key for key in pairs if string.startswith(key, position)), None)
        if found is None:
            parts.append(string[position])
            position += 1
            continue
        parts.append(pairs[found])
        position += len(found)
        left_over = None if left_over is None else left_over - 1
    return "".join(parts)


@function("REPEAT", 2, 3)
def repeat(value: Any, count: Any, separator: Any = "") -> str:
    """Return the value several times."""
    string, times, between = to_string(value), bounded(count), to_string(separator)
    bounded((len(string) + len(between)) * times)
    return between.join([string] * times)
