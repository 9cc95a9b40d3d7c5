"""Attributes that few instances set: the others pay for them with nothing but a default."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Rare"]

T = TypeVar("T")


class _HasMore(Protocol):
    more: dict[str, Any] | None


class Rare(Generic[T]):
    """An attribute that is kept in its instance's `more`, a dict that is made at need."""

    __slots__ = ("_default", "_name")

    def __init__(self, default: T) -> None:
        self._default = default
        self._name = ""

    def __set_name__(self, _owner: type, name: str) -> None:
        """Learn its name."""
        self._name = name

    def __get__(self, instance: _HasMore, _owner: type) -> T:
        """Return what was set, or the default."""
        more = instance.more
        return self._default if more is None else more.get(self._name, self._default)

    def __set__(self, instance: _HasMore, value: T) -> None:
        """Set it."""
        if instance.more is not None:
            instance.more[self._name] = value
        elif value is not self._default:
            instance.more = {self._name: value}
