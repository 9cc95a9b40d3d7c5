"""What the pages take for granted: a server at the usual place, and a directory of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_pages import ROOT

from arango_jobs import ArangoClient
from arango_jobs.local import LocalServer

PASSWORD = "passwd"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a directory with the examples in it, where no server is named."""
    for name in ("ARANGO_URL", "ARANGO_DB", "ARANGO_USER", "ARANGO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.fixture
def url(here: Path) -> Iterator[str]:
    """Stand in for the server that the pages speak of: it has a database `test`."""
    with LocalServer(password=PASSWORD) as server, ArangoClient(server.url) as client:
        client.db("_system", password=PASSWORD).create_database("test")
        client.db("test", password=PASSWORD).create_collection("students")
        yield server.url
