"""A server, its database, and the path of a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ledger_support import COLLECTION
from ledger_world import World

from arango_jobs import ArangoClient, StandardDatabase
from arango_jobs.local import LocalServer


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Return where the ledger will be."""
    return tmp_path / "load.sqlite"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """Return an embedded server with an empty collection."""
    with LocalServer() as server:
        yield server


@pytest.fixture
def db(server: LocalServer) -> Iterator[StandardDatabase[Any]]:
    """Return its database."""
    with ArangoClient(hosts=server.url) as client:
        db = client.db("_system", username="root", password="")
        db.create_collection(COLLECTION)
        yield db


@pytest.fixture
def world(ledger: Path) -> Iterator[World]:
    """Return a writer and operations for it."""
    world = World(ledger)
    yield world
    world.close()
