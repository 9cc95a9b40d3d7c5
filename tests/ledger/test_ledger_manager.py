"""A manager with a ledger, while it lives."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ledger_support import (
    SUBMIT,
    accounted,
    crash,
    documents,
    ended,
    numbers,
    settle,
    stored,
    until,
)

from arango_jobs import (
    HostUnreachableError,
    JobDeadlineError,
    JobManager,
    LedgerError,
    ManagerClosedError,
    OptionError,
    StandardDatabase,
)
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

Database = StandardDatabase[Any]


def _submit(jobs: JobManager, count: int) -> list[Any]:
    collection = jobs.collection("c")
    return [collection.insert(document) for document in documents(count)]


def _outcomes(db: Database, ledger: Path) -> dict[str, list[int]]:
    """Return the keys of what has ended, by outcome."""
    with JobManager.recover(ledger, db) as recovered:
        found: dict[str, list[int]] = {}
        for entry in recovered.done:
            found.setdefault(entry.outcome, []).extend(numbers((entry,)))
        assert recovered.unknown == ()
        return found


def test_load(db: Database, ledger: Path) -> None:
    """Futures are as without one, and everything is known to have succeeded."""
    with JobManager(db, ledger=ledger) as jobs:
        futures = _submit(jobs, 2000)
        assert ended(futures) == [None] * 2000
    assert _outcomes(db, ledger) == {"succeeded": list(range(2000))}


def test_path_as_text(db: Database, ledger: Path) -> None:
    """A path may be a string."""
    with JobManager(db, ledger=str(ledger)) as jobs:
        assert ended(_submit(jobs, 1)) == [None]
    assert ledger.exists()


@pytest.mark.parametrize("wrong", [5, b"x", True])
def test_no_path(db: Database, wrong: Any) -> None:
    """Anything else is refused at once."""
    with pytest.raises(OptionError, match="ledger must be a path"):
        JobManager(db, ledger=wrong)


def test_second_manager(db: Database, ledger: Path) -> None:
    """It is told that the file is in use, until the first one has been shut down."""
    with JobManager(db, ledger=ledger):
        for other in (
            lambda: JobManager(db, ledger=ledger),
            lambda: JobManager.recover(ledger, db),
        ):
            with pytest.raises(LedgerError, match="in use"):
                other()
    JobManager(db, ledger=ledger).shutdown()


def test_manager_that_cannot_be_made(db: Database, ledger: Path) -> None:
    """It leaves no lock behind."""
    JobManager(db, ledger=ledger).shutdown()
    for _ in range(2):
        with pytest.raises(OptionError):
            JobManager.recover(ledger, db, max_jobs=0)
    JobManager(db, ledger=ledger).shutdown()


def test_cancelled_before_they_were_sent(server: LocalServer, db: Database, ledger: Path) -> None:
    """They are done, and are not offered again after a crash."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, merge=False)
    futures = _submit(jobs, 50)
    until(lambda: server.stats[SUBMIT] == 1)
    cancelled = [n for n, future in enumerate(futures) if future.cancel()]
    assert len(cancelled) >= 48
    crash(jobs)
    with JobManager.recover(ledger, db) as recovered:
        assert accounted(recovered) == list(range(50))
        assert {entry.outcome for entry in recovered.done} == {"cancelled"}
        assert numbers(recovered.done) == cancelled
        assert recovered.never_sent == ()
        server.faults.release_queue()
        ended(recovered.futures)


def test_shut_down_with_cancel(server: LocalServer, db: Database, ledger: Path) -> None:
    """What was not sent is cancelled, what was sent ends, and both are known."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, merge=False)
    _submit(jobs, 10)
    until(lambda: server.stats[SUBMIT] == 1)
    jobs.shutdown(wait=False, cancel_futures=True)
    server.faults.release_queue()
    jobs.shutdown(wait=True)
    outcomes = _outcomes(db, ledger)
    assert outcomes == {"succeeded": [0], "cancelled": list(range(1, 10))}


def test_shut_down_in_haste(server: LocalServer, db: Database, ledger: Path) -> None:
    """What has not ended in time is known to have been given up."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1)
    futures = _submit(jobs, 10)
    until(lambda: server.stats[SUBMIT] == 1)
    jobs.shutdown(timeout=0.05)
    assert all(isinstance(error, ManagerClosedError) for error in ended(futures))
    with JobManager.recover(ledger, db) as recovered:
        assert accounted(recovered) == list(range(10))
        assert len(recovered.done) == 10
        assert all("ManagerClosedError" in entry.error for entry in recovered.done)


