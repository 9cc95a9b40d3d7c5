"""Askers: single server, cluster, and with options of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from local_asking import SECRET, Asker, make

from arango_jobs.local.options import ServerOptions
from arango_jobs.testing import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that the test moves."""
    return FakeClock()


@pytest.fixture
def ask(clock: FakeClock) -> Asker:
    """Return an asker for a single server with a collection ``c``."""
    asker = make(clock)
    asker("POST", "/_api/collection", {"name": "c"})
    return asker


@pytest.fixture
def cluster(clock: FakeClock) -> Asker:
    """Return an asker for three Coordinators with a collection ``c``."""
    asker = make(clock, coordinators=3)
    asker("POST", "/_api/collection", {"name": "c"})
    return asker


Make = Callable[..., Asker]


@pytest.fixture
def build(clock: FakeClock) -> Make:
    """Return a function that makes an asker with options of its own."""

    def build(options: ServerOptions | None = None, **more: Any) -> Asker:
        return make(clock, options, **more)

    return build


@pytest.fixture
def superuser() -> str:
    """Return the header value of a superuser token."""
    token = jwt.encode({"iss": "arangodb", "server_id": "test"}, SECRET, algorithm="HS256")
    return f"bearer {token}"
