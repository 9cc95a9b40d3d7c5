"""Parts of the queries that stand behind `find` and its like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arango_jobs.api.types import Json
from arango_jobs.errors import OptionError, SortValidationError

__all__ = ["filtered", "limited", "number", "sorted_by", "within"]


def _natural(name: str, value: int | None) -> None:
    if value is not None and (type(value) is not int or value < 0):
        raise OptionError(f"{name} must be a non-negative int, not {value!r}")


def within(skip: int | None, limit: int | None) -> str:
    """Return `LIMIT skip, limit`, where `None` is no limit."""
    _natural("skip", skip)
    _natural("limit", limit)
    return f"LIMIT {skip or 0}, {'null' if limit is None else limit}"


def limited(limit: int | None) -> str:
    """Return `LIMIT limit`, or nothing."""
    _natural("limit", limit)
    return "" if limit is None else f"LIMIT {limit}"


def number(**values: Any) -> Json:
    """Return `values`, if all of them are numbers."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise OptionError(f"{name} must be a number, not {value!r}")
    return values


def filtered(filters: Any) -> tuple[str, Json]:
    """Return the condition that attributes have these values, and its bind variables."""
    if not isinstance(filters, Mapping):
        raise OptionError(f"filters must be a dict, not a {type(filters).__name__}")
    values: Json = {}
    conditions = []
    for index, (field, value) in enumerate(filters.items()):
        access = _attribute(field, f"filter_field_{index}", values)
        values[f"filter_value_{index}"] = value
        conditions.append(f"{access} == @filter_value_{index}")
    return ("FILTER " + " AND ".join(conditions) if conditions else ""), values


def sorted_by(sort: Sequence[Json] | None) -> tuple[str, Json]:
    """Return the order that `sort` asks for, and its bind variables."""
    values: Json = {}
    orders = []
    for index, each in enumerate(sort or ()):
        if not isinstance(each, Mapping) or not {"sort_by", "sort_order"} <= each.keys():
            raise SortValidationError("each sort must have 'sort_by' and 'sort_order'")
        order = str(each["sort_order"]).upper()
        if order not in ("ASC", "DESC"):
            raise SortValidationError(f"'sort_order' must be 'ASC' or 'DESC', not {order!r}")
        orders.append(f"{_attribute(each['sort_by'], f'sort_field_{index}', values)} {order}")
    return ("SORT " + ", ".join(orders) if orders else ""), values


def _attribute(field: str, name: str, values: Json) -> str:
    """Return how AQL reaches the attribute: whole, or by its parts where no such one is there."""
    values[name] = field
    parts = field.split(".")
    if len(parts) == 1:
        return f"doc[@{name}]"
    for index, part in enumerate(parts):
        values[f"{name}_{index}"] = part
    nested = "doc" + "".join(f"[@{name}_{index}]" for index in range(len(parts)))
    return f"(HAS(doc, @{name}) ? doc[@{name}] : {nested})"
