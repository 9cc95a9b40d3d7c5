"""The public contract of `JobManager` and its futures, on whichever server there is."""

from __future__ import annotations

import asyncio
import concurrent.futures
import pickle
import threading
import time
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION
from typing import Any

import pytest

from arango_jobs import (
    AQLQueryExecuteError,
    CancelOutcome,
    DocumentInsertError,
    InFlightLimitError,
    JobDeadlineError,
    JobFuture,
    JobManager,
    JobRecord,
    JSONEncodeError,
    ManagerClosedError,
    OptionError,
    StandardDatabase,
    UnsupportedInContextError,
    UnsupportedTargetError,
    signals,
)

Database = StandardDatabase[Any]


@pytest.fixture
def students(arango_db: Database) -> str:
    arango_db.create_collection("students")
    return "students"


def test_a_thousand_inserts(job_manager: JobManager, students: str, arango_db: Database) -> None:
    """Each call gives a future of its own with its own result."""
    collection = job_manager.collection(students)
    futures = [collection.insert({"_key": str(number)}) for number in range(1000)]
    done, not_done = concurrent.futures.wait(futures, timeout=30)
    assert (len(done), len(not_done)) == (1000, 0)
    assert [future.result()["_key"] for future in futures] == [str(n) for n in range(1000)]
    assert arango_db.collection(students).count() == 1000


def test_futures_are_futures(job_manager: JobManager) -> None:
    """What is written for `concurrent.futures` works."""
    future = job_manager.aql.execute("RETURN 1 + 1")
    assert isinstance(future, concurrent.futures.Future)
    assert future.result(timeout=30).next() == 2
    assert future.done()
    assert not future.cancelled()
    assert future.exception() is None


def test_timings_begin_with_the_call(job_manager: JobManager, students: str) -> None:
    """Also of the second one and the third, and never before the call by more than is said."""
    insert = job_manager.collection(students).insert
    for number in range(3):
        before = time.monotonic()
        future = insert({"n": number})
        future.result(timeout=20)
        took = time.monotonic() - before
        resolved = future.timings.resolved
        assert resolved is not None
        assert 0 < resolved <= took + 50e-6


def test_wait_in_its_three_modes(job_manager: JobManager) -> None:
    """FIRST_COMPLETED, FIRST_EXCEPTION and ALL_COMPLETED see the right futures."""
    slow = job_manager.aql.execute("RETURN SLEEP(0.4)")
    quick = job_manager.aql.execute("RETURN 1")
    done, _ = concurrent.futures.wait([slow, quick], timeout=30, return_when=FIRST_COMPLETED)
    assert done == {quick}
    wrong = job_manager.aql.execute("NO QUERY")
    done, _ = concurrent.futures.wait([slow, wrong], timeout=30, return_when=FIRST_EXCEPTION)
    assert wrong in done
    done, not_done = concurrent.futures.wait([slow, quick, wrong], timeout=30)
    assert not not_done


def test_as_completed(job_manager: JobManager) -> None:
    """Futures come in the order in which they end."""
    futures = {job_manager.aql.execute(f"RETURN SLEEP({pause})"): pause for pause in (0.5, 0.0)}
    order = [futures[future] for future in concurrent.futures.as_completed(futures, timeout=30)]
    assert order == [0.0, 0.5]


def test_callbacks_run_on_another_thread(job_manager: JobManager) -> None:
    """Neither on the caller's nor on the one that moves the jobs, whatever they raise."""
    names: list[str] = []
    has_run = threading.Event()

    def bad(_future: JobFuture[Any]) -> None:
        raise SystemExit("not here")

    def good(future: JobFuture[Any]) -> None:
        # Waiting for another future here must not stop that one.
        assert job_manager.aql.execute("RETURN 2").result(timeout=20).next() == 2
        names.append(threading.current_thread().name)
        has_run.set()

    future = job_manager.aql.execute("RETURN SLEEP(0.1)")
    future.add_done_callback(bad)
    future.add_done_callback(good)
    assert has_run.wait(30)
    assert names[0].endswith("-delivery")


def test_submit_takes_methods_of_wrappers(
    job_manager: JobManager, students: str, arango_db: Database
) -> None:
    """A bound method of a database that sends at once is submitted instead of sent."""
    future = job_manager.submit(arango_db.collection(students).insert, {"_key": "x"})
    assert future.result(timeout=30)["_id"] == "students/x"
    assert job_manager.submit(arango_db.aql.execute, "RETURN 3").result(timeout=30).next() == 3


