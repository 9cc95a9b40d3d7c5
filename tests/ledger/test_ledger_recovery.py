"""After a crash: which jobs are still ours, how they are decoded, what is sent again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_support import (
    LOOK,
    SUBMIT,
    accounted,
    crash,
    documents,
    ended,
    forge,
    numbers,
    settle,
    stored,
    until,
)

from arango_jobs import (
    ArangoClient,
    AsyncJobResultError,
    DocumentInsertError,
    InFlightLimitError,
    JobLostError,
    JobManager,
    LedgerError,
    Response,
    StandardDatabase,
)
from arango_jobs.ledger import EntryState, LedgerEntry
from arango_jobs.local import Fault, LocalServer

pytestmark = pytest.mark.local_only

Database = StandardDatabase[Any]
STATISTICS = "GET /_admin/statistics"
METRICS = "GET /_admin/metrics"
FETCH = "PUT /_api/job/{id}"


def _held(
    server: LocalServer, db: Database, ledger: Path, submit: Callable[[JobManager], Any]
) -> None:
    """Leave what `submit` submits as jobs on the server, by a process that is gone."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, merge=False)
    before = len(server.jobs())
    count = len(submit(jobs))
    until(lambda: len(server.jobs()) == before + count)
    settle(jobs)
    crash(jobs)
    server.faults.release_queue()


def _held_inserts(server: LocalServer, db: Database, ledger: Path, count: int) -> None:
    def submit(jobs: JobManager) -> list[Any]:
        return [jobs.collection("c").insert(document) for document in documents(count)]

    _held(server, db, ledger, submit)


# ---- whose jobs they are


def test_server_that_has_restarted(server: LocalServer, db: Database, ledger: Path) -> None:
    """Its ids are other jobs' by now: none of them is asked for or fetched."""
    _held_inserts(server, db, ledger, 5)
    server.restart()
    other = db.begin_async_execution()
    theirs = [other.collection("c").insert({"_key": f"theirs{n}", "n": 100 + n}) for n in range(50)]
    server.reset_stats()
    with JobManager.recover(ledger, db) as recovered:
        assert recovered.futures == ()
        assert numbers(recovered.unknown) == list(range(5))
        assert {entry.reason for entry in recovered.unknown} == {
            f"{server.url} has restarted since"
        }
        assert recovered.resubmit_unknown() == []
    assert server.stats[FETCH] == 0
    assert len([job.result() for job in theirs if job is not None]) == 50


def test_server_that_does_not_tell(server: LocalServer, db: Database, ledger: Path) -> None:
    """Whether it has restarted cannot be known: its jobs are unknown, unless it is trusted."""
    _held_inserts(server, db, ledger, 3)
    for route in (STATISTICS, METRICS):
        server.faults.add(Fault(route, "respond", count=None, status=404, error_num=404))
    with JobManager.recover(ledger, db) as recovered:
        assert numbers(recovered.unknown) == [0, 1, 2]
        assert "does not tell" in recovered.unknown[0].reason
    with JobManager.recover(ledger, db, trust=True) as recovered:
        assert ended(recovered.futures) == [None] * 3


def test_server_that_had_been_another_one(server: LocalServer, db: Database, ledger: Path) -> None:
    """What it says of its start must agree with what was known when the id was given."""
    _held_inserts(server, db, ledger, 3)
    forge(ledger, lambda _number, values: [*values[:-1], b"[[0, 1000.0, 1001.0]]"])
    with JobManager.recover(ledger, db) as recovered:
        assert numbers(recovered.unknown) == [0, 1, 2]
        assert "is another process" in recovered.unknown[0].reason


def test_server_that_is_away(server: LocalServer, db: Database, ledger: Path) -> None:
    """Its jobs are unknown, and found the next time."""
    _held_inserts(server, db, ledger, 3)
    server.faults.add(Fault(STATISTICS, "respond", count=1, status=500, error_num=4))
    fault = server.faults.add(Fault("GET *", "close_before", count=None))
    with JobManager.recover(ledger, db) as recovered:
        assert numbers(recovered.unknown) == [0, 1, 2]
        assert "could not be asked" in recovered.unknown[0].reason
    server.faults.remove(fault)
    with JobManager.recover(ledger, db) as recovered:
        assert ended(recovered.futures) == [None] * 3


