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

from arango_jobs._net.proxies import by_way_of, is_unreached
from arango_jobs.errors import (
    ConnectionLostError,
    HostUnreachableError,
    RequestTimeoutError,
    TLSError,
    TransportError,
)

__all__ = ["converted", "is_of_user_code", "late", "unreachable"]

_UNREACHABLE = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
_UNCONNECTED = (NewConnectionError, ConnectTimeoutError)
_LATE = (ReadTimeoutError, requests.exceptions.ReadTimeout, TimeoutError)

_OF_THE_NETWORK = (OSError, HTTPError, http.client.HTTPException)

# As the standard library begins the text of that error.
_REFUSED_TUNNEL = "Tunnel connection failed"


def converted(
    error: BaseException,
    url: str,
    timeout: float,
    *,
    has_retries: bool,
    proxy: str | None = None,
) -> tuple[TransportError, bool]:
    """Return what `error` means for a request to `url`, and whether that may have run.

    The request had `timeout` seconds. `proxy` is the one on the way there, for messages.
    """
    if isinstance(error, TransportError):
        return type(error)(f"{url}: {error}"), True
    causes = tuple(_causes(error))
    is_refused = _why(causes).startswith(_REFUSED_TUNNEL)
    if is_refused or any(isinstance(cause, _UNREACHABLE) for cause in causes):
        return unreachable(error, url, proxy), has_retries
    named = by_way_of(url, proxy)
    if any(isinstance(cause, _LATE) for cause in causes):
        return late(named, timeout), True
    return ConnectionLostError(f"a request to {named} got no complete answer: {_why(causes)}"), True


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


def unreachable(error: BaseException, url: str, proxy: str | None = None) -> HostUnreachableError:
    """Return the error that says that no connection to `url` could be made, because of `error`.

    Where `proxy` is on the way there, it is the only one that we connect to.
    """
    causes = tuple(_causes(error))
    why, named = _why(causes), by_way_of(url, proxy)
    is_unconnected = any(isinstance(cause, _UNCONNECTED) for cause in causes)
    if is_unconnected and is_unreached(proxy, causes):
        why, named = f"its proxy {proxy} cannot be reached: {why}", url
    elif proxy is not None and why.startswith(_REFUSED_TUNNEL):
        why, named = f"its proxy {proxy} refuses to connect to it: {why}", url
    found = HostUnreachableError(f"{named} cannot be reached: {why}")
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
    # The second is urllib3's, the third that of a SOCKS proxy's connection.
    attributes = [getattr(error, name, None) for name in ("reason", "socket_err")]
    # urllib3 does not name what a SOCKS proxy's connection failed of as its cause.
    context = error.__context__ if isinstance(error, NewConnectionError) else None
    inner = (error.__cause__ or context, *attributes, *error.args)
    seen: list[object] = [error]
    for cause in inner:
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            yield from _causes(cause)
