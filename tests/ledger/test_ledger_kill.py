"""A process that loads documents is killed with SIGKILL; every document is accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_support import (
    FETCH,
    LOOK,
    SUBMIT,
    accounted,
    child,
    documents,
    ended,
    numbers,
    script,
    stored,
    told_ids,
    until,
)

from arango_jobs import JobManager, StandardDatabase
from arango_jobs.local import Fault, LocalServer

pytestmark = pytest.mark.local_only

Database = StandardDatabase[Any]
# Four jobs at once, of ten documents each.
MERGED = {"max_jobs": 4, "merge_max_operations": 10}
SINGLE = {"max_jobs": 4, "merge": False}
ways = pytest.mark.parametrize("options", [MERGED, SINGLE], ids=["merged", "single"])
ALL = list(range(100))


def _no_list(server: LocalServer) -> None:
    server.faults.add(Fault(LOOK, "respond", count=None, status=503, error_num=21003))


@ways
def test_killed_while_the_server_holds_the_jobs(
    server: LocalServer, db: Database, ledger: Path, options: dict[str, Any]
) -> None:
    """What the server holds becomes futures with the operations' own results; the rest waits."""
    server.faults.hold_queue()
    with child(server, ledger, documents(100), **options) as process:
        process.says("submitted")
        until(lambda: server.stats[SUBMIT] >= 1 and len(server.jobs()) >= 1)
    server.faults.release_queue()
    with JobManager.recover(ledger, db, **options) as recovered:
        assert accounted(recovered) == ALL
        assert not recovered.done
        assert ended(recovered.futures) == [None] * len(recovered.held)
        for entry, future in zip(recovered.held, recovered.futures, strict=True):
            assert future.result()["_key"] == entry.key
        assert ended(recovered.resubmit()) == [None] * len(recovered.never_sent)
        # A submission that was on its way at that moment is unknown, and is never repeated.
        assert recovered.resubmit_unknown() == []
    found = stored(server)
    assert len(found) == len(set(found))
    assert set(found) >= set(ALL) - set(numbers(recovered.unknown))


@ways
def test_killed_after_submissions_whose_answers_never_came(
    server: LocalServer, db: Database, ledger: Path, options: dict[str, Any]
) -> None:
    """They are unknown; what was never sent is sent, and nothing is there twice."""
    fault = server.faults.add(Fault(SUBMIT, "hang_after", count=None, skip=1))
    with child(server, ledger, documents(100), **options) as process:
        process.says("submitted")
        until(lambda: fault.happened >= 1)
    server.faults.reset()
    with JobManager.recover(ledger, db, **options) as recovered:
        assert accounted(recovered) == ALL
        assert recovered.unknown
        # The first was accepted; its result may have been taken, and that not written down yet.
        first = [entry for entry in recovered.unknown if entry.job_id is not None]
        assert {entry.job_id for entry in first} <= {entry.job_id for entry in first[:1]}
        assert all("no such job" in entry.reason for entry in first)
        unanswered = [entry for entry in recovered.unknown if entry.job_id is None]
        assert unanswered
        assert all("no answer" in entry.reason for entry in unanswered)
        assert ended([*recovered.futures, *recovered.resubmit()]).count(None) == 100 - len(
            recovered.unknown
        ) - len(recovered.done)
        assert recovered.resubmit_unknown() == []
    found = stored(server)
    assert len(found) == len(set(found))
    assert set(found) >= set(ALL) - set(numbers(recovered.unknown))


@ways
def test_unknown_inserts_with_keys_of_ours_are_sent_again(
    server: LocalServer, db: Database, ledger: Path, options: dict[str, Any]
) -> None:
    """A first run that had taken place is found by its key and is a success, not a duplicate."""
    fault = server.faults.add(Fault(SUBMIT, "hang_after", count=None))
    plain = [{"n": number} for number in ALL]
    with child(server, ledger, plain, client_keys=True, **options) as process:
        process.says("submitted")
        until(lambda: fault.happened >= 1 and len(stored(server)) >= 1)
    server.faults.reset()
    ran = len(stored(server))
    with JobManager.recover(ledger, db, **options) as recovered:
        assert len(recovered.unknown) >= ran >= 1
        futures = recovered.resubmit_unknown()
        assert len(futures) == len(recovered.unknown)
        assert ended([*futures, *recovered.resubmit()]) == [None] * 100
        assert [each.result()["_key"] for each in futures] == [e.key for e in recovered.unknown]
    assert stored(server) == ALL


