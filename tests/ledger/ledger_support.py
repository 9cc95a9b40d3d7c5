"""Children that load documents and are killed, crashes without one, and the account of both."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arango_jobs import JobFuture, JobManager
from arango_jobs.ledger import LedgerEntry, Recovered
from arango_jobs.ledger.checks import Chain, Statement
from arango_jobs.ledger.file import LedgerFile
from arango_jobs.ledger.reader import read_ledger
from arango_jobs.local import LocalServer

COLLECTION = "c"
SUBMIT = "POST /_api/document/{collection}"
FETCH = "PUT /_api/job/{id}"
LOOK = "GET /_api/job/{id}"

_CHILD = """
import concurrent.futures, sys, threading
from arango_jobs import ArangoClient, JobManager

url, ledger, options, documents, password = sys.argv[1], sys.argv[2], *map(eval, sys.argv[3:6])
db = ArangoClient(hosts=url).db("_system", username="root", password=password)
jobs = JobManager(db, ledger=ledger, **options)
collection = jobs.collection("c")
futures = [collection.insert(document) for document in documents]

def settle():
    for _ in range(2):  # what one round has seen is committed when the next one begins
        seen = threading.Event()
        jobs._desk.poller.call(lambda now: seen.set())
        seen.wait()

settle()
print("submitted", flush=True)
concurrent.futures.wait(futures)
settle()
print("ended", flush=True)
threading.Event().wait()
"""


def _python(source: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", source, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


class Child:
    """A process that submits `documents` and tells when it has, and when all have ended."""

    def __init__(
        self,
        server: LocalServer,
        ledger: Path,
        documents: list[dict[str, Any]],
        password: str = "",
        **options: Any,
    ) -> None:
        arguments = (server.url, str(ledger), repr(options), repr(documents), repr(password))
        self._process = _python(_CHILD, *arguments)

    @classmethod
    def running(cls, source: str, *arguments: str) -> Child:
        """Return a process that runs `source`."""
        process = cls.__new__(cls)
        process._process = _python(source, *arguments)
        return process

    def says(self, word: str) -> None:
        """Wait until it says `word`."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.strip() == word, line

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def child(*arguments: Any, **options: Any) -> Iterator[Child]:
    """Give a child that is dead afterwards, whatever happens."""
    process = Child(*arguments, **options)
    try:
        yield process
    finally:
        process.kill()


def until(is_so: Callable[[], bool], patience: float = 30.0) -> None:
    """Wait until `is_so`, which another process brings about."""
    end = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


def copy_of(ledger: Path, to: Path) -> Path:
    """Return a ledger as a crash at this moment would leave it."""
    # Not by this process: to close a descriptor of the file would drop its locks.
    # The tail first: what is written meanwhile may be more than it tells of, and never less.
    for end in ("-tail", "", "-wal"):
        subprocess.run(["cp", f"{ledger}{end}", f"{to}{end}"], check=True)
    return to


def forge(ledger: Path, change: Callable[[int, list[Any]], list[Any]]) -> None:
    """Change the columns of each record, by its number, and make the checksums fit."""
    file = LedgerFile(ledger, create=False)
    records = [list(values) for values in file.records()]

    def statements(chain: Chain) -> Iterator[Statement]:
        yield "DELETE FROM round", ()
        for number, values in enumerate(records, 1):
            yield chain.append(*change(number, values))

    file.rewrite(statements)
    file.close()


def told_ids(ledger: Path, copy: Path) -> set[str]:
    """Return the jobs that the ledger of a process, which goes on, tells to be accepted."""
    for end in ("", "-wal", "-tail"):
        Path(f"{copy}{end}").unlink(missing_ok=True)
    file = LedgerFile(copy_of(ledger, copy), create=False)
    try:
        jobs = [each.job for each in read_ledger(file).operations.values()]
        return {job.job_id for job in jobs if job is not None and job.job_id is not None}
    finally:
        file.close()


def numbers(entries: tuple[LedgerEntry, ...]) -> list[int]:
    """Return the number of each document, from keys such as `k7`."""
    return sorted(int((entry.key or "k-1")[1:]) for entry in entries)


def accounted(recovered: Recovered) -> list[int]:
    """Return every document that is in some list, each as often as it is."""
    everything = (*recovered.done, *recovered.held, *recovered.unknown, *recovered.never_sent)
    return numbers(everything)


def ended(futures: Any) -> list[BaseException | None]:
    """Wait for futures and return their errors."""
    assert not wait(futures, timeout=30).not_done
    return [future.exception() for future in futures]


def documents(count: int, **more: Any) -> list[dict[str, Any]]:
    """Return documents with the keys k0, k1, …."""
    return [{"_key": f"k{number}", "n": number, **more} for number in range(count)]


def stored(server: LocalServer) -> list[int]:
    """Return the number of each document that the server has."""
    return sorted(
        each["n"] for each in server.database().collections[COLLECTION].documents.values()
    )


@contextmanager
def script(source: str, *values: str) -> Iterator[Child]:
    """Give a process that runs `source`, and is dead afterwards."""
    process = Child.running(source, *values)
    try:
        yield process
    finally:
        process.kill()


def settle(jobs: JobManager) -> None:
    """Have everything taken in, answered and written down that was submitted so far."""
    book = jobs._desk.poller.engine._book
    # That the server has a job does not mean that its answer has come.
    until(lambda: not book.submitting)
    for _ in range(2):
        seen = threading.Event()
        jobs._desk.poller.call(lambda _now, seen=seen: seen.set())
        assert seen.wait(30)


def results(futures: list[JobFuture[Any]]) -> list[Any]:
    """Return the results of futures."""
    return [future.result(timeout=30) for future in futures]


def crash(jobs: JobManager) -> None:
    """End a manager's thread as a crash would: nothing more is sent, fetched or written."""
    desk = jobs._desk
    settle(jobs)
    assert desk.poller.stop(30)
    for future in desk.poller.open_futures():
        future.end_cancelled()
    desk.gate.release(desk.gate.in_use)