def test_deadline_of_one_part(server: LocalServer, db: Database, ledger: Path) -> None:
    """It ends by itself; the rest of its array is held, and read in the right order."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, linger=0.2)
    hasty = jobs.with_options(deadline=0.5).collection("c")
    patient = jobs.collection("c")
    futures = [(hasty if n == 1 else patient).insert({"_key": f"k{n}", "n": n}) for n in range(3)]
    assert isinstance(futures[1].exception(timeout=30), JobDeadlineError)
    until(lambda: len(server.jobs()) == 1)
    crash(jobs)
    server.faults.release_queue()
    with JobManager.recover(ledger, db) as recovered:
        assert numbers(recovered.done) == [1]
        assert numbers(recovered.held) == [0, 2]
        assert [each.result(timeout=30)["_key"] for each in recovered.futures] == ["k0", "k2"]


def test_unreachable_server(db: Database, server: LocalServer, ledger: Path) -> None:
    """What could not be sent anywhere is known not to have run."""
    server.kill()
    with JobManager(db, ledger=ledger, patience=0.01) as jobs:
        assert all(isinstance(error, HostUnreachableError) for error in ended(_submit(jobs, 5)))
    server.restart()
    assert _outcomes(db, ledger) == {"unsent": list(range(5))}


def test_refused_and_not_sent_again_yet(server: LocalServer, db: Database, ledger: Path) -> None:
    """What the server has refused has not run, though it was sent."""
    server.faults.queue_full(1000)
    jobs = JobManager(db, ledger=ledger)
    _submit(jobs, 20)
    until(lambda: server.stats[SUBMIT] >= 1)
    for _ in range(3):
        settle(jobs)
    server.faults.queue_full(0)
    server.faults.hold_queue()
    crash(jobs)
    server.faults.release_queue()
    with JobManager.recover(ledger, db) as recovered:
        assert accounted(recovered) == list(range(20))
        assert ended([*recovered.futures, *recovered.resubmit()]) == [None] * (
            20 - len(recovered.unknown)
        )


# ---- writing fails


def _until_refused(jobs: JobManager, futures: list[Any]) -> None:
    collection = jobs.collection("c")
    for document in documents(5000, text="x" * 200)[1:]:
        futures.append(collection.insert(document))
        if len(futures) % 100 == 0:
            ended(futures)


def test_disk_is_full(
    server: LocalServer, db: Database, ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is sent that would leave no trace; what was sent goes on; every future ends."""
    jobs = JobManager(db, ledger=ledger, max_jobs=2, merge_max_operations=10)
    assert ended([jobs.collection("c").insert({"_key": "k0", "n": 0})]) == [None]
    settle(jobs)
    writer = jobs._ledger
    assert writer is not None
    file = writer._file
    pages = next(file.rows("PRAGMA page_count"))[0]
    next(file.rows(f"PRAGMA max_page_count = {pages}"))
    futures: list[Any] = []
    with pytest.raises(LedgerError, match="full"):
        _until_refused(jobs, futures)
    errors = ended(futures)
    refused = [error for error in errors if isinstance(error, LedgerError)]
    assert refused
    assert all("never sent" in str(error) and error.path == str(ledger) for error in refused)
    assert [error for error in errors if error not in refused and error is not None] == []
    assert caplog.text.count("nothing more is sent") == 1
    jobs.shutdown()
    succeeded = errors.count(None) + 1
    assert len(stored(server)) == succeeded
    with JobManager.recover(ledger, db) as recovered:
        not_there = set(numbers(recovered.never_sent))
        assert not_there.isdisjoint(stored(server))
        assert set(stored(server)) <= set(accounted(recovered)) - not_there


