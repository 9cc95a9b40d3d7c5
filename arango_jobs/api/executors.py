"""What becomes of an operation: sent now, or made a job of the server's.

The managed context is a third executor of the same shape, in `manager.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from arango_jobs._wire.job_api import Meaning, read_submit
from arango_jobs.api.async_job import AsyncJob
from arango_jobs.api.connection import Connection
from arango_jobs.api.several import Outcome, Several
from arango_jobs.errors import (
    ArangoJobsError,
    AsyncExecuteError,
    ConnectionLostError,
    RequestTimeoutError,
    SubmitOutcomeUnknownError,
    UnsupportedInContextError,
    operation_error,
)
from arango_jobs.operations import Operation, Request, Response, Retry

__all__ = ["AsyncExecutor", "DefaultExecutor", "Executor"]

T = TypeVar("T")


class Executor(Protocol):
    """What a wrapper hands its operations to."""

    connection: Connection

    @property
    def context(self) -> str:
        """What becomes of calls: "default", "async" or "managed"."""
        ...

    def execute(self, operation: Operation[Any] | Several[Any]) -> Any:
        """Do with the operation what the context says."""
        ...


class DefaultExecutor:
    """Sends each operation now and returns its result."""

    context = "default"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, operation: Operation[T] | Several[T]) -> T:
        """Send it and return its result, or raise its error."""
        if isinstance(operation, Several):
            return operation.join(self._one_by_one(operation))
        return self._send(operation, self.connection.prepare(operation))

    def _send(self, operation: Operation[T], request: Request) -> T:
        response = self.connection.send(request, retry=operation.effective_retry)
        return operation.decode(response)

    def _one_by_one(self, several: Several[Any]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        # All of them are made before the first is sent: what cannot be encoded ends the call.
        requests = [self.connection.prepare(operation) for operation in several.operations]
        for operation, request in zip(several.operations, requests, strict=True):
            if several.stops and any(outcome.error for outcome in outcomes):
                outcomes.append(Outcome(was_sent=False))
                continue
            try:
                outcomes.append(Outcome(self._send(operation, request)))
            except ArangoJobsError as error:
                outcomes.append(Outcome(error=error))
        return outcomes


class AsyncExecutor:
    """Makes each operation a job of the server's, whose result is kept or thrown away."""

    context = "async"

    def __init__(self, connection: Connection, return_result: bool) -> None:
        self.connection = connection
        self.return_result = return_result

    def execute(self, operation: Operation[T] | Several[Any]) -> Any:
        """Submit it; return its job, or `None` where nobody wants the result.

        Returns a list of those where it takes several requests.
        """
        if isinstance(operation, Several):
            return self._submit_all(operation.operations)
        job = self._submit(operation, self._prepare(operation))
        return job if self.return_result else None

    def _submit_all(self, operations: Sequence[Operation[T]]) -> list[AsyncJob[T] | None]:
        jobs: list[AsyncJob[T]] = []
        try:
            for operation, request in [(each, self._prepare(each)) for each in operations]:
                jobs.append(self._submit(operation, request))
        except BaseException:
            # Nobody gets these, so nobody could ever take their results off the server.
            for job in jobs if self.return_result else ():
                with contextlib.suppress(ArangoJobsError):
                    job.clear(ignore_missing=True)
            raise
        return [job if self.return_result else None for job in jobs]

    def _prepare(self, operation: Operation[Any]) -> Request:
        if operation.kind.method == "HEAD":
            raise UnsupportedInContextError(
                f"{operation!r} cannot become a job: fetching the result of a HEAD request "
                "hangs on several versions of the server; use GET"
            )
        return self.connection.prepare(operation, self._mode)

    @property
    def _mode(self) -> str:
        return "store" if self.return_result else "true"

    def _submit(self, operation: Operation[T], request: Request) -> AsyncJob[T]:
        connection = self.connection
        try:
            # Sent again only where it did not run: a second submission would be a second job.
            response = connection.send(request, retry=Retry.NEVER)
        except (ConnectionLostError, RequestTimeoutError) as error:
            raise SubmitOutcomeUnknownError(
                f"{operation!r} may or may not run as a job: {error}", operation=repr(operation)
            ) from error
        return AsyncJob(
            connection,
            _accepted_id(response, operation, self._mode),
            operation,
            connection.host_of(response),
        )


def _accepted_id(response: Response, operation: Operation[Any], mode: str) -> str:
    if response.job_id is not None and read_submit(response) is Meaning.ACCEPTED:
        return response.job_id
    if mode == "true" and response.status == 202:
        return ""
    message = None
    if response.is_success:
        message = (
            f"the server answered {response.status} without a job's id: it ran the operation at "
            "once, or something on the way takes out the x-arango-async header"
        )
    raise operation_error(AsyncExecuteError, response, operation, message=message)
