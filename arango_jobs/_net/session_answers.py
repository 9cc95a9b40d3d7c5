"""Answers of urllib3, read within limits and refused where they may be cut off.

The standard library's client takes a head that the connection cut off for a
whole one: of a job's id half the digits may be left. A head that names a length
which then comes was whole; for the others it is looked whether the connection
still stands. (Not to be told: an answer without a body that announces the end
of the connection, and was cut off behind that announcement.)
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from urllib3.util.wait import wait_for_read

from arango_jobs.errors import ConnectionLostError, ResponseTooLargeError
from arango_jobs.operations import Response

__all__ = ["Answer", "read_answer"]

_PIECE = 1 << 16
# Up to here a body is read in one go.
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call, and the connection that it came on."""

    response: Response
    connection: int
    """Its number; where that cannot be seen, the newest one that was known before the call."""


def read_answer(raw: Any, url: str, limit: int) -> Response:
    """Return what `raw`, of which the head has been read, holds; `limit` in bytes of body."""
    headers = {name.lower(): value for name, value in raw.headers.items()}
    try:
        _check_head(raw)
        body = _body(raw, headers, limit)
    except BaseException:
        raw.close()
        raise
    raw.release_conn()
    return Response(raw.status, headers, body, url)


def _body(raw: Any, headers: dict[str, str], limit: int) -> bytes:
    if _length(headers) <= min(_SMALL, limit) and "content-encoding" not in headers:
        return bytes(raw.read())
    body = BytesIO()
    size = 0
    for part in raw.stream(_PIECE, decode_content=True):
        size += body.write(part)
        if size > limit:
            raise ResponseTooLargeError(f"the body of the answer is above {limit} bytes")
    return body.getvalue()


def _length(headers: dict[str, str]) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isdecimal() else _SMALL + 1


def _check_head(raw: Any) -> None:
    inner = getattr(raw, "_original_response", None)
    if not isinstance(inner, http.client.HTTPResponse):
        # Made by an adapter of the user's, not read from a connection.
        return
    if inner.length == 0:
        is_cut = _has_ended(getattr(raw.connection, "sock", None))
    else:
        is_cut = inner.length is None and not inner.chunked
    if is_cut:
        raise ConnectionLostError("the connection ended where the answer may have gone on")


def _has_ended(sock: Any) -> bool:
    """Whether the server has closed the connection already."""
    if sock is None or not wait_for_read(sock, 0.0):
        return False
    timeout = sock.gettimeout()
    sock.settimeout(0.0)
    try:
        return not sock.recv(1)
    except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(timeout)
