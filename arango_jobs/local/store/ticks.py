"""Numbers that only grow: ids, generated keys and revisions."""

from __future__ import annotations

import itertools
import threading

__all__ = ["Revisions", "Ticks"]

_ALPHABET = "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]


class Ticks:
    """A counter shared by everything that needs an id."""

    __slots__ = ("_lock", "_value")

    def __init__(self, start: int = 10_000) -> None:
        self._value = start
        self._lock = threading.Lock()

    def next(self) -> int:
        """Return the next number."""
        with self._lock:
            self._value += 1
            return self._value

    def lower_to(self, value: int) -> None:
        """Go back to `value`, as a restart does (server-protocol.md §2.2)."""
        with self._lock:
            self._value = value

    @property
    def value(self) -> int:
        """Return the last number given out."""
        return self._value


class Revisions:
    """Document revisions: unique, growing, written as ArangoDB writes them."""

    __slots__ = ("_counter",)

    def __init__(self, start: int) -> None:
        self._counter = itertools.count(start)

    def next(self) -> str:
        """Return the next revision."""
        number = next(self._counter)
        return (
            "_"
            + _PAIRS[(number >> 36) & 4095]
            + _PAIRS[(number >> 24) & 4095]
            + _PAIRS[(number >> 12) & 4095]
            + _PAIRS[number & 4095]
            + "---"
        )
