"""The embedded server for clients that know nothing of us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arango_jobs.local import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """Return a server of its own for each scenario."""
    with LocalServer(password="secret") as server:
        yield server
