"""A query that runs as a job asks for a cursor that outlives the wait for its reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from arango import ArangoClient as DriverClient

from arango_jobs import ArangoClient, JobManager, StandardDatabase
from arango_jobs.api.method import build_operation
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

QUERY = "FOR i IN 1..9 RETURN i"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as started:
        ArangoClient(hosts=started.url).db().create_collection("c")
        yield started


async def _in_loop(jobs: JobManager, target: Any, *args: Any, **more: Any) -> Any:
    return await jobs.asubmit(target, *args, **more)


WAYS: dict[str, Callable[..., Any]] = {
    "aql": lambda db, jobs, **more: jobs.aql.execute(QUERY, **more),
    "submit": lambda db, jobs, **more: jobs.submit(db.aql.execute, QUERY, **more),
    "asubmit": lambda db, jobs, **more: asyncio.run(_in_loop(jobs, db.aql.execute, QUERY, **more)),
    "with options": lambda db, jobs, **more: jobs.with_options(deadline=60).aql.execute(
        QUERY, **more
    ),
}
OURS: dict[str, Callable[..., Any]] = {
    "operation": lambda db, jobs, **more: jobs.submit(
        build_operation(db.aql.execute, QUERY, **more)
    ),
}
OTHERS: dict[str, Callable[..., Any]] = {
    "all": lambda db, jobs: jobs.collection("c").all(),
    "keys": lambda db, jobs: jobs.collection("c").keys(),
    "find": lambda db, jobs: jobs.collection("c").find({"a": 1}),
    "submit all": lambda db, jobs: jobs.submit(db.collection("c").all),
}


def asked_for(future: Any) -> Any:
    """Return the body that was sent, once its query has run."""
    payload = json.loads(future.payload)
    future.result(10)
    return payload


@pytest.mark.parametrize("way", [*WAYS, *OURS, *OTHERS])
@pytest.mark.parametrize("options", [{}, {"client_keys": True}, {"deadline": 60}], ids=str)
def test_managed_queries(server: LocalServer, way: str, options: dict[str, Any]) -> None:
    """Whatever hands the query in, and whatever else the manager does to it."""
    db = ArangoClient(hosts=server.url).db()
    with JobManager(db, **options) as jobs:
        server.faults.hold_queue()
        future = {**WAYS, **OURS, **OTHERS}[way](db, jobs)
        payload = json.loads(future.payload)
        server.faults.release_queue()
        future.result(10)
    assert payload["ttl"] == 600
    has_limit = "deadline" in options or way == "with options"
    assert ("maxRuntime" in payload.get("options", {})) is has_limit


@pytest.mark.parametrize("way", [*WAYS, *OURS])
def test_a_ttl_of_the_users(server: LocalServer, way: str) -> None:
    """It is left as it is."""
    db = ArangoClient(hosts=server.url).db()
    with JobManager(db) as jobs:
        server.faults.hold_queue()
        future = {**WAYS, **OURS}[way](db, jobs, ttl=5)
        assert json.loads(future.payload)["ttl"] == 5
        server.faults.release_queue()
        future.result(10)


@pytest.mark.parametrize("way", [*WAYS, "all", "submit all"])
def test_python_arangos_queries(server: LocalServer, way: str) -> None:
    """Its own queries are held to the same."""
    db = DriverClient(hosts=server.url).db("_system", "root", "")
    with JobManager(db) as jobs:
        server.faults.hold_queue()
        future = {**WAYS, **OTHERS}[way](db, jobs)
        own = WAYS[way](db, jobs, ttl=5) if way in WAYS else None
        payloads = [json.loads(each.payload) for each in (future, own) if each is not None]
        server.faults.release_queue()
        future.result(10)
    assert [payload["ttl"] for payload in payloads] == [600, 5][: len(payloads)]


def test_jobs_of_an_async_database(server: LocalServer) -> None:
    """So do they; a direct query does not, nor one whose result is thrown away."""
    db: StandardDatabase[Any] = ArangoClient(hosts=server.url).db()
    sent: list[Any] = []
    connection: Any = db.conn
    send = connection.send

    def note(request: Any, **more: Any) -> Any:
        if request.target.endswith("/_api/cursor"):
            sent.append(json.loads(request.body).get("ttl"))
        return send(request, **more)

    connection.send = note
    stored, thrown = db.begin_async_execution(), db.begin_async_execution(return_result=False)
    stored.aql.execute(QUERY)
    stored.collection("c").all()
    stored.aql.execute(QUERY, ttl=5)
    thrown.aql.execute(QUERY)
    db.aql.execute(QUERY)
    assert sent == [600, 600, 5, None, None]
