"""A server, or a proxy before it, that closes each connection after a few answers."""

from __future__ import annotations

import pytest
from outcome_support import WAYS, age, ends, others_jobs, session_for, until
from proxies import Closing

from arango_jobs import ArangoClient, JobManager
from arango_jobs.local import LocalServer

COUNT = 50
OURS = 30


@pytest.mark.parametrize("way", WAYS)
def test_every_future_ends(way: str) -> None:
    """With its own result, also where nothing was asked for longer than a restart would take."""
    with LocalServer() as server, Closing(server.url) as proxy:
        age(server)
        with (
            ArangoClient(proxy.url, session=session_for(way)) as client,
            JobManager(client.db(), merge=False, patience=5) as jobs,
        ):
            client.db().create_collection("c")
            writes = [jobs.collection("c").insert({"_key": str(n)}) for n in range(COUNT)]
            queries = [
                jobs.aql.execute("RETURN @n", bind_vars={"n": n}, ttl=60) for n in range(COUNT)
            ]
            slow = jobs.aql.execute("RETURN SLEEP(2.5)")
            assert [future.result(20)["_key"] for future in writes] == [
                str(n) for n in range(COUNT)
            ]
            assert [list(future.result(20)) for future in queries] == [[n] for n in range(COUNT)]
            assert ends([slow]) == {"value"}
        assert server.jobs() == []
        assert len(server.database().collection("c").documents) == COUNT


@pytest.mark.parametrize("answers", [2, 3, 10, 100])
def test_progress_with_each_connection(answers: int) -> None:
    """Most of what a connection answers is submissions and results, not who is there."""
    with LocalServer() as server, Closing(server.url, answers) as proxy:
        age(server)
        with (
            ArangoClient(proxy.url) as client,
            JobManager(client.db(), merge=False, patience=5) as jobs,
        ):
            client.db().create_collection("c")
            before = proxy.requests
            writes = [jobs.collection("c").insert({"_key": str(n)}) for n in range(200)]
            assert ends(writes) == {"value"}
        assert (proxy.requests - before) / 200 < 4
        assert server.jobs() == []
        assert len(server.database().collection("c").documents) == 200


@pytest.mark.parametrize("answers", [1, 10])
@pytest.mark.parametrize("way", WAYS)
def test_restart(way: str, answers: int) -> None:
    """That a connection breaks shows it: nothing is taken by an id that is another's now."""
    with (
        LocalServer() as server,
        Closing(server.url, answers) as proxy,
        ArangoClient(server.url) as other,
    ):
        age(server)
        other.db().create_collection("c")
        with (
            ArangoClient(proxy.url, session=session_for(way)) as client,
            JobManager(client.db(), merge=False) as jobs,
        ):
            assert ends([jobs.collection("c").has("x") for _ in range(300)]) == {"value"}
            server.faults.hold_queue()
            queries = [jobs.aql.execute("INSERT {} INTO c") for _ in range(OURS)]
            until(lambda: all(future.job_id for future in queries))
            ids = {future.job_id for future in queries}
            server.kill(0)
            another = jobs.collection("c").has("x")
            until(lambda: proxy.refusals > 0)
            server.restart(0)
            server.faults.release_queue()
            theirs = others_jobs(other.db(), 4 * OURS)
            assert ids & set(theirs)
            assert ends(queries) == {"JobLostError"}
            assert another.result(20) is False
        assert {
            job_id: other.db().request("PUT", f"/_api/job/{job_id}").json().get("result")
            for job_id in theirs
        } == {job_id: [n] for job_id, n in theirs.items()}
        assert server.jobs() == []
        assert not server.database().collection("c").documents
