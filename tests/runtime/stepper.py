"""Something that happens between two lines of a module of the standard library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["LINES", "Stepper", "interrupt"]

LINES = 400
"""More than any of the calls runs."""


class Stepper:
    """In a `with` block, calls `action` before line number `at` that `module` runs."""

    def __init__(self, module: ModuleType, at: int, action: Callable[[], Any]) -> None:
        self._module = module
        self._at = at
        self._action = action
        self._lines = 0

    def __enter__(self) -> Stepper:
        self._before = sys.gettrace()
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    @property
    def has_acted(self) -> bool:
        """Whether the module ran so many lines."""
        return self._lines > self._at

    def _on_call(self, frame: Any, event: str, argument: object) -> Any:
        return self._on_line if frame.f_code.co_filename == self._module.__file__ else None

    def _on_line(self, frame: Any, event: str, argument: object) -> Any:
        if event == "line":
            self._lines += 1
            if self._lines - 1 == self._at:
                self._action()
        return self._on_line


def interrupt() -> None:
    """Do as Ctrl-C does."""
    raise KeyboardInterrupt