@ways
def test_killed_when_results_had_been_handed_out(
    server: LocalServer, db: Database, ledger: Path, options: dict[str, Any], tmp_path: Path
) -> None:
    """The server knows the job no more: that it ran is likely, that it is known is not so."""
    _no_list(server)
    server.faults.add(Fault(FETCH, "hang_after", count=None))
    with child(server, ledger, documents(100), **options) as process:
        process.says("submitted")
        copy = tmp_path / "copy.sqlite"
        until(lambda: not told_ids(ledger, copy) <= {job.id for job in server.jobs()})
    server.faults.reset()
    with JobManager.recover(ledger, db, **options) as recovered:
        assert accounted(recovered) == ALL
        assert any("no such job" in entry.reason for entry in recovered.unknown)
        assert ended([*recovered.futures, *recovered.resubmit()]).count(None) == 100 - len(
            recovered.unknown
        )
    # What was on its way when the process was killed may have run or not.
    found = stored(server)
    assert sorted({*found, *numbers(recovered.unknown)}) == ALL
    assert len(set(found)) == len(found)


@ways
def test_killed_when_everything_had_ended(
    server: LocalServer, db: Database, ledger: Path, options: dict[str, Any]
) -> None:
    """All of it is done, failures with their errors."""
    load = [*documents(99), {"_key": "k0", "n": 99}]
    with child(server, ledger, load, **options) as process:
        process.says("submitted")
        process.says("ended")
    with JobManager.recover(ledger, db) as recovered:
        assert len(recovered.done) == 100
        outcomes = [entry.outcome for entry in recovered.done]
        assert outcomes.count("succeeded") == 99
        failed = next(entry for entry in recovered.done if entry.outcome == "failed")
        assert "DocumentInsertError" in failed.error
        assert "1210" in failed.error
        assert failed.key == "k0"
        assert (recovered.futures, recovered.unknown, recovered.never_sent) == ((), (), ())


@ways
@pytest.mark.parametrize("after", [1, 3, 10])
def test_killed_in_the_middle(
    server: LocalServer, db: Database, ledger: Path, options: dict[str, Any], after: int
) -> None:
    """Wherever it strikes: done and held are there once, and nothing is there twice."""
    count = 600
    load = [{"_key": f"k{number}", "n": number} for number in range(count)]
    with child(server, ledger, load, **options):
        until(lambda: server.stats[SUBMIT] >= after)
    with JobManager.recover(ledger, db, **options) as recovered:
        known = accounted(recovered)
        assert len(known) == len(set(known))
        # What the process had no time to hand in is not listed, and was not sent.
        assert set(stored(server)) <= set(known)
        futures = [*recovered.futures, *recovered.resubmit()]
        assert ended(futures) == [None] * len(futures)
    found = stored(server)
    assert len(found) == len(set(found))
    unknown = set(numbers(recovered.unknown))
    assert set(known) - unknown <= set(found) <= set(known)


def test_killed_again_while_it_recovers(server: LocalServer, db: Database, ledger: Path) -> None:
    """The account goes on in the same file, and is as true the second time."""
    server.faults.hold_queue()
    with child(server, ledger, documents(100), **MERGED) as process:
        process.says("submitted")
        until(lambda: len(server.jobs()) >= 1)
    with script(_RECOVERING, server.url, str(ledger)) as process:
        process.says("resubmitted")
    server.faults.release_queue()
    with JobManager.recover(ledger, db, **MERGED) as recovered:
        assert accounted(recovered) == ALL
        assert ended(recovered.futures) == [None] * len(recovered.futures)
        assert ended(recovered.resubmit()) == [None] * len(recovered.never_sent)
    found = stored(server)
    assert len(found) == len(set(found))
    assert set(found) >= set(ALL) - set(numbers(recovered.unknown))


_RECOVERING = """
import sys, threading
from arango_jobs import ArangoClient, JobManager
db = ArangoClient(hosts=sys.argv[1]).db("_system", username="root", password="")
recovered = JobManager.recover(sys.argv[2], db, max_jobs=4, merge_max_operations=10)
futures = recovered.resubmit()
for _ in range(2):
    seen = threading.Event()
    recovered.manager._desk.poller.call(lambda now: seen.set())
    seen.wait()
print("resubmitted", flush=True)
threading.Event().wait()
"""
