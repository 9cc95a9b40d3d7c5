"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli

from arango_jobs import ArangoClient
from arango_jobs.local import LocalServer


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """The command, in this process, in a directory of its own, without a server named."""
    for name in ("ARANGO_URL", "ARANGO_DB", "ARANGO_USER", "ARANGO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Cli(capsys)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """One embedded server a module."""
    with LocalServer(password="secret") as running:
        yield running


@pytest.fixture
def named(server: LocalServer, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Name the server in the environment, and give its database; collections go afterwards."""
    monkeypatch.setenv("ARANGO_URL", server.url)
    monkeypatch.setenv("ARANGO_PASSWORD", "secret")
    with ArangoClient(hosts=server.url) as client:
        db = client.db(password="secret")
        yield db
        for collection in db.collections():
            if not collection["system"]:
                db.delete_collection(collection["name"])
        db.clear_async_jobs()
        server.faults.reset()
