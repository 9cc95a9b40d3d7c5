"""What the exceptions of requests and urllib3 say about a request.

Converted here and nowhere else. "Did not run" is said only where no connection
could be made; with retries in the session's adapter not even then, since an
attempt before the last may have been the one that ran.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator, Sequence

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from arango_jobs.errors import (
    ConnectionLostError,
    HostUnreachableError,
    RequestTimeoutError,
    TLSError,
    TransportError,
)

__all__ = ["converted", "is_of_user_code", "late", "unreachable"]

_UNREACHABLE = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
_LATE = (ReadTimeoutError, requests.exceptions.ReadTimeout, TimeoutError)

_OF_THE_NETWORK = (OSError, HTTPError, http.client.HTTPException)

# As the standard library begins the text of that error.
_REFUSED_TUNNEL = "Tunnel connection failed"


def converted(
    error: BaseException, url: str, timeout: float, *, has_retries: bool
) -> tuple[TransportError, bool]:
    """Return what `error` means for a request to `url`, and whether that may have run.

    The request had `timeout` seconds.
    """
    if isinstance(error, TransportError):
        return type(error)(f"{url}: {error}"), True
    causes = tuple(_causes(error))
    if any(isinstance(cause, _UNREACHABLE) for cause in causes):
        return unreachable(error, url), has_retries
    if any(isinstance(cause, _LATE) for cause in causes):
        return late(url, timeout), True
    return ConnectionLostError(f"a request to {url} got no complete answer: {_why(causes)}"), True


def is_of_user_code(error: BaseException) -> bool:
    """Return whether the session's hooks, auth or adapters raised `error` on their own account.

    Neither the network nor requests did; `requests.HTTPError` comes of `raise_for_status` only.
    """
    return isinstance(error, requests.HTTPError) or not isinstance(error, _OF_THE_NETWORK)


def late(url: str, timeout: float) -> RequestTimeoutError:
    """Return the error for a request to `url` whose time, `timeout` seconds, was over."""
    return RequestTimeoutError(
        f"{url} gave no complete answer within {timeout:g} s (request_timeout)"
    )


def unreachable(error: BaseException, url: str) -> HostUnreachableError:
    """Return the error that says that no connection to `url` could be made, because of `error`."""
    causes = tuple(_causes(error))
    why = _why(causes)
    found = HostUnreachableError(f"{url} cannot be reached: {why}")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        found.__cause__ = TLSError(why)
    return found


def _why(causes: Sequence[BaseException]) -> str:
    # Their texts name the whole URL and may hold a proxy's password; the system's do not, and
    # neither does a proxy's refusal.
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if isinstance(cause, OSError) and str(cause).startswith(_REFUSED_TUNNEL):
            return str(cause)
    return type(causes[-1]).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give `error` and what it was raised for, outermost first."""
    yield error
    inner = (error.__cause__, getattr(error, "reason", None), *error.args)
    seen: list[object] = [error]
    for cause in inner:
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            yield from _causes(cause)
