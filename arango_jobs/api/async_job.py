"""A job on the server, asked about one call at a time.

Results are handed out once. After `result()` the server knows the job no more,
whatever the result was; so a fetch is never sent again when its answer broke.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from arango_jobs._wire.job_api import (
    Meaning,
    cancel_request,
    delete_request,
    fetch_request,
    read_call,
    read_fetch,
    status_request,
)
from arango_jobs.checking import checked
from arango_jobs.errors import (
    ArangoServerError,
    AsyncJobCancelError,
    AsyncJobClearError,
    AsyncJobResultError,
    AsyncJobStatusError,
    ConnectionLostError,
    JobLostError,
    NotHTTPError,
    RequestTimeoutError,
    server_error,
)
from arango_jobs.operations import FetchedResponse, Operation, Request, Response, Retry

if TYPE_CHECKING:
    from arango_jobs.api.connection import Connection

__all__ = ["AsyncJob"]

T = TypeVar("T")

_NOTES = {Meaning.PENDING: "job {} not done", Meaning.UNKNOWN_JOB: "job {} not found"}


class AsyncJob(Generic[T]):
    """One job of the server's."""

    __slots__ = ("_connection", "_host", "_id", "_operation")

    def __init__(
        self, connection: Connection, job_id: str, operation: Operation[T], host: int | None
    ) -> None:
        self._connection = connection
        self._id = job_id
        self._operation = operation
        self._host = host

    @property
    def id(self) -> str:
        """The server's id of the job, in decimal digits."""
        return self._id

    @property
    def operation(self) -> Operation[T]:
        """What the job does."""
        return self._operation

    @property
    def host(self) -> int | None:
        """The Coordinator that took the job, as a place in the client's `hosts`."""
        return self._host

    def status(self) -> str:
        """Return "pending" or "done".

        Raises `AsyncJobStatusError` where the server does not know the job (any more).
        """
        request = status_request(self._connection.database, self._id)
        response = self._send(request, Retry.SAFE)
        meaning = read_call(response)
        if meaning is Meaning.PENDING:
            return "pending"
        if meaning is Meaning.OK:
            return "done"
        raise self._error(AsyncJobStatusError, request, response, meaning)

    def result(self) -> T:
        """Take the result off the server and return it, or raise the operation's own error.

        Raises `AsyncJobResultError` where the job is not done or not known, and
        `JobLostError` where the server handed the result out but it never arrived.
        """
        request = fetch_request(self._connection.database, self._id)
        response = self._fetch(request)
        if response.job_id not in (None, self._id) and self._is_there():
            # What came is another job's, and decides nothing: this one's was not taken.
            response = self._fetch(request)
        if response.job_id not in (None, self._id):
            raise self._lost(f"came under the name of job {response.job_id}")
        meaning = read_fetch(response)
        if meaning is Meaning.RESULT:
            return self._operation.decode(FetchedResponse.of(response))
        raise self._error(AsyncJobResultError, request, response, meaning)

    @checked
    def cancel(self, ignore_missing: bool = False) -> bool:
        """Ask the server to stop the job; what is not a query runs on all the same.

        Returns whether the server knows the job; where it does not, raises
        `AsyncJobCancelError` unless `ignore_missing`.
        """
        request = cancel_request(self._connection.database, self._id)
        return self._manage(request, AsyncJobCancelError, Retry.IDEMPOTENT, ignore_missing)

    @checked
    def clear(self, ignore_missing: bool = False) -> bool:
        """Make the server forget the job and its result; one that runs, runs on.

        Returns whether the server knew the job; where it did not, raises
        `AsyncJobClearError` unless `ignore_missing`.
        """
        request = delete_request(self._connection.database, self._id)
        return self._manage(request, AsyncJobClearError, Retry.NEVER, ignore_missing)

    def _fetch(self, request: Request) -> Response:
        try:
            return self._send(request, Retry.NEVER)
        except (ConnectionLostError, RequestTimeoutError, NotHTTPError) as error:
            raise self._lost("broke", error) from error

    def _is_there(self) -> bool:
        request = status_request(self._connection.database, self._id)
        return read_call(self._send(request, Retry.SAFE)) in (Meaning.OK, Meaning.PENDING)

    def _lost(self, what: str, error: Exception | None = None) -> JobLostError:
        why = "" if error is None else f": {error}"
        return JobLostError(
            f"the answer with the result of job {self._id} ({self._operation!r}) {what}, and "
            f"the server gives it once only{why}",
            operation=repr(self._operation),
            job_id=self._id,
            host=self._connection.host_name(self._host),
        )

    def _manage(
        self,
        request: Request,
        error: type[ArangoServerError],
        retry: Retry,
        ignore_missing: bool,
    ) -> bool:
        response = self._send(request, retry)
        meaning = read_call(response)
        if meaning is Meaning.OK:
            return True
        if meaning is Meaning.UNKNOWN_JOB and ignore_missing:
            return False
        raise self._error(error, request, response, meaning)

    def _send(self, request: Request, retry: Retry) -> Response:
        # Only the Coordinator that took the job answers for it without detours (H-15).
        return self._connection.send(request, host=self._host, retry=retry)

    def _error(
        self,
        cls: type[ArangoServerError],
        request: Request,
        response: Response,
        meaning: Meaning,
    ) -> ArangoServerError:
        note = _NOTES.get(meaning)
        message = note.format(self._id) if note else None
        return server_error(cls, response, request.method, request.target, message=message)

    def __repr__(self) -> str:
        return f"<AsyncJob {self._id}>"
