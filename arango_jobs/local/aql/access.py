"""Reaching into values: attributes, paths of them, and array positions."""

from __future__ import annotations

import math
from typing import Any

from arango_jobs.local.aql.compilation import Evaluate, Frame
from arango_jobs.local.aql.values import to_string

__all__ = ["at", "path"]


def path(base: Evaluate, names: list[str]) -> Evaluate:
    """Return the closure for ``base.a.b``: null where there is no such attribute."""
    if len(names) == 1:
        return _one(base, names[0])

    def get(frame: Frame) -> Any:
        value = base(frame)
        for name in names:
            if type(value) is not dict:
                return None
            value = value.get(name)
        return value

    return get


def _one(base: Evaluate, name: str) -> Evaluate:
    def get(frame: Frame) -> Any:
        value = base(frame)
        return value.get(name) if type(value) is dict else None

    return get


def _position(index: Any) -> int | None:
    if type(index) is str:
        try:
            return int(index)
        except ValueError:
            return None
    if type(index) is float:
        return math.floor(index) if math.isfinite(index) else None
    return index if type(index) is int else None


def at(value: Any, index: Any) -> Any:
    """Return ``value[index]``: an attribute, or an element counted from either end."""
    if type(value) is dict:
        return value.get(to_string(index))
    if type(value) is not list:
        return None
    position = _position(index)
    if position is None or not -len(value) <= position < len(value):
        return None
    return value[position]