def test_other_servers(server: LocalServer, db: Database, ledger: Path) -> None:
    """A job is asked for where it was accepted, and nowhere else."""
    _held_inserts(server, db, ledger, 3)
    with LocalServer() as another, ArangoClient(hosts=another.url) as client:
        elsewhere = client.db("_system", username="root", password="")
        with JobManager.recover(ledger, elsewhere) as recovered:
            assert numbers(recovered.unknown) == [0, 1, 2]
            assert f"{server.url} is no host" in recovered.unknown[0].reason


def test_job_that_the_server_has_lost(server: LocalServer, db: Database, ledger: Path) -> None:
    """It is unknown; the others are not."""
    _held_inserts(server, db, ledger, 3)
    assert server.faults.forget_job(server.jobs()[0].id)
    with JobManager.recover(ledger, db) as recovered:
        assert len(recovered.unknown) == 1
        assert "no such job" in recovered.unknown[0].reason
        assert ended(recovered.futures) == [None] * 2


def test_many_jobs(server: LocalServer, db: Database, ledger: Path) -> None:
    """Two lists are asked for, and not each of them."""
    _held_inserts(server, db, ledger, 20)
    fault = server.faults.add(Fault(FETCH, "respond", count=None, status=503, error_num=30))
    server.reset_stats()
    recovered = JobManager.recover(ledger, db)
    assert server.stats[LOOK] < 10
    assert len(recovered.held) == 20
    server.faults.remove(fault)
    with recovered:
        assert ended(recovered.futures) == [None] * 20


def test_several_coordinators(ledger: Path) -> None:
    """Each job is fetched where it was accepted."""
    with LocalServer(coordinators=3) as server, ArangoClient(hosts=server.urls) as client:
        db = client.db("_system", username="root", password="")
        db.create_collection("c")
        server.faults.hold_queue()
        jobs = JobManager(db, ledger=ledger, merge=False)
        for document in documents(30):
            jobs.collection("c").insert(document)
        until(lambda: sum(len(server.jobs(n)) for n in range(3)) == 30)
        crash(jobs)
        server.faults.release_queue()
        used = {n for n in range(3) if server.jobs(n)}
        assert len(used) > 1
        server.restart(min(used))
        lost = min(used)
        with JobManager.recover(ledger, db) as recovered:
            assert accounted(recovered) == list(range(30))
            assert {entry.host for entry in recovered.unknown} == {server.urls[lost]}
            assert {future.host for future in recovered.futures} <= set(server.urls)
            assert ended(recovered.futures) == [None] * len(recovered.held)


# ---- what is made of the answers


def test_results_and_errors(server: LocalServer, db: Database, ledger: Path) -> None:
    """They are what the calls themselves would have given."""
    db.collection("c").insert({"_key": "there", "x": 1})

    def submit(jobs: JobManager) -> list[Any]:
        collection = jobs.collection("c")
        return [
            collection.get("there"),
            collection.get("nowhere"),
            collection.insert({"_key": "there"}),
            collection.delete("nowhere", ignore_missing=True),
            collection.insert({"_key": "new"}, silent=True),
            jobs.aql.execute("FOR n IN 1..5 RETURN n", batch_size=2),
            collection.count(),
            jobs.db.has_collection("c"),
            jobs.db.request("GET", "/_api/collection/c/figures"),
        ]

    _held(server, db, ledger, submit)
    with JobManager.recover(ledger, db) as recovered:
        names = [entry.operation for entry in recovered.held]
        assert names[:4] == ["document.get", "document.get", "document.insert", "document.delete"]
        results: list[Any] = [
            future.exception(timeout=30) or future.result() for future in recovered.futures
        ]
        assert results[0]["x"] == 1
        assert results[1] is None
        assert isinstance(results[2], DocumentInsertError)
        assert results[2].error_code == 1210
        assert results[3] is False
        assert results[4] is True
        assert list(results[5]) == [1, 2, 3, 4, 5]
        assert results[6] in (1, 2)
        assert isinstance(results[7], Response)
        assert results[8].json()["name"] == "c"


