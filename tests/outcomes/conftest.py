"""One embedded server for all tests of a module, cleared after each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from outcome_support import SECRET, Scene

from arango_jobs.local import LocalServer


@pytest.fixture(scope="module")
def stage() -> Iterator[Scene]:
    """Return the server for a module."""
    with LocalServer(jwt_secret=SECRET) as server:
        scene = Scene(server)
        with scene.client:
            yield scene


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    """Return the server for one test."""
    yield stage
    stage.reset()
