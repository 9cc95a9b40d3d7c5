"""What a user who got it wrong is told: typed, picklable, named, and what to do."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arango_jobs import (
    AQLQueryExecuteError,
    ArangoClient,
    ArangoJobsError,
    DocumentInsertError,
    HostUnreachableError,
    JobDeadlineError,
    JobManager,
    JSONEncodeError,
    ManagerClosedError,
    OptionError,
    StandardDatabase,
    Timeouts,
    UnsupportedTargetError,
)
from arango_jobs.loader import load
from arango_jobs.local import LocalServer

Database = StandardDatabase[Any]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(password="right") as server:
        yield server


@pytest.fixture
def db(server: LocalServer) -> Iterator[Database]:
    with ArangoClient(server.urls) as client:
        yield client.db("_system", password="right")


def told(error: type[BaseException], words: str, function: Callable[[], Any]) -> Any:
    """Return the error that `function` gives; it is ours, pickles, and holds `words`."""
    with pytest.raises(error, match=words) as caught:
        function()
    assert isinstance(caught.value, ArangoJobsError)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), vars(copy)) == (error, str(caught.value), vars(caught.value))
    return caught.value


def ask(db: Database, **options: Any) -> Any:
    """Return the answer to a question by way of a manager."""
    with JobManager(db, **options) as jobs:
        return jobs.aql.execute("RETURN 1").result(timeout=30).next()


def test_a_wrong_password(server: LocalServer) -> None:
    """The operation's own error."""
    with ArangoClient(server.urls) as client:
        error = told(AQLQueryExecuteError, "not authorized", lambda: ask(client.db(password="no")))
    assert (error.http_code, error.error_code) == (401, 11)


def test_an_unknown_database(server: LocalServer) -> None:
    """The operation's own error, whose url names the database."""
    with ArangoClient(server.urls) as client:
        db = client.db("nodb", password="right")
        error = told(AQLQueryExecuteError, "database not found", lambda: ask(db))
    assert (error.http_code, error.error_code) == (404, 1228)
    assert "/_db/nodb/" in error.url


def test_an_unknown_collection(db: Database) -> None:
    """The operation's own error names it."""
    with JobManager(db) as jobs:
        future = jobs.collection("nowhere").insert({})
        told(DocumentInsertError, "nowhere", lambda: future.result(timeout=30))


def test_a_host_that_refuses(server: LocalServer) -> None:
    """The first operation ends after a few seconds: nobody has ever answered there."""
    with LocalServer() as gone:
        url = gone.url
    with ArangoClient(url) as client:
        told(HostUnreachableError, f"never sent: {url}", lambda: ask(client.db()))
        told(HostUnreachableError, "Connection refused", client.db().version)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_in_flight": -1}, "max_in_flight must be a whole number from 1, not -1"),
        ({"max_inflight": 1}, "JobManager has no option 'max_inflight'; did you mean 'max_in"),
        ({"xyz": 1}, "JobManager has no option 'xyz'; there are client_keys, conflict_retries"),
        ({"deadline": 0}, r"deadline must be more than 0 seconds, not 0 \(None: no limit\)"),
    ],
)
def test_options_of_a_manager(db: Database, options: dict[str, Any], words: str) -> None:
    """Which one, its value, and what it may be."""
    told(OptionError, words, lambda: JobManager(db, **options))


def test_options_of_a_load(db: Database) -> None:
    """As for a manager."""
    words = "load has no option 'chunk_row'; did you mean 'chunk_rows'"
    told(OptionError, words, lambda: load([], db, "c", chunk_row=5))


@pytest.mark.parametrize("hosts", [5, [], "", "127.0.0.1:8529", "http://u:hush@h", [None]])
def test_hosts(hosts: Any) -> None:
    """Said at once, with an example; a password in a URL is not repeated."""
    error = told(OptionError, "host", lambda: ArangoClient(hosts))
    assert "hush" not in str(error)


def test_after_shutdown(db: Database) -> None:
    """The manager is named."""
    jobs = JobManager(db)
    jobs.shutdown()
    told(ManagerClosedError, r"JobManager-\d+ has been shut down", lambda: jobs.aql.execute("1"))


def test_what_submit_cannot_take(db: Database) -> None:
    """It says what it was given."""
    with JobManager(db) as jobs:
        told(UnsupportedTargetError, "print is no method of", lambda: jobs.submit(print))


def test_what_json_cannot_carry(db: Database) -> None:
    """Said by the call itself; the place is not taken up."""
    with JobManager(db, max_in_flight=1, when_full="raise") as jobs:
        insert = jobs.collection("c").insert
        told(JSONEncodeError, r"nan \(at \$\.x\)", lambda: insert({"x": float("nan")}))
        assert jobs.stats().in_flight == 0


def test_the_clients_budget_for_a_job(server: LocalServer) -> None:
    """`Timeouts.job` is the deadline of a manager that is told no other."""
    with ArangoClient(server.urls, timeout=Timeouts(job=0.1)) as client:
        db = client.db("_system", password="right")
        slow = "RETURN SLEEP(20)"
        with JobManager(db) as jobs, pytest.raises((JobDeadlineError, AQLQueryExecuteError)):
            jobs.aql.execute(slow).result(timeout=10)
        assert ask(db, deadline=30) == 1