def test_jobs_under_way_when_writing_fails(
    server: LocalServer, db: Database, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are fetched all the same; what waits ends with the reason."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, merge=False)
    futures = _submit(jobs, 5)
    until(lambda: server.stats[SUBMIT] == 1 and len(server.jobs()) == 1)
    settle(jobs)
    writer = jobs._ledger
    assert writer is not None

    def fail(*_arguments: Any) -> None:
        raise LedgerError("the disk is gone", path=str(ledger))

    monkeypatch.setattr(writer._file, "append", fail)
    late = jobs.collection("c").insert({"_key": "late", "n": 99})
    assert isinstance(late.exception(timeout=30), LedgerError)
    server.faults.release_queue()
    errors = ended(futures)
    assert errors[0] is None
    assert all(isinstance(error, LedgerError) for error in errors[1:])
    assert stored(server) == [0]
    with pytest.raises(LedgerError):
        jobs.collection("c").insert({})
    jobs.shutdown()


# ---- one file, several runs


def test_new_account(db: Database, ledger: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What has ended is not kept for the next manager of the file."""
    for first in (0, 100):
        with JobManager(db, ledger=ledger) as jobs:
            load = [{"_key": f"k{first + n}", "n": n} for n in range(100)]
            assert ended(list(map(jobs.collection("c").insert, load))) == [None] * 100
    assert _outcomes(db, ledger) == {"succeeded": list(range(100, 200))}
    assert caplog.records == []


def test_new_account_where_something_is_open(
    server: LocalServer, db: Database, ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is kept, with a warning that names the number."""
    server.faults.hold_queue()
    jobs = JobManager(db, ledger=ledger, max_jobs=1, merge=False)
    _submit(jobs, 10)
    until(lambda: server.stats[SUBMIT] == 1 and len(server.jobs()) == 1)
    crash(jobs)
    caplog.set_level(logging.WARNING)
    server.faults.release_queue()
    with JobManager(db, ledger=ledger) as jobs:
        assert ended([jobs.collection("c").insert({"_key": "k10", "n": 10})]) == [None]
    assert "has 10 operations of an earlier run" in caplog.text
    with JobManager.recover(ledger, db) as recovered:
        assert numbers(recovered.held) == [0]
        assert numbers(recovered.never_sent) == list(range(1, 10))
        assert numbers(recovered.done) == [10]
        assert ended([*recovered.futures, *recovered.resubmit()]) == [None] * 10


def test_ledger_that_does_not_grow(db: Database, ledger: Path) -> None:
    """Without `ledger_keep_done` what has ended is left out now and then."""
    with JobManager(db, ledger=ledger, ledger_keep_done=False, merge_max_operations=20) as jobs:
        writer = jobs._ledger
        assert writer is not None
        writer._compact_every = 20_000
        insert = jobs.collection("c").insert
        for first in range(0, 3000, 100):
            load = [{"_key": f"k{first + n}", "n": n} for n in range(100)]
            assert ended(list(map(insert, load))) == [None] * 100
    with JobManager.recover(ledger, db) as recovered:
        assert len(recovered.done) < 1500
        assert (recovered.futures, recovered.unknown, recovered.never_sent) == ((), (), ())


_FORKED = """
import os, sys
from arango_jobs import ArangoClient, JobManager, LedgerError
db = ArangoClient(hosts=sys.argv[1]).db("_system", username="root", password="")
jobs = JobManager(db, ledger=sys.argv[2])
jobs.collection("c").insert({"_key": "k0", "n": 0}).result(30)
child = os.fork()
if child == 0:
    try:
        jobs.collection("c").insert({})
    except LedgerError as error:
        assert "parent" in str(error), error
        sys.exit(7)
    sys.exit(8)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
jobs.collection("c").insert({"_key": "k1", "n": 1}).result(30)
jobs.shutdown()
"""


def test_forked(server: LocalServer, db: Database, ledger: Path) -> None:
    """The file is the parent's: the child says so, and spoils nothing."""
    command = [sys.executable, "-c", _FORKED, server.url, str(ledger)]
    subprocess.run(command, check=True, env=os.environ)
    assert _outcomes(db, ledger) == {"succeeded": [0, 1]}
