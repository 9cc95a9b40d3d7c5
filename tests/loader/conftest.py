"""What the tests of the loader share."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loader_support import MemoryTarget, opened

from arango_jobs import ArangoClient
from arango_jobs.local import LocalServer

# The name `load` in the package is the function.
load_module = importlib.import_module("arango_jobs.loader.load")


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MemoryTarget:
    """A collection in memory, and a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(load_module, "open_target", lambda target, name: opened(target))
    return MemoryTarget()


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """One embedded server for all tests that need one."""
    with LocalServer() as running:
        yield running


@pytest.fixture
def db(server: LocalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A database whose collections are dropped afterwards, and a working directory."""
    monkeypatch.chdir(tmp_path)
    client = ArangoClient(hosts=server.url)
    database = client.db()
    yield database
    for collection in database.collections():
        if not collection["system"]:
            database.delete_collection(collection["name"])
    server.faults.reset()
    client.close()
