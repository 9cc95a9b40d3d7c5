"""The table of AQL's functions: name, number of arguments, implementation.

An implementation gets plain values and returns one. It must not change its arguments:
they may be stored documents. Knows nothing of syntax.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["ALIASES", "REGISTRY", "ArgumentError", "Definition", "alias", "function"]

Implementation = Callable[..., Any]
_F = TypeVar("_F", bound=Implementation)


class ArgumentError(Exception):
    """An argument that a function cannot use: the result is null, with a warning."""

    def __init__(self, number: int = 1542, message: str | None = None) -> None:
        self.number = number
        self.message = message
        super().__init__(number, message)


@dataclass(frozen=True, slots=True)
class Definition:
    """One function; a maximum of None means any number of arguments.

    `with_run`: the implementation's first argument is the run. `collections`: positions of
    arguments where a collection stands for its name, not for its documents.
    """

    name: str
    implementation: Implementation
    minimum: int
    maximum: int | None
    with_run: bool = False
    collections: frozenset[int] = frozenset()


REGISTRY: dict[str, Definition] = {}
ALIASES: dict[str, str] = {}


def function(
    name: str,
    minimum: int = 1,
    maximum: int | None = -1,
    *,
    with_run: bool = False,
    collections: tuple[int, ...] = (),
) -> Callable[[_F], _F]:
    """Register the decorated implementation; without a maximum it is the minimum."""

    def register(implementation: _F) -> _F:
        most = minimum if maximum == -1 else maximum
        REGISTRY[name] = Definition(
            name, implementation, minimum, most, with_run, frozenset(collections)
        )
        return implementation

    return register


def alias(new: str, existing: str) -> None:
    """Let `new` name the same function as `existing`."""
    ALIASES[new] = existing
    REGISTRY[new] = REGISTRY[existing]
