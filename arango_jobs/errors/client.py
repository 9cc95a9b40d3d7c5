"""Errors that arise on this side, by what the caller can do about them.

ArangoClientError
├── OptionError, UnsupportedTargetError, UnsupportedInContextError   mend the call
├── JSONEncodeError, JSONDecodeError                      mend the value
├── InFlightLimitError                                    wait, or ask for a larger cap
├── ManagerClosedError                                    make a new manager
├── LedgerError                                           look at the file, the disk, who uses it
├── TransportError                                        look at the network or the server
│   ├── HostUnreachableError, ConnectionLostError, RequestTimeoutError
│   └── NotHTTPError, TLSError, ResponseTooLargeError
└── JobError                                              how a job ended without its own answer
    ├── JobLostError, SubmitOutcomeUnknownError, JobDeadlineError
    └── ManagerDiedError
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arango_jobs.errors.base import ArangoClientError

if TYPE_CHECKING:
    from arango_jobs.ledger.entries import LedgerEntry

__all__ = [
    "ConnectionLostError",
    "HostUnreachableError",
    "InFlightLimitError",
    "JSONDecodeError",
    "JSONEncodeError",
    "JobDeadlineError",
    "JobError",
    "JobLostError",
    "LedgerError",
    "ManagerClosedError",
    "ManagerDiedError",
    "NotHTTPError",
    "OptionError",
    "RequestTimeoutError",
    "ResponseTooLargeError",
    "SubmitOutcomeUnknownError",
    "TLSError",
    "TransportError",
    "UnsupportedInContextError",
    "UnsupportedTargetError",
]


class OptionError(ArangoClientError, ValueError):
    """An argument has a value that cannot be used."""


class UnsupportedTargetError(ArangoClientError, TypeError):
    """`submit` was given something that is no operation."""


class UnsupportedInContextError(ArangoClientError, TypeError):
    """The call needs an answer at once, which its context cannot give."""


class JSONEncodeError(ArangoClientError, ValueError):
    """JSON cannot carry a value."""


class JSONDecodeError(ArangoClientError, ValueError):
    """A body is not the JSON that it should be."""


class InFlightLimitError(ArangoClientError):
    """As many operations are in flight as the manager allows."""


class ManagerClosedError(ArangoClientError, RuntimeError):
    """The manager has been shut down and takes nothing more."""


class LedgerError(ArangoClientError):
    """A ledger cannot be opened, read or written; `path` names the file.

    Where the file is damaged, `entries` are the `LedgerEntry` that can still be read.
    """

    def __init__(
        self, message: str, *, path: str = "", entries: tuple[LedgerEntry, ...] = ()
    ) -> None:
        super().__init__(message)
        self.path = path
        self.entries = entries


class TransportError(ArangoClientError, ConnectionError):
    """A request got no complete answer."""


class HostUnreachableError(TransportError):
    """No connection could be made; nothing was sent."""


class ConnectionLostError(TransportError):
    """The connection broke before the answer was complete."""


class RequestTimeoutError(TransportError, TimeoutError):
    """No complete answer came in time."""


class NotHTTPError(TransportError):
    """What answered speaks no HTTP, or not as RFC 9112 says."""


class TLSError(TransportError):
    """No trusted, encrypted connection could be made."""


class ResponseTooLargeError(TransportError):
    """The answer is larger than the limit."""


class JobError(ArangoClientError):
    """A job ended without an answer of its own.

    `operation` names it, `job_id` is the server's id (`None` where none came),
    `host` where it was sent, `attempts` what was tried and what came of it.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        job_id: str | None = None,
        host: str = "",
        attempts: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.job_id = job_id
        self.host = host
        self.attempts = attempts


class JobLostError(JobError):
    """The server accepted the job; its result can no longer be had.

    Whether the operation took effect is for the caller to look at.
    """


class SubmitOutcomeUnknownError(JobError):
    """The submission may or may not have reached the server, and repeating it is not safe."""


class JobDeadlineError(JobError, TimeoutError):
    """The job did not end before its deadline."""


class ManagerDiedError(JobError):
    """The manager's own thread ended; `__cause__` says of what."""
