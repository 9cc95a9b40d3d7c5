"""Two servers, one for each library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import World

from arango_jobs.local import LocalServer


@pytest.fixture(scope="session")
def worlds() -> Iterator[tuple[World, World]]:
    with LocalServer() as theirs, LocalServer() as ours:
        yield World(theirs.url), World(ours.url)
