"""Two servers that are alike, and a manager for the database of one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from arango.http import DefaultHTTPClient
from driver_world import Unrepeated, World

from arango_jobs import JobManager
from arango_jobs.local import LocalServer


def _world(http_client: DefaultHTTPClient | None = None) -> Iterator[World]:
    with LocalServer() as server:
        world = World(server, http_client)
        yield world
        world.close()


@pytest.fixture(scope="module")
def direct() -> Iterator[World]:
    """Return a server that the driver is used with directly."""
    yield from _world(Unrepeated())


@pytest.fixture(scope="module")
def managed() -> Iterator[World]:
    """Return a server that the driver is used with through a manager."""
    yield from _world()


@pytest.fixture
def jobs(managed: World) -> Iterator[JobManager]:
    """Return a manager for a fresh database, with something in it."""
    with managed.database(), JobManager(managed.db) as manager:
        yield manager
