"""Fixtures for users' tests: an embedded server, a fresh database, a job manager."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from arango_jobs import ArangoClient, JobManager, StandardDatabase
from arango_jobs.local import LocalServer

__all__ = ["arango_db", "arango_server", "job_manager"]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def arango_server() -> Iterator[LocalServer]:
    """Return an embedded server that lives as long as the test session."""
    with LocalServer() as server:
        yield server


@pytest.fixture
def arango_db(arango_server: LocalServer) -> Iterator[StandardDatabase]:
    """Return a fresh database; it is dropped, and faults are reset, after the test."""
    name = f"test_{next(_numbers)}"
    client = ArangoClient(hosts=arango_server.url)
    system = client.db("_system", username="root", password="")
    system.create_database(name)
    try:
        yield client.db(name, username="root", password="")
    finally:
        arango_server.faults.reset()
        system.delete_database(name)
        client.close()


@pytest.fixture
def job_manager(arango_db: StandardDatabase) -> Iterator[JobManager]:
    """Return a job manager on the fresh database; it is shut down after the test."""
    with JobManager(arango_db) as manager:
        yield manager
