"""Functions for arrays: taking parts, adding and removing elements, sets."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

from arango_jobs.local.aql.functions.arguments import array, bounded, whole, within
from arango_jobs.local.aql.functions.registry import ArgumentError, alias, function
from arango_jobs.local.aql.values import equal, is_number, is_true, sort_key, to_array

__all__: list[str] = []


def _distinct(items: Any) -> dict[Any, Any]:
    """Return the elements by key, the first of equal ones."""
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(sort_key(item), item)
    return found


def _changeable(values: Any) -> list[Any]:
    return [] if values is None else list(array(values))


@function("FIRST")
def first(values: Any) -> Any:
    """Return the first element."""
    return array(values)[0] if array(values) else None


@function("LAST")
def last(values: Any) -> Any:
    """Return the last element."""
    return array(values)[-1] if array(values) else None


@function("NTH", 2)
def nth(values: Any, position: Any) -> Any:
    """Return the element at a position."""
    index = whole(position)
    return array(values)[index] if 0 <= index < len(array(values)) else None


@function("SLICE", 2, 3)
def slice_(values: Any, start: Any, length: Any = None) -> list[Any]:
    """Return a part; negative numbers count from the end."""
    items, low = array(values), whole(start)
    if low < 0:
        low = max(0, len(items) + low)
    if length is None:
        return items[low:]
    count = whole(length)
    return items[low : low + count] if count >= 0 else items[low : len(items) + count]


@function("REVERSE")
def reverse(value: Any) -> Any:
    """Return an array or a string from end to start."""
    if type(value) not in (list, str):
        raise ArgumentError
    return value[::-1]


@function("POSITION", 2, 3)
def position(values: Any, search: Any, as_index: Any = False) -> Any:
    """Tell whether, or where, a value is in an array."""
    found = next((n for n, item in enumerate(array(values)) if equal(item, search)), -1)
    return found if is_true(as_index) else found >= 0


alias("CONTAINS_ARRAY", "POSITION")


@function("UNIQUE")
def unique(values: Any) -> list[Any]:
    """Return the elements without repetitions."""
    return list(_distinct(array(values)).values())


@function("SORTED")
def sorted_(values: Any) -> list[Any]:
    """Return the elements in order."""
    return sorted(array(values), key=sort_key)


@function("SORTED_UNIQUE")
def sorted_unique(values: Any) -> list[Any]:
    """Return the elements in order, without repetitions."""
    return sorted(_distinct(array(values)).values(), key=sort_key)


@function("COUNT_DISTINCT")
def count_distinct(values: Any) -> int:
    """Return the number of different elements."""
    return len(_distinct(array(values)))


alias("COUNT_UNIQUE", "COUNT_DISTINCT")


@function("FLATTEN", 1, 2)
def flatten(values: Any, depth: Any = 1) -> list[Any]:
    """Return the elements of arrays inside the array, some levels deep."""
    items, levels = list(array(values)), bounded(depth)
    while levels and any(type(item) is list for item in items):
        items = list(chain.from_iterable(i if type(i) is list else [i] for i in items))
        levels -= 1
    return items


@function("UNION", 2, None)
def union(*arrays: Any) -> list[Any]:
    """Return the elements of all arrays."""
    within(sum(len(array(values)) for values in arrays))
    return [item for values in arrays for item in values]


@function("UNION_DISTINCT", 2, None)
def union_distinct(*arrays: Any) -> list[Any]:
    """Return the different elements of all arrays."""
    return list(_distinct(union(*arrays)).values())


@function("INTERSECTION", 2, None)
def intersection(*arrays: Any) -> list[Any]:
    """Return the elements that all arrays have."""
    found = [_distinct(array(values)) for values in arrays]
    return [item for key, item in found[0].items() if all(key in other for other in found[1:])]


@function("MINUS", 2, None)
def minus(*arrays: Any) -> list[Any]:
    """Return the elements that only the first array has."""
    found = [_distinct(array(values)) for values in arrays]
    return [item for key, item in found[0].items() if not any(key in other for other in found[1:])]


@function("OUTERSECTION", 2, None)
def outersection(*arrays: Any) -> list[Any]:
    """Return the elements that exactly one array has."""
    found = [_distinct(array(values)) for values in arrays]
    times = Counter(key for part in found for key in part)
    return [item for part in found for key, item in part.items() if times[key] == 1]


@function("JACCARD", 2)
def jaccard(first_: Any, second: Any) -> Any:
    """Return the share of common elements among all."""
    left, right = _distinct(array(first_)), _distinct(array(second))
    total = len({*left, *right})
    common = len(left.keys() & right.keys())
    return 1 if not total else common / total if common not in (0, total) else int(common == total)


@function("INTERLEAVE", 2, None)
def interleave(*arrays: Any) -> list[Any]:
    """Return the first elements of all arrays, then the second ones, and so on."""
    longest = max(len(array(values)) for values in arrays)
    return [v[n] for n in range(longest) for v in arrays if n < len(v)]


@function("PUSH", 2, 3)
def push(values: Any, value: Any, only_new: Any = False) -> list[Any]:
    """Return the array with a value added at the end."""
    items = _changeable(values)
    if not is_true(only_new) or not any(equal(item, value) for item in items):
        items.append(value)
    return items


@function("UNSHIFT", 2, 3)
def unshift(values: Any, value: Any, only_new: Any = False) -> list[Any]:
    """Return the array with a value added at the start."""
    items = _changeable(values)
    if not is_true(only_new) or not any(equal(item, value) for item in items):
        items.insert(0, value)
    return items


@function("APPEND", 2, 3)
def append(values: Any, more: Any, only_new: Any = False) -> list[Any]:
    """Return the array with the elements of another added."""
    items = [*_changeable(values), *to_array(more if type(more) is not dict else [more])]
    within(len(items))
    return list(_distinct(items).values()) if is_true(only_new) else items


@function("POP")
def pop(values: Any) -> Any:
    """Return the array without its last element."""
    return None if values is None else array(values)[:-1]


@function("SHIFT")
def shift(values: Any) -> Any:
    """Return the array without its first element."""
    return None if values is None else array(values)[1:]


@function("REMOVE_VALUE", 2, 3)
def remove_value(values: Any, value: Any, limit: Any = None) -> list[Any]:
    """Return the array without a value, or without its first occurrences."""
    items = _changeable(values)
    left = len(items) if limit is None else bounded(limit)
    kept = []
    for item in items:
        if left > 0 and equal(item, value):
            left -= 1
        else:
            kept.append(item)
    return kept


@function("REMOVE_VALUES", 2)
def remove_values(values: Any, unwanted: Any) -> list[Any]:
    """Return the array without some values."""
    keys = {sort_key(item) for item in _changeable(unwanted)}
    return [item for item in _changeable(values) if sort_key(item) not in keys]


@function("REMOVE_NTH", 2)
def remove_nth(values: Any, position_: Any) -> list[Any]:
    """Return the array without the element at a position."""
    items, index = _changeable(values), whole(position_)
    if -len(items) <= index < len(items):
        del items[index]
    return items


@function("REPLACE_NTH", 3, 4)
def replace_nth(values: Any, position_: Any, value: Any, *default: Any) -> list[Any]:
    """Return the array with another element at a position, filled up to it if it is short."""
    items = list(array(values))
    if not is_number(position_):
        raise ArgumentError
    index = whole(position_)
    if index < 0:
        index = max(0, len(items) + index)
    if index > len(items) and not default:
        raise ArgumentError
    items += [default[0] if default else None] * (bounded(index) - len(items))
    items[index : index + 1] = [value]
    return items
