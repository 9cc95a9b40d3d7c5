"""The libraries that are measured beside ours, each in a module that imports it."""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["NEEDED", "load", "missing"]

NEEDED = {
    "python_arango": ("arango", "python-arango"),
    "python_arango_async": ("arangoasync", "python-arango-async"),
}
"""Module here: (what it imports, its distribution)."""


def load(name: str) -> ModuleType | None:
    """Return the contenders of a peer, `None` where it is not installed."""
    try:
        importlib.import_module(NEEDED[name][0])
    except ImportError:
        return None
    return importlib.import_module(f"{__name__}.{name}")


def missing() -> list[str]:
    """Return the distributions that are not installed."""
    return [wheel for name, (_, wheel) in NEEDED.items() if load(name) is None]