def test_merged_array_with_an_error(server: LocalServer, db: Database, ledger: Path) -> None:
    """Each element goes to its own future."""
    db.collection("c").insert({"_key": "k3"})
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, linger=0.05, max_jobs=1)
    for document in documents(6):
        jobs.collection("c").insert(document)
    until(lambda: len(server.jobs()) == 1)
    crash(jobs)
    server.faults.release_queue()
    with JobManager.recover(ledger, db) as recovered:
        assert len({entry.job_id for entry in recovered.held}) == 1
        errors = ended(recovered.futures)
    assert [type(error) for error in errors] == [
        DocumentInsertError if n == 3 else type(None) for n in range(6)
    ]


def test_operation_with_a_decoder_of_the_users(
    server: LocalServer, db: Database, ledger: Path
) -> None:
    """It reads the answer, errors too; without one, the plain response is the result."""

    def submit(jobs: JobManager) -> list[Any]:
        operation = jobs.submit(db.collection("c").get, "k0").operation
        assert operation is not None
        named = dataclasses.replace(operation.kind, name="mine.get")
        return [None, jobs.submit(dataclasses.replace(operation, kind=named))]

    _held(server, db, ledger, submit)
    decoders = {"mine.get": lambda response, operation: (response.status, operation.key)}
    with JobManager.recover(ledger, db, decoders=decoders) as recovered:
        results = [future.result(timeout=30) for future in recovered.futures]
    assert results == [None, (404, "k0")]


def test_operation_that_nobody_knows(server: LocalServer, db: Database, ledger: Path) -> None:
    """Its error says that the job's result is one."""

    def submit(jobs: JobManager) -> list[Any]:
        future = jobs.submit(db.request, "GET", "/_api/collection/nowhere")
        assert future.operation is not None
        named = dataclasses.replace(future.operation.kind, name="mine.get")
        return [None, jobs.submit(dataclasses.replace(future.operation, kind=named))]

    _held(server, db, ledger, submit)
    with JobManager.recover(ledger, db) as recovered:
        assert isinstance(recovered.futures[1].exception(timeout=30), AsyncJobResultError)


# ---- sending again


def _never_sent(server: LocalServer, db: Database, ledger: Path, count: int) -> None:
    """Leave `count` operations of which none was sent, but for the first."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, merge=False)
    for document in documents(count):
        jobs.collection("c").insert(document)
    until(lambda: len(server.jobs()) == 1)
    crash(jobs)
    server.faults.release_queue()


def test_sent_again_once(server: LocalServer, db: Database, ledger: Path) -> None:
    """A second call sends nothing and gives the same futures."""
    _never_sent(server, db, ledger, 50)
    with JobManager.recover(ledger, db) as recovered:
        futures = recovered.resubmit()
        assert recovered.resubmit() == futures
        assert [future.key for future in futures] == [entry.key for entry in recovered.never_sent]
        assert ended([*futures, *recovered.futures]) == [None] * 50
    assert stored(server) == list(range(50))
    with JobManager.recover(ledger, db) as recovered:
        assert len(recovered.done) == 50


def test_less_room_than_operations(server: LocalServer, db: Database, ledger: Path) -> None:
    """It waits for room as `submit` does."""
    _never_sent(server, db, ledger, 50)
    with JobManager.recover(ledger, db, max_in_flight=3) as recovered:
        assert ended(recovered.resubmit()) == [None] * 49
    assert stored(server) == list(range(50))


def test_no_room_and_no_waiting(server: LocalServer, db: Database, ledger: Path) -> None:
    """What was refused is sent by the next call, and nothing twice."""
    _never_sent(server, db, ledger, 50)
    with JobManager.recover(ledger, db, max_in_flight=3, when_full="raise") as recovered:
        for _ in range(100):
            try:
                futures = recovered.resubmit()
            except InFlightLimitError:
                ended(list(recovered._sent_again.values()))
            else:
                break
        assert ended(futures) == [None] * 49
    assert stored(server) == list(range(50))


def test_forgotten(server: LocalServer, db: Database, ledger: Path) -> None:
    """What is not sent again can be closed; the next account knows nothing of it."""
    _never_sent(server, db, ledger, 10)
    with JobManager.recover(ledger, db) as recovered:
        ended(recovered.futures)
        recovered.forget()
    with JobManager.recover(ledger, db) as recovered:
        assert [entry.outcome for entry in recovered.done].count("forgotten") == 9
        assert recovered.never_sent == ()
        assert recovered.resubmit() == []


def test_incomplete(server: LocalServer, db: Database, ledger: Path) -> None:
    """What holds a password was not kept whole, and is not sent again."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, merge=False)
    jobs.collection("c").insert({"_key": "k0", "n": 0})
    until(lambda: len(server.jobs()) == 1)
    jobs.db.create_user("u", "hunter2")
    crash(jobs)
    server.faults.release_queue()
    assert b"hunter2" not in ledger.read_bytes()
    with JobManager.recover(ledger, db) as recovered:
        (entry,) = recovered.never_sent
        assert (entry.operation, entry.is_complete, entry.body) == ("user.create", False, None)
        assert recovered.resubmit() == []


