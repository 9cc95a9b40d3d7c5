"""Where tests find a server: the embedded one, or a real ArangoDB where `ARANGO_URL` is set.

Tests that use `arango_db` or `job_manager` run against both. `local_only` marks
those that need what only the embedded server can do (faults, its introspection),
`real_only` those that need a real one; the others are deselected.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from arango_jobs import ArangoClient, StandardDatabase
from arango_jobs.local import LocalServer

_URL = os.environ.get("ARANGO_URL")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "local_only: needs the embedded server")
    config.addinivalue_line("markers", "real_only: needs a real ArangoDB (ARANGO_URL)")
    # Where a shell has started this in the background, Ctrl-C is ignored, and by programs that are
    # started from here as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unfit = "local_only" if _URL else "real_only"
    left_out = [item for item in items if item.get_closest_marker(unfit)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def arango_client() -> Iterator[ArangoClient]:
    """Return a client of the server that the tests run against."""
    if _URL:
        with ArangoClient(hosts=_URL) as client:
            yield client
        return
    with LocalServer(password="secret") as server, ArangoClient(hosts=server.urls) as client:
        yield client


@contextmanager
def _database(client: ArangoClient) -> Iterator[StandardDatabase]:
    user = os.environ.get("ARANGO_USER", "root")
    password = os.environ.get("ARANGO_PASSWORD", "") if _URL else "secret"
    system = client.db("_system", username=user, password=password)
    name = f"test_{uuid.uuid4().hex[:12]}"
    system.create_database(name)
    yield client.db(name, username=user, password=password)
    system.delete_database(name)


@pytest.fixture
def arango_db(arango_client: ArangoClient) -> Iterator[StandardDatabase]:
    """Return a database of its own for each test."""
    with _database(arango_client) as db:
        yield db


@pytest.fixture(scope="module")
def module_db(arango_client: ArangoClient) -> Iterator[StandardDatabase]:
    """Return a database of its own for each module."""
    with _database(arango_client) as db:
        yield db
