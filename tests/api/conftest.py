"""A server of prepared answers, a clock that stands, and the embedded server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_support import SECRET, Answers, JumpingClock, Recorder, client_for

from arango_jobs import ArangoClient, StandardDatabase
from arango_jobs.local import LocalServer


@pytest.fixture
def answers() -> Answers:
    """Return a server of prepared answers."""
    return Answers()


@pytest.fixture
def clock() -> JumpingClock:
    """Return a clock that moves only when somebody waits by it."""
    return JumpingClock()


@pytest.fixture
def client(answers: Answers, clock: JumpingClock) -> ArangoClient:
    """Return a client of the prepared answers."""
    client = client_for(answers)
    client._sender.clock = clock
    return client


@pytest.fixture
def db(client: ArangoClient) -> StandardDatabase:
    """Return the database "test" of the prepared answers."""
    return client.db("test", username="u", password="p")


@pytest.fixture
def recording(db: StandardDatabase) -> StandardDatabase:
    """Return the same database with calls that return their operation."""
    return StandardDatabase(Recorder(db.conn))


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """Return an embedded server for all tests of a module."""
    with LocalServer(port=0, jwt_secret=SECRET) as server:
        yield server


@pytest.fixture
def live(server: LocalServer) -> Iterator[StandardDatabase]:
    """Return an empty database of the embedded server."""
    with ArangoClient(hosts=server.url) as client:
        system = client.db()
        system.create_database("live")
        try:
            yield client.db("live")
        finally:
            system.delete_database("live")
