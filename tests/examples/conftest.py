"""A server that the examples can be pointed at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arango_jobs.local import LocalServer


@pytest.fixture
def serving() -> Iterator[str]:
    """Give the URL of an embedded server."""
    with LocalServer() as server:
        yield server.url