@pytest.mark.parametrize("target", [print, 5, "insert", lambda: None])
def test_submit_refuses_what_says_nothing_to_send(job_manager: JobManager, target: Any) -> None:
    """A typed error that names it, and nothing is sent."""
    with pytest.raises(UnsupportedTargetError):
        job_manager.submit(target)
    assert isinstance(UnsupportedTargetError("x"), TypeError)
    assert job_manager.stats().requests == 0


def test_map_is_bounded(job_manager: JobManager, students: str) -> None:
    """Results come in order, and no more than `buffersize` operations are ahead."""
    collection = job_manager.collection(students)
    concurrent.futures.wait([collection.insert({"_key": str(n)}) for n in range(50)], timeout=30)
    taken: list[int] = []

    def keys() -> Any:
        for number in range(50):
            taken.append(number)
            yield str(number)

    rows = job_manager.map(collection.get, keys(), buffersize=5, timeout=30)
    first = next(rows)
    assert first is not None
    assert first["_key"] == "0"
    assert len(taken) <= 7
    assert [row["_key"] for row in rows if row] == [str(n) for n in range(1, 50)]


def test_awaiting_in_a_loop(job_manager: JobManager, students: str) -> None:
    """`await future`, `asyncio.wrap_future`, `asubmit` and `async with`."""
    db = job_manager.db

    async def main() -> list[Any]:
        first = await job_manager.collection(students).insert({"_key": "a"})
        second = await asyncio.wrap_future(job_manager.collection(students).get("a"))
        third = await (await job_manager.asubmit(db.collection(students).count))
        cursor = await job_manager.aql.execute("FOR i IN 1..5 RETURN i", batch_size=2)
        return [first["_key"], second is not None, third, [row async for row in cursor]]

    assert asyncio.run(main()) == ["a", True, 1, [1, 2, 3, 4, 5]]


def test_asubmit_waits_for_room_without_blocking(arango_db: Database) -> None:
    """The loop goes on while a task waits for room."""
    ticks = 0

    async def main() -> int:
        nonlocal ticks
        async with JobManager(arango_db, max_in_flight=1) as jobs:
            slow = await jobs.asubmit(arango_db.aql.execute, "RETURN SLEEP(0.3)")
            waiting = asyncio.create_task(jobs.asubmit(arango_db.aql.execute, "RETURN 7"))
            while not waiting.done():
                ticks += 1
                await asyncio.sleep(0.01)
            assert slow.done()
            return (await (await waiting)).next()

    assert asyncio.run(main()) == 7
    assert ticks > 5


def test_cancelling_a_task_leaves_what_was_sent(job_manager: JobManager) -> None:
    """The operation goes on; the future ends as if nobody had awaited it."""
    future = job_manager.aql.execute("RETURN SLEEP(0.3)")

    async def main() -> None:
        while not future.running():
            await asyncio.sleep(0.01)
        task = asyncio.ensure_future(asyncio.wrap_future(future))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert future.result(timeout=30).next() is not None or future.done()


def test_the_operations_own_errors(job_manager: JobManager, students: str) -> None:
    """With python-arango's names and numbers, and they pickle."""
    wrong = job_manager.aql.execute("INVALID QUERY").exception(timeout=30)
    assert isinstance(wrong, AQLQueryExecuteError)
    assert (wrong.http_code, wrong.error_code) == (400, 1501)
    assert "syntax error" in wrong.message
    collection = job_manager.collection(students)
    collection.insert({"_key": "a"}).result(timeout=30)
    twice = collection.insert({"_key": "a"}).exception(timeout=30)
    assert isinstance(twice, DocumentInsertError)
    assert (twice.http_code, twice.error_code) == (409, 1210)
    missing = job_manager.collection("nowhere").insert({}).exception(timeout=30)
    assert isinstance(missing, DocumentInsertError)
    assert (missing.http_code, missing.error_code) == (404, 1203)
    for error in (wrong, twice, missing):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        assert again.error_code == error.error_code


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, 2**64, object()])
def test_what_json_cannot_carry(job_manager: JobManager, students: str, value: Any) -> None:
    """Is refused at the call, by its place in the document, and nothing is in flight."""
    with pytest.raises(JSONEncodeError) as caught:
        job_manager.collection(students).insert({"a": [{"b": value}]})
    assert "$.a[0].b" in str(caught.value)
    assert job_manager.stats().in_flight == 0


def test_no_room_raises(arango_db: Database) -> None:
    """With `when_full="raise"` a call beyond the limit says how many are in flight."""
    with JobManager(arango_db, max_in_flight=2, when_full="raise") as jobs:
        futures = [jobs.aql.execute("RETURN SLEEP(0.2)") for _ in range(2)]
        with pytest.raises(InFlightLimitError, match="2 operations are in flight"):
            jobs.aql.execute("RETURN 1")
        concurrent.futures.wait(futures, timeout=30)
        assert jobs.aql.execute("RETURN 1").result(timeout=30).next() == 1


