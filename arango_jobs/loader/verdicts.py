"""What is done about a chunk whose request failed as a whole: one table.

| the error | the rows | done |
| --- | --- | --- |
| too large (413), or refused as a whole (400) | not stored | split, until one row is to blame |
| out of reach, not signed in, forbidden, nowhere to store it | not stored | the load stops |
| the answer was lost, or the server failed (5xx) | perhaps stored | sent again if they have keys |
| anything else | not stored | they fail |
"""

from __future__ import annotations

import enum

from arango_jobs.errors import (
    ArangoServerError,
    ConnectionLostError,
    HostUnreachableError,
    JobDeadlineError,
    JobLostError,
    JSONDecodeError,
    ManagerClosedError,
    ManagerDiedError,
    RequestTimeoutError,
    SubmitOutcomeUnknownError,
    TransportError,
)

__all__ = ["DUPLICATE", "Verdict", "verdict_of"]

DUPLICATE = 1210
_NO_COLLECTION, _NO_DATABASE, _READ_ONLY = 1203, 1228, 1004


class Verdict(enum.Enum):
    """What is done about a request that failed as a whole."""

    SPLIT = "split"
    STOP = "stop"
    AGAIN = "again"
    FAIL = "fail"


_BY_CLASS: tuple[tuple[tuple[type[BaseException], ...], Verdict], ...] = (
    ((HostUnreachableError, ManagerClosedError, ManagerDiedError), Verdict.STOP),
    (
        (
            JobLostError,
            SubmitOutcomeUnknownError,
            JobDeadlineError,
            ConnectionLostError,
            RequestTimeoutError,
            JSONDecodeError,
        ),
        Verdict.AGAIN,
    ),
    # Not HTTP, no trusted certificate: it will not get better by itself.
    ((TransportError,), Verdict.STOP),
)

_BY_STATUS = {
    400: Verdict.SPLIT,
    401: Verdict.STOP,
    403: Verdict.STOP,
    413: Verdict.SPLIT,
    # The request was cancelled by somebody else; part of it may be stored.
    410: Verdict.AGAIN,
}


def verdict_of(error: BaseException) -> Verdict:
    """Say what is done about a request that ended with `error`."""
    if isinstance(error, ArangoServerError):
        if error.error_code in (_NO_COLLECTION, _NO_DATABASE, _READ_ONLY):
            return Verdict.STOP
        if error.http_code >= 500:
            return Verdict.AGAIN
        return _BY_STATUS.get(error.http_code, Verdict.FAIL)
    for classes, verdict in _BY_CLASS:
        if isinstance(error, classes):
            return verdict
    return Verdict.FAIL
