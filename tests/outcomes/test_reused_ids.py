"""A server has restarted, and gives ids of ours to another program of the same user."""

from __future__ import annotations

import pytest
from outcome_support import WAYS, age, ends, others_jobs, session_for, until
from proxies import Wire

from arango_jobs import ArangoClient, JobManager
from arango_jobs.local import LocalServer

OURS = 30
THEIRS = 120


@pytest.mark.parametrize("coordinators", [1, 3])
@pytest.mark.parametrize("when", ["before we are back", "while we are back"])
@pytest.mark.parametrize("way", WAYS)
def test_another_program_has_our_ids(coordinators: int, when: str, way: str) -> None:
    """None of its results is taken by us, and none of ours is made up of it."""
    session = session_for(way)
    with LocalServer(coordinators=coordinators) as server, Wire(server.url) as wire:
        with ArangoClient(server.url) as other, ArangoClient(wire.url, session=session) as client:
            age(server)
            other.db().create_collection("c")
            with JobManager(client.db(), merge=False, client_keys=True) as jobs:
                assert ends([jobs.collection("c").has("x") for _ in range(300)]) == {"value"}
                server.faults.hold_queue()
                writes = [jobs.collection("c").insert({"n": n}) for n in range(OURS // 2)]
                queries = [jobs.aql.execute("INSERT {} INTO c") for _ in range(OURS // 2)]
                until(lambda: all(future.job_id for future in writes + queries))
                ids = {future.job_id for future in writes + queries}
                wire.close_all()
                server.restart(0)
                if when == "while we are back":
                    wire.is_open.set()
                server.faults.release_queue()
                theirs = others_jobs(other.db(), THEIRS)
                wire.is_open.set()
                assert ends(writes) == {"value"}
                assert ends(queries) == {"JobLostError"}
            if when == "before we are back":
                assert ids & set(theirs)
            taken = {}
            for job_id in theirs:
                answer = other.db().request("PUT", f"/_api/job/{job_id}", check=False)
                taken[job_id] = answer.json().get("result")
            assert taken == {job_id: [n] for job_id, n in theirs.items()}
            assert server.jobs() == []
        numbers = [
            document.get("n") for document in server.database().collection("c").documents.values()
        ]
        assert sorted(numbers) == list(range(OURS // 2))


def test_a_restart_is_noticed_at_once() -> None:
    """All jobs of the old process end, and what comes next runs."""
    with LocalServer() as server, ArangoClient(server.url) as client:
        age(server)
        client.db().create_collection("c")
        with JobManager(client.db(), merge=False) as jobs:
            assert ends([jobs.collection("c").has("x") for _ in range(300)]) == {"value"}
            server.faults.hold_queue()
            futures = [jobs.aql.execute("INSERT {} INTO c") for _ in range(OURS)]
            until(lambda: all(future.job_id for future in futures))
            server.restart()
            server.faults.release_queue()
            assert ends(futures) == {"JobLostError"}
            assert ends([jobs.collection("c").insert({})]) == {"value"}
        assert len(server.database().collection("c").documents) == 1
        assert server.jobs() == []
