"""A server that does what it is asked and answers with what is no HTTP: nothing runs twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from outcome_support import COUNT, WAYS, Scene, ends, session_for, until

from arango_jobs import ArangoClient, JobFuture, JobManager
from arango_jobs.local import Fault

HEADS = {
    "negative length": b"HTTP/1.1 202 Accepted\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "length and chunks": b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "announced": b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: x\r\n\r\n",
    "HTTP/2": b"HTTP/2 202\r\n\r\n",
    "status 0": b"HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching\r\n\r\n",
    "TLS alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "garbage": b"\x00\x01\x02 garbage\r\n\r\n",
}
UNKNOWN = "SubmitOutcomeUnknownError"
QUERY = "INSERT {n: @n} INTO c"


def inserts(jobs: JobManager, count: int, **options: Any) -> list[JobFuture[Any]]:
    collection = jobs.collection("c", **options)
    return [collection.insert({"n": n}) for n in range(count)]


def stored(scene: Scene) -> dict[int, int]:
    """Return how often each number is stored, once the server has done all its work."""
    until(lambda: all(job.state == "done" for job in scene.server.jobs()))
    return dict(scene.stored())


def single(scene: Scene, session: Any = None, **options: Any) -> JobManager:
    database = ArangoClient(scene.server.url, session=session).db("app")
    return JobManager(database, merge=False, request_timeout=2, patience=2, **options)


def merged(scene: Scene, **options: Any) -> JobManager:
    options = {"linger": 5.0, "merge_max_operations": COUNT, "request_timeout": 2, **options}
    return JobManager(ArangoClient(scene.server.url).db("app"), patience=2, **options)


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("head", HEADS)
def test_each_answer(scene: Scene, head: str, is_first: bool) -> None:
    """One insert runs once, and nobody claims to know."""
    with single(scene) as jobs:
        if not is_first:
            scene.warm_up(jobs)
        scene.server.faults.add(Fault("POST /_api/document/*", "garbage", body=HEADS[head]))
        assert ends(inserts(jobs, 1)) == {UNKNOWN}
    assert stored(scene) == {0: 1}


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("way", [way for way in WAYS if way != "pipelined"])
def test_by_way_of_a_session(scene: Scene, way: str, is_first: bool) -> None:
    """The same, where the session's own parts carry the requests."""
    with session_for(way) as session, single(scene, session) as jobs:
        if not is_first:
            scene.warm_up(jobs)
        for head in HEADS.values():
            scene.server.faults.add(Fault("POST /_api/document/*", "garbage", body=head))
            assert ends(inserts(jobs, 1)) == {UNKNOWN}
            is_first = False
    assert stored(scene) == {0: len(HEADS)}


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "on and on"])
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("kind", ["merged", "query", "ordered", "ledger", "keys", "merged keys"])
def test_each_kind_of_work(
    scene: Scene, kind: str, is_first: bool, lasts: bool, tmp_path: Path
) -> None:
    """What may be repeated is, and leaves one document; what may not be ends as unknown."""
    options = {"ledger": tmp_path / "ledger"} if kind == "ledger" else {}
    options |= {"client_keys": True} if kind.endswith("keys") else {}
    with (merged if kind.startswith("merged") else single)(scene, **options) as jobs:
        if not is_first:
            scene.warm_up(jobs)
        fault = Fault("POST /_api/*/*", "garbage", body=HEADS["garbage"])
        if kind == "query":
            fault.route = "POST /_api/cursor"
        fault.count = 4 if lasts else 1
        scene.server.faults.add(fault)
        count = COUNT if kind.startswith("merged") else 1
        if kind == "query":
            futures = [jobs.aql.execute(QUERY, bind_vars={"n": 0})]
        else:
            futures = inserts(jobs, count, ordered=kind == "ordered")
        assert ends(futures) == {"value" if kind.endswith("keys") else UNKNOWN}
    assert stored(scene) == dict.fromkeys(range(count), 1)
