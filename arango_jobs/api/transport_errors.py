"""The border where errors of `requests` become ours, each with the host it is about.

Only `HostUnreachableError` says that nothing of the request was sent.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import requests
import urllib3.exceptions as urllib3_errors

from arango_jobs._net.proxies import by_way_of, is_unreached, without_credentials
from arango_jobs.errors import (
    ConnectionLostError,
    HostUnreachableError,
    NotHTTPError,
    RequestTimeoutError,
    TLSError,
    TransportError,
)

__all__ = ["convert", "late_error"]

_NOT_HTTP = (
    http.client.BadStatusLine,
    http.client.LineTooLong,
    http.client.UnknownProtocol,
    urllib3_errors.HeaderParsingError,
    urllib3_errors.DecodeError,
    urllib3_errors.InvalidHeader,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.InvalidHeader,
)
_UNREACHED = (
    urllib3_errors.NewConnectionError,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.NameResolutionError,
    requests.exceptions.ConnectTimeout,
)


def convert(
    error: Exception, url: str, budget: float | None = None, *, proxy: str | None = None
) -> TransportError:
    """Return what `error`, raised while talking to the host `url`, means to the caller.

    `budget` is how many seconds the request had, `proxy` the one on the way there.
    """
    causes = list(_causes(error))
    why = _why(causes)
    host = by_way_of(url, proxy)
    is_unconnected = any(isinstance(cause, _UNREACHED) for cause in causes)
    if is_unconnected and is_unreached(proxy, causes):
        why = f"its proxy {proxy} cannot be reached: {why}"
        return HostUnreachableError(f"{url} cannot be reached: {why}")
    if any(
        isinstance(cause, (requests.exceptions.SSLError, urllib3_errors.SSLError))
        for cause in causes
    ):
        return TLSError(f"no trusted connection to {host} could be made: {why}")
    if is_unconnected:
        return HostUnreachableError(f"{host} cannot be reached: {why}")
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        named = f"proxy {proxy}" if proxy else "proxy"
        return HostUnreachableError(f"{url} cannot be reached: its {named} cannot be used: {why}")
    # RemoteDisconnected is a BadStatusLine by birth, but says that the line was empty.
    if any(isinstance(cause, http.client.RemoteDisconnected) for cause in causes):
        return ConnectionLostError(f"{host} closed the connection without an answer")
    if any(isinstance(cause, _NOT_HTTP) for cause in causes):
        return NotHTTPError(f"{host} does not speak HTTP: {why}")
    if any(isinstance(cause, (requests.exceptions.Timeout, TimeoutError)) for cause in causes):
        return late_error(host, budget)
    return ConnectionLostError(f"the connection to {host} broke: {why}")


def late_error(host: str, budget: float | None) -> RequestTimeoutError:
    """Return the error for a request whose time, `budget` seconds, was over."""
    if budget is None:
        return RequestTimeoutError(f"{host} gave no complete answer in time")
    return RequestTimeoutError(
        f"{host} gave no complete answer within {budget:g} s (request_timeout)"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give `error` and all that it wraps, the innermost last."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        attributes = [getattr(cause, name, None) for name in ("reason", "socket_err")]
        waiting += [*attributes, cause.__cause__, cause.__context__, *cause.args]


def _why(causes: list[BaseException]) -> str:
    """Return the innermost words; the outer ones repeat paths and addresses of objects."""
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    innermost = causes[-1]
    return without_credentials(f"{type(innermost).__name__}: {innermost}")[:200].rstrip()
