"""Answers as bytes: status line, the headers that every answer has, the body."""

from __future__ import annotations

from http import HTTPStatus

from arango_jobs.local.messages import Response

__all__ = ["encode", "plain"]

# server-protocol.md §1.2: what the connection adds to each answer.
_COMMON = (
    b"Server: ArangoDB\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Cache-Control: no-cache, no-store, must-revalidate, pre-check=0, post-check=0, max-age=0, "
    b"s-maxage=0\r\n"
    b"Content-Security-Policy: frame-ancestors 'self'; form-action 'self';\r\n"
    b"Expires: 0\r\n"
    b"Pragma: no-cache\r\n"
    b"Strict-Transport-Security: max-age=31536000 ; includeSubDomains\r\n"
)
_KEEP = b"Connection: Keep-Alive\r\n"
_CLOSE = b"Connection: Close\r\n"
_NO_BODY = frozenset({204, 304})
_QUEUE_TIME = b"X-Arango-Queue-Time-Seconds: "


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


_STATUS_LINES = {status: _status_line(status) for status in range(100, 600)}


def encode(response: Response, *, head: bool, keep_alive: bool, queue_time: float) -> bytes:
    """Return the bytes of an answer; `head`: the request was a HEAD."""
    parts = [
        _STATUS_LINES[response.status],
        _COMMON,
        _KEEP if keep_alive else _CLOSE,
        _QUEUE_TIME,
        b"%.6f\r\n" % queue_time,
    ]
    for name, value in response.headers.items():
        parts.append(f"{name}: {value}\r\n".encode("utf-8", "replace"))
    if response.status not in _NO_BODY:
        parts.append(
            f"Content-Type: {response.content_type}\r\n"
            f"Content-Length: {len(response.body)}\r\n".encode()
        )
        parts.append(b"\r\n")
        if not head:
            parts.append(response.body)
    else:
        parts.append(b"\r\n")
    return b"".join(parts)


def plain(response: Response) -> bytes:
    """Return the bytes of the last answer on a connection that ends because of an error."""
    return encode(response, head=False, keep_alive=False, queue_time=0.0)