def test_no_room_in_time(arango_db: Database) -> None:
    """`submit_timeout` bounds how long a call blocks."""
    with JobManager(arango_db, max_in_flight=1, submit_timeout=0.05) as jobs:
        slow = jobs.aql.execute("RETURN SLEEP(0.4)")
        with pytest.raises(InFlightLimitError, match=r"after 0\.05 s"):
            jobs.aql.execute("RETURN 1")
        slow.result(timeout=30)


def test_never_more_in_flight_than_allowed(arango_db: Database) -> None:
    """Many threads, one limit."""
    seen: list[int] = []
    with JobManager(arango_db, max_in_flight=5) as jobs:

        def work() -> None:
            for _ in range(20):
                jobs.aql.execute("RETURN 1").result(timeout=30)
                seen.append(jobs.stats().in_flight)

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 240
    assert max(seen) <= 5


def test_deadline_of_one_call(job_manager: JobManager, arango_db: Database) -> None:
    """The future ends in time, and nothing is left on the server."""
    hurried = job_manager.with_options(deadline=0.2)
    error = hurried.aql.execute("RETURN SLEEP(20)").exception(timeout=10)
    assert isinstance(error, (JobDeadlineError, AQLQueryExecuteError))
    job_manager.shutdown()
    assert arango_db.async_jobs("done") == []


def test_cancel_before_it_was_sent(arango_db: Database) -> None:
    """`cancel` works while the operation waits, and its place is free again."""
    with JobManager(arango_db, max_jobs=1, max_in_flight=10) as jobs:
        first = jobs.aql.execute("RETURN SLEEP(0.3)")
        while not first.running():
            pass
        second = jobs.aql.execute("RETURN 1")
        assert second.cancel()
        assert second.cancelled()
        for _ in range(2):
            assert second.cancel_on_server(1) is CancelOutcome.NOT_SENT
        assert not first.cancel()
        first.result(timeout=30)
    assert jobs.stats().cancelled == 1


def test_cancel_on_the_server(job_manager: JobManager) -> None:
    """A running query is stopped, and the future says so, however often it is asked."""
    future = job_manager.aql.execute("RETURN SLEEP(20)")
    while not future.running() or future.job_id is None:
        pass
    for _ in range(3):
        assert future.cancel_on_server(timeout=20) is CancelOutcome.CANCELLED
    assert future.cancelled()
    ended = job_manager.aql.execute("RETURN 1")
    ended.result(timeout=30)
    for _ in range(2):
        assert ended.cancel_on_server(timeout=20) is CancelOutcome.FINISHED
    assert job_manager.aql.execute("RETURN 1").result(timeout=30).next() == 1


def test_an_import_in_batches(arango_db: Database, students: str) -> None:
    """It is one future of the list of results, which is cancelled with all of them."""
    documents = [{"_key": str(number)} for number in range(5)]
    with JobManager(arango_db, max_jobs=1) as jobs:
        handle = jobs.collection(students)
        future = handle.import_bulk(documents, batch_size=2)
        assert [counted["created"] for counted in future.result(timeout=30)] == [2, 2, 1]
        blocking = jobs.aql.execute("RETURN SLEEP(0.3)")
        while not blocking.running():
            pass
        unsent = handle.import_bulk(documents, batch_size=2)
        for _ in range(2):
            assert unsent.cancel_on_server(timeout=20) is CancelOutcome.NOT_SENT
        assert unsent.cancelled()
    assert arango_db.collection(students).count() == 5


KEYS: list[Any] = [None, "", 0, 7, False, [], {}, "a b"]


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "single"])
def test_a_key_that_is_there_is_never_replaced(
    arango_db: Database, students: str, merge: bool
) -> None:
    """With `client_keys` too the server is told the `_key` of the document, whatever it is."""
    direct = arango_db.collection(students)
    with JobManager(arango_db, client_keys=True, merge=merge) as jobs:
        collection = jobs.collection(students)
        futures = [collection.insert({"_key": key}) for key in KEYS]
        errors = [future.exception(timeout=30) for future in futures]
        assert collection.insert({"x": 1}).exception(timeout=30) is None
    for key, error in zip(KEYS, errors, strict=True):
        with pytest.raises(DocumentInsertError) as caught:
            direct.insert({"_key": key})
        assert isinstance(error, DocumentInsertError)
        assert error.error_code == caught.value.error_code
    assert direct.count() == 1


