"""What a poller would tell a writer, by hand, and what is read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arango_jobs import ArangoClient, JobFuture, StandardDatabase
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._core.job import Job, Submission
from arango_jobs._runtime.endings import Ended
from arango_jobs.ledger.file import LedgerFile
from arango_jobs.ledger.reader import Account, ReadOperation, read_ledger
from arango_jobs.ledger.writer import LedgerWriter
from arango_jobs.operations import Operation
from arango_jobs.testing import FakeClock

HOSTS = ("http://one:8529", "http://two:8529")


class Recording:
    """An executor that gives back the operation itself."""

    context = "managed"

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def execute(self, operation: Any) -> Any:
        """Give it back."""
        return operation


class World:
    """A writer, its file, and operations for it."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.client = ArangoClient(hosts=HOSTS)
        plain = self.client.db("test", username="root", password="very secret", verify=False)
        self.db: Any = StandardDatabase(Recording(plain.conn))
        self.clock = FakeClock()
        self.path = path
        self.file = LedgerFile(path)
        self.writer = LedgerWriter(self.file, clock=self.clock, hosts=HOSTS, **options)
        self.engine = Engine(HOSTS, EngineOptions(), None)  # type: ignore[arg-type]  # never asked
        self.writer.look_at(self.engine.hosts)

    def future(self, operation: Operation[Any]) -> JobFuture[Any]:
        """Return a future that has not been handed in."""
        future: JobFuture[Any] = JobFuture(operation)
        future.payload = self.db.conn.encode(operation)
        return future

    def take(self, *operations: Operation[Any]) -> list[JobFuture[Any]]:
        """Hand operations in, one after the other."""
        futures = [self.future(operation) for operation in operations]
        for future in futures:
            self.writer.taken(future)
        return futures

    def insert(self, *numbers: int, **options: Any) -> list[JobFuture[Any]]:
        """Hand in inserts of the keys k1, k2, …."""
        collection = self.db.collection("c")
        return self.take(*(collection.insert({"_key": f"k{n}"}, **options) for n in numbers))

    def send(self, futures: list[JobFuture[Any]], *, host: int = 0, tries: int = 0) -> Job:
        """Be about to send futures as one job."""
        job = Job.of(tuple(futures), 0)
        job.submission, job.tries = Submission(host, "", None), tries
        for future in futures:
            future.job = job
            future.start()
        self.writer.sending(job)
        return job

    def accept(self, job: Job, job_id: str) -> None:
        """Let the server accept a job, which was committed before it was sent."""
        self.writer.commit()
        job.job_id = job_id
        self.writer.accepted((job,))

    def succeed(self, *futures: JobFuture[Any]) -> None:
        """End futures with a result, which were committed before they were sent."""
        self.writer.commit()
        for future in futures:
            future.end_with_result(True)
        self.writer.ended(Ended(succeeded=list(futures)))

    def fail(self, future: JobFuture[Any], error: BaseException) -> None:
        """End a future with an error."""
        future.end_with_error(error)
        self.writer.ended(Ended(failed=[future]))

    def rounds(self) -> int:
        """Return how many rows have been written."""
        return int(next(self.file.rows("SELECT count(*) FROM round"))[0])

    def read(self) -> Account:
        """Return what the file says."""
        return read_ledger(self.file)

    def told(self) -> list[ReadOperation]:
        """Return every operation that the file tells of."""
        return list(self.read().operations.values())

    def close(self) -> None:
        """Close the file."""
        self.writer.close()
        self.client.close()
