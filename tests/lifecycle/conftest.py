"""Leaves no thread of a manager behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from life_support import Stage, until

from arango_jobs.local import LocalServer


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a server with a collection, and a database of it."""
    with LocalServer() as server, Stage(server) as stage:
        yield stage
    until(lambda: not manager_threads())


def manager_threads() -> list[threading.Thread]:
    """Return the threads of all managers."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("JobManager")]
