"""Errors that the server answers with, about server-side jobs and signing in; one class a call."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoServerError

__all__ = [
    "AsyncExecuteError",
    "AsyncJobCancelError",
    "AsyncJobClearError",
    "AsyncJobListError",
    "AsyncJobResultError",
    "AsyncJobStatusError",
    "JWTAuthError",
    "ServerConnectionError",
]


class AsyncExecuteError(ArangoServerError):
    """The server did not take an operation as a job."""


class AsyncJobListError(ArangoServerError):
    """The ids of jobs could not be listed."""


class AsyncJobStatusError(ArangoServerError):
    """How a job stands could not be read."""


class AsyncJobResultError(ArangoServerError):
    """A job's result could not be had."""


class AsyncJobCancelError(ArangoServerError):
    """A job could not be cancelled."""


class AsyncJobClearError(ArangoServerError):
    """Job results could not be deleted."""


class JWTAuthError(ArangoServerError):
    """The server gave no token for this name and password."""


class ServerConnectionError(ArangoServerError):
    """The server refused the first request of a new connection."""