def test_after_shutdown(arango_db: Database) -> None:
    """Nothing is taken any more; what was taken has ended."""
    jobs = JobManager(arango_db)
    future = jobs.aql.execute("RETURN SLEEP(0.2)")
    jobs.shutdown()
    assert future.done()
    with pytest.raises(ManagerClosedError):
        jobs.aql.execute("RETURN 1")
    assert isinstance(ManagerClosedError("x"), RuntimeError)
    jobs.shutdown()


def test_shutdown_that_cancels(arango_db: Database) -> None:
    """What has not been sent is cancelled; what was sent ends."""
    jobs = JobManager(arango_db, max_jobs=1)
    first = jobs.aql.execute("RETURN SLEEP(0.2)")
    while not first.running():
        pass
    rest = [jobs.aql.execute("RETURN 1") for _ in range(20)]
    jobs.shutdown(cancel_futures=True)
    assert first.exception() is None
    assert all(future.cancelled() for future in rest)


def test_shutdown_in_time(arango_db: Database) -> None:
    """What has not ended within the timeout ends with an error, and leaves nothing behind."""
    jobs = JobManager(arango_db)
    future = jobs.aql.execute("RETURN SLEEP(20)")
    jobs.shutdown(timeout=0.2)
    assert isinstance(future.exception(timeout=0), ManagerClosedError)
    assert arango_db.async_jobs("done") == []


@pytest.mark.parametrize(
    "options",
    [
        {"max_in_flight": 0},
        {"max_in_flight": -1},
        {"max_in_flight": 1.5},
        {"when_full": "explode"},
        {"deadline": -1},
        {"linger": -1},
        {"merge_max_operations": 0},
        {"exclusive_user": "root"},
        {"nonsense": 1},
        {"submit_timeout": "soon"},
    ],
)
def test_options_that_cannot_be_used(arango_db: Database, options: dict[str, Any]) -> None:
    """A typed error that names the option."""
    with pytest.raises(OptionError, match=next(iter(options))):
        JobManager(arango_db, **options)


def test_answers_that_a_future_cannot_give(job_manager: JobManager, students: str) -> None:
    """`in`, `len` and iteration are refused before anything is sent."""
    collection = job_manager.collection(students)
    for ask in (lambda: "x" in collection, lambda: len(collection), lambda: list(collection)):
        with pytest.raises(UnsupportedInContextError):
            ask()
    assert job_manager.stats().requests == 0


def test_signals_tell_of_each_job(job_manager: JobManager, students: str) -> None:
    """One record for each, on the delivery thread; a receiver that raises harms nobody."""
    records: list[JobRecord] = []
    failures: list[JobRecord] = []

    def bad(_sender: JobManager, record: JobRecord) -> None:
        raise KeyboardInterrupt

    def good(sender: JobManager, record: JobRecord) -> None:
        assert sender is job_manager
        records.append(record)

    def failed(_sender: JobManager, record: JobRecord) -> None:
        failures.append(record)

    with (
        signals.job_succeeded.connected_to(bad, job_manager),
        signals.job_succeeded.connected_to(good, job_manager),
        signals.job_failed.connected_to(failed, job_manager),
    ):
        futures = [job_manager.collection(students).insert({"n": n}) for n in range(20)]
        wrong = job_manager.aql.execute("NO QUERY")
        concurrent.futures.wait([*futures, wrong], timeout=30)
        job_manager.shutdown()
    assert len(records) == 20
    assert {record.operation for record in records} == {"document.insert"}
    assert all(record.job_id and record.host for record in records)
    assert [type(record.error) for record in failures] == [AQLQueryExecuteError]


def test_one_line_says_how_it_stands(arango_db: Database) -> None:
    """The repr shows database, state and counts, and no secret."""
    with JobManager(arango_db, max_in_flight=7) as jobs:
        jobs.aql.execute("RETURN 1").result(timeout=30)
        shown = repr(jobs)
    assert f"{arango_db.name} open: 0 of 7 in flight, 1 succeeded" in shown
    assert "closed" in repr(jobs)


def test_no_thread_while_nothing_is_outstanding(arango_db: Database) -> None:
    """A manager that has not been used has none; one that was shut down has none left."""
    before = set(threading.enumerate())
    jobs = JobManager(arango_db)
    assert set(threading.enumerate()) == before
    jobs.aql.execute("RETURN 1").result(timeout=30)
    jobs.shutdown()
    assert set(threading.enumerate()) == before


def test_calls_about_jobs_are_no_jobs(job_manager: JobManager) -> None:
    """A job that clears all jobs would clear itself."""
    assert job_manager.db.clear_async_jobs().result(timeout=30) is True
    future = job_manager.db.async_jobs("pending")
    assert future.result(timeout=30) == []
    assert future.job_id is None
