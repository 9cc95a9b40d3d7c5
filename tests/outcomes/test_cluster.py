"""Several Coordinators: killed, restarted, in soft shutdown, behind a balancer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import wait
from typing import Any

import pytest
from outcome_support import FETCH_ROUTE, LOOK_ROUTE, ends, until
from proxies import Balancer

from arango_jobs import ArangoClient, CancelOutcome, JobManager, StandardDatabase
from arango_jobs.local import Fault, LocalServer

TOGETHER = 50_000


@pytest.fixture
def cluster() -> Iterator[LocalServer]:
    with LocalServer(coordinators=3, forward_timeout=0.3) as server:
        yield server


@pytest.fixture
def db(cluster: LocalServer) -> Iterator[StandardDatabase[Any]]:
    with ArangoClient(cluster.urls) as client:
        database = client.db()
        database.create_collection("c")
        yield database


def documents(server: LocalServer) -> dict[str, Any]:
    return server.database().collection("c").documents


def left(server: LocalServer, *coordinators: int) -> int:
    return sum(len(server.jobs(index)) for index in coordinators or range(3))


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "single"])
def test_one_is_killed_and_one_restarted(
    cluster: LocalServer, db: StandardDatabase[Any], merged: bool
) -> None:
    """Every document is there once, and every future is true."""
    count = TOGETHER if merged else TOGETHER // 10

    def havoc() -> None:
        until(lambda: len(documents(cluster)) > count * 0.3, 60)
        cluster.kill(1)
        until(lambda: len(documents(cluster)) > count * 0.6, 60)
        cluster.restart(2)

    thread = threading.Thread(target=havoc)
    thread.start()
    with JobManager(
        db, client_keys=True, merge=merged, merge_max_operations=50, failover=0.3
    ) as jobs:
        collection = jobs.collection("c")
        futures = [collection.insert({"n": n}) for n in range(count)]
        done, open_ones = wait(futures, timeout=60)
    thread.join()
    assert not open_ones
    assert Counter(type(future.exception()) for future in done) == {type(None): count}
    stored = documents(cluster)
    assert sorted(document["n"] for document in stored.values()) == list(range(count))
    for n, future in enumerate(futures):
        document = stored[future.result()["_key"]]
        assert (document["n"], document["_rev"]) == (n, future.result()["_rev"])
    assert left(cluster, 0, 2) == 0


def test_what_a_killed_one_had(cluster: LocalServer, db: StandardDatabase[Any]) -> None:
    """What may not be repeated waits for it until patience ends, and is lost then."""
    with JobManager(db, failover=0.2, patience=1.0, merge=False) as jobs:
        collection = jobs.collection("c")
        cluster.faults.hold_queue()
        reads = [collection.has("x") for _ in range(15)]
        writes = [collection.insert({"n": n}) for n in range(15)]
        until(lambda: all(future.job_id for future in reads + writes))
        victim = cluster.urls[1]
        assert {future.host for future in writes} == set(cluster.urls)
        cluster.kill(1)
        hit = [future for future in writes if future.host == victim]
        spared = [future for future in writes if future.host != victim]
        cluster.faults.release_queue()
        assert ends(reads) == {"value"}
        assert ends(spared) == {"value"}
        assert ends(hit) == {"JobLostError"}
    assert len(documents(cluster)) == len(spared)
    assert left(cluster, 0, 2) == 0


def test_one_comes_back_with_its_jobs(cluster: LocalServer, db: StandardDatabase[Any]) -> None:
    """What ran elsewhere meanwhile is deleted there; what waited is fetched."""
    with JobManager(db, failover=0.2, client_keys=True, merge=False) as jobs:
        collection = jobs.collection("c")
        cluster.faults.hold_queue()
        futures = [collection.insert({"n": n}) for n in range(15)]
        until(lambda: all(future.job_id for future in futures))
        hosting = cluster._running()
        hosting.close(1)
        cluster.faults.release_queue()
        assert ends(futures) == {"value"}
        hosting.open(1)
        until(lambda: left(cluster, 1) == 0)
    assert sorted(document["n"] for document in documents(cluster).values()) == list(range(15))
    assert left(cluster) == 0


def test_one_was_never_there(cluster: LocalServer) -> None:
    """Nothing waits for it."""
    cluster.kill(0)
    with ArangoClient(cluster.urls) as client:
        client.db().create_collection("c")
        with JobManager(client.db(), merge=False) as jobs:
            futures = [jobs.collection("c").insert({"n": n}) for n in range(50)]
            _, open_ones = wait(futures, timeout=2)
            assert not open_ones
            assert ends(futures) == {"value"}


def test_soft_shutdown(cluster: LocalServer, db: StandardDatabase[Any]) -> None:
    """It gets no new jobs; what it has is collected, and it can end."""
    with JobManager(db, merge=False) as jobs:
        collection = jobs.collection("c")
        cluster.faults.hold_queue()
        before = [collection.insert({"n": n}) for n in range(15)]
        until(lambda: all(future.job_id for future in before))
        assert left(cluster, 1) > 0
        cluster.soft_shutdown(1)
        ids = {job.id for job in cluster.jobs(1)}
        after = [collection.insert({"n": 15 + n}) for n in range(15)]
        until(lambda: all(future.job_id for future in after))
        assert {job.id for job in cluster.jobs(1)} == ids
        cluster.faults.release_queue()
        assert ends(before + after) == {"value"}
        until(lambda: not cluster.deployment.coordinators[1].alive)
        more = [collection.insert({"n": 30 + n}) for n in range(15)]
        assert ends(more) == {"value"}
    assert sorted(document["n"] for document in documents(cluster).values()) == list(range(45))


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "single"])
def test_behind_a_balancer(cluster: LocalServer, db: StandardDatabase[Any], merged: bool) -> None:
    """Each request goes to another Coordinator; jobs are asked for by id."""
    with (
        Balancer(*cluster.urls) as balancer,
        ArangoClient(balancer.url) as client,
        JobManager(client.db(), merge=merged) as jobs,
    ):
        futures = [jobs.collection("c").insert({"n": n}) for n in range(300)]
        assert ends(futures) == {"value"}
        slow = jobs.aql.execute("RETURN SLEEP(60)")
        until(lambda: slow.job_id)
        until(lambda: any(one.scheduler.busy for one in cluster.deployment.coordinators))
        assert slow.cancel_on_server(10) is CancelOutcome.CANCELLED
        # From now on it is known that lists are of no use.
        before = cluster.stats
        cluster.faults.hold_queue()
        crowd = [jobs.collection("c").insert({"n": 300 + n}) for n in range(100)]
        until(lambda: cluster.stats[FETCH_ROUTE] > before[FETCH_ROUTE] + 10)
        cluster.faults.release_queue()
        assert ends(crowd) == {"value"}
        assert cluster.stats[LOOK_ROUTE] == before[LOOK_ROUTE]
    assert sorted(document["n"] for document in documents(cluster).values()) == list(range(400))
    assert left(cluster) == 0


def test_the_owner_behind_a_balancer_has_left(
    cluster: LocalServer, db: StandardDatabase[Any]
) -> None:
    """Those that do not find it say so in several ways; what is safe is repeated."""
    with (
        Balancer(*cluster.urls[:2]) as balancer,
        ArangoClient(balancer.url) as client,
        JobManager(client.db(), client_keys=True, merge=False) as jobs,
    ):
        assert ends([jobs.collection("c").has("x") for _ in range(20)]) == {"value"}
        cluster.faults.hold_queue()
        futures = [jobs.collection("c").insert({"n": n}) for n in range(10)]
        until(lambda: all(future.job_id for future in futures))
        cluster.faults.forget_job(futures[0].job_id or "")
        cluster.faults.vanish(1)
        balancer.leave_out(cluster.urls[1])
        fault = Fault(FETCH_ROUTE, "respond", 5, status=503, error_num=1478)
        cluster.faults.add(fault)
        cluster.faults.release_queue()
        assert ends(futures) == {"value"}
        assert fault.happened == 5
    assert sorted(document["n"] for document in documents(cluster).values()) == list(range(10))