def test_lost_after_it_was_recovered(server: LocalServer, db: Database, ledger: Path) -> None:
    """A restart while it is watched is noticed, and ends it."""
    _held_inserts(server, db, ledger, 1)
    server.faults.add(Fault(FETCH, "hang", count=None))
    recovered = JobManager.recover(ledger, db)
    assert len(recovered.futures) == 1
    server.faults.reset()
    server.restart()
    with recovered:
        (error,) = ended(recovered.futures)
    assert error is None or isinstance(error, JobLostError)


# ---- what is told


def test_entries(server: LocalServer, db: Database, ledger: Path) -> None:
    """They are frozen, say where each operation stands, and show no document."""
    _never_sent(server, db, ledger, 2)
    with JobManager.recover(ledger, db) as recovered:
        (held,), (waiting,) = recovered.held, recovered.never_sent
        assert (held.state, held.host) == (EntryState.HELD, server.url)
        assert held.job_id == recovered.futures[0].job_id
        assert held.target == "/_db/_system/_api/document/c"
        assert (waiting.state, waiting.job_id) == (EntryState.NEVER_SENT, None)
        assert waiting.body == b'{"_key":"k1","n":1}'
        assert "_key" not in repr(waiting)
        with pytest.raises(dataclasses.FrozenInstanceError):
            waiting.state = EntryState.DONE  # type: ignore[misc]  # that is what is tested
        assert isinstance(waiting, LedgerEntry)
        assert f"{ledger}: 0 done, 1 held, 0 unknown, 1 never sent" in repr(recovered)


def test_no_ledger(db: Database, ledger: Path) -> None:
    """There is nothing to recover from, and no file is made."""
    with pytest.raises(LedgerError, match="No such file"):
        JobManager.recover(ledger, db)
    assert not ledger.exists()


def test_damaged_ledger(db: Database, ledger: Path, server: LocalServer) -> None:
    """A record that means nothing names the file, and leaves no lock behind."""
    _never_sent(server, db, ledger, 2)
    forge(ledger, lambda _number, values: [*values[:2], b"[[1,", *values[3:]])
    for _ in range(2):
        with pytest.raises(LedgerError, match="is damaged") as caught:
            JobManager.recover(ledger, db)
        assert caught.value.path == str(ledger)


def test_looks_only(server: LocalServer, db: Database, ledger: Path) -> None:
    """Before anything is watched, jobs are only looked at, which takes nothing."""
    _held_inserts(server, db, ledger, 3)
    fault = server.faults.add(Fault(FETCH, "respond", count=None, status=503, error_num=30))
    server.reset_stats()
    recovered = JobManager.recover(ledger, db)
    assert server.stats[LOOK] >= 3
    assert len(server.jobs()) == 3
    assert server.stats[SUBMIT] == 0
    server.faults.remove(fault)
    with recovered:
        assert ended(recovered.futures) == [None] * 3
