"""The pytest plugin: brings the fixtures, where the embedded server is installed.

It must not fail in a project that has this package without the `local` extra.
"""

from __future__ import annotations

import importlib.util

import pytest

__all__ = ["pytest_configure"]

_NEEDED = ("uvicorn", "lark", "httptools")


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures."""
    if all(importlib.util.find_spec(name) for name in _NEEDED):
        config.pluginmanager.import_plugin("arango_jobs.testing.fixtures")
