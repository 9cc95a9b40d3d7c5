"""Functions that make one number of an array."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from arango_jobs.local.aql.functions.arguments import array, number, numbers
from arango_jobs.local.aql.functions.registry import ArgumentError, alias, function
from arango_jobs.local.aql.values import normal, sort_key

__all__: list[str] = []


@function("MIN")
def minimum(values: Any) -> Any:
    """Return the least element that is not null."""
    return min((item for item in array(values) if item is not None), key=sort_key, default=None)


@function("MAX")
def maximum(values: Any) -> Any:
    """Return the greatest element that is not null."""
    return max((item for item in array(values) if item is not None), key=sort_key, default=None)


@function("SUM")
def sum_(values: Any) -> Any:
    """Return the sum; nulls are left out."""
    return normal(sum(numbers(values)))


@function("AVERAGE")
def average(values: Any) -> Any:
    """Return the mean; nulls are left out."""
    found = numbers(values)
    return normal(sum(found) / len(found)) if found else None


alias("AVG", "AVERAGE")


@function("PRODUCT")
def product(values: Any) -> Any:
    """Return the product; nulls are left out."""
    result: Any = 1
    for value in numbers(values):
        result = normal(result * value)
        if result is None:
            return None
    return result


@function("MEDIAN")
def median(values: Any) -> Any:
    """Return the value in the middle."""
    found = sorted(numbers(values))
    if not found:
        return None
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else normal((found[middle - 1] + found[middle]) / 2)


def _at_rank(found: list[Any], percent: float) -> Any:
    rank = math.ceil(percent / 100 * len(found))
    return found[min(rank, len(found)) - 1] if rank > 0 else None


def _interpolated(found: list[Any], percent: float) -> Any:
    index = percent * (len(found) + 1) / 100
    position = math.floor(index)
    if position >= len(found):
        return found[-1]
    if position <= 0:
        return None
    low, high = found[position - 1], found[position]
    return normal(low + (index - position) * (high - low))


@function("PERCENTILE", 2, 3)
def percentile(values: Any, percent: Any, method: Any = "rank") -> Any:
    """Return the value below which so many percent of the values lie."""
    found, wanted = sorted(numbers(values)), number(percent)
    if not 0 < wanted <= 100 or method not in ("rank", "interpolation"):
        raise ArgumentError
    if not found:
        return None
    return (_at_rank if method == "rank" else _interpolated)(found, wanted)


def _spread(sample: bool, root: bool) -> Callable[[Any], Any]:
    def implementation(values: Any) -> Any:
        """Return the variance, or its root."""
        found = numbers(values)
        if len(found) <= sample:
            return None
        mean = sum(found) / len(found)
        variance = sum((value - mean) ** 2 for value in found) / (len(found) - sample)
        return normal(math.sqrt(variance) if root else variance)

    return implementation


function("VARIANCE_POPULATION")(_spread(sample=False, root=False))
function("VARIANCE_SAMPLE")(_spread(sample=True, root=False))
function("STDDEV_POPULATION")(_spread(sample=False, root=True))
function("STDDEV_SAMPLE")(_spread(sample=True, root=True))
alias("VARIANCE", "VARIANCE_POPULATION")
alias("STDDEV", "STDDEV_POPULATION")


def _vectors(first: Any, second: Any) -> list[tuple[float, float]]:
    left = [number(value) for value in array(first)]
    right = [number(value) for value in array(second)]
    if len(left) != len(right):
        raise ArgumentError
    return list(zip(left, right, strict=True))


@function("COSINE_SIMILARITY", 2)
def cosine_similarity(first: Any, second: Any) -> Any:
    """Return the cosine of the angle between two vectors."""
    pairs = _vectors(first, second)
    size = math.hypot(*(one for one, _ in pairs)) * math.hypot(*(other for _, other in pairs))
    return normal(sum(one * other for one, other in pairs) / size) if size else None


@function("L1_DISTANCE", 2)
def l1_distance(first: Any, second: Any) -> Any:
    """Return the sum of the differences of two vectors."""
    return normal(sum(abs(one - other) for one, other in _vectors(first, second)))


@function("L2_DISTANCE", 2)
def l2_distance(first: Any, second: Any) -> Any:
    """Return the distance of two points."""
    return normal(math.hypot(*(one - other for one, other in _vectors(first, second))))
