"""Responses of any form, read by llhttp (through httptools).

This is the judge of what is HTTP. The reader in `responses.py` hands over
whatever does not have the usual form. Knows bytes only, no sockets.
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from arango_jobs._net.coding import decoded
from arango_jobs._net.exchange import Answered
from arango_jobs.errors import (
    ConnectionLostError,
    NotHTTPError,
    ResponseTooLargeError,
    TransportError,
)
from arango_jobs.operations import JOB_ID

__all__ = ["CarefulReader", "Outcome"]

Outcome = Answered | TransportError
_PROTOCOL: Final = b"HTTP/"
_NO_BODY: Final = frozenset({204, 304})
_SHOWN_BYTES: Final = 24
_SWITCHING: Final = 101
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_MAX_INTERIM: Final = 100
"""Interim answers (1xx) before one final answer: servers send a few, an attacker sends millions."""
_BYTES_AROUND: Final = 8
"""Bytes of framing for each byte of a body: chunks of one byte have five."""


class CarefulReader:
    """Reads responses of one connection, from the first byte of one to the end of another.

    `is_idle`: it stands between two responses, so that another reader may go on. An interim
    response belongs to the final one behind it.
    `is_followed`: bytes came behind the last response of the connection.
    """

    def __init__(self, *, is_head: bool, max_head: int, max_body: int) -> None:
        self.is_idle = True
        self.is_followed = False
        self._ends = False
        self._says_close = False
        self._is_head = is_head
        self._max_head = max_head
        self._max_body = max_body
        self._parser = HttpResponseParser(self)
        self._out: list[Outcome] = []
        self._finished = 0
        self._fed = 0
        self._interim = 0
        self._is_after_interim = False
        self._start()

    @property
    def is_last(self) -> bool:
        """Whether the last response of the connection is complete."""
        return self._ends and self.is_idle

    @property
    def is_announced(self) -> bool:
        """Whether the server said that this response is the last, and kept to it.

        An HTTP/1.0 response, and one whose body goes on to the end of the connection, are the
        last ones too; but there the server has not said what it did with further requests.
        """
        return self.is_last and self._says_close and not self.is_followed

    def _start(self) -> None:
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._in_body = False

    def feed(self, data: bytes, out: list[Outcome]) -> None:
        """Read `data`, append what is complete to `out`; `TransportError` where it is no HTTP."""
        self._out = out
        finished = self._finished
        # Only what stands where a status line should is shown: later bytes may be a document's.
        start = data[:_SHOWN_BYTES] if self.is_idle or self._is_after_interim else b""
        if not _PROTOCOL.startswith(start[: len(_PROTOCOL)].lstrip(b"\r\n")) and not self.is_last:
            # llhttp reads RTSP and ICE, too.
            raise NotHTTPError(f"the answer is no HTTP: it begins with {start!r}")
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise NotHTTPError("the server switched to another protocol, unasked") from None
        except HttpParserError as error:
            if self.is_last:
                self.is_followed = True
                return
            if isinstance(error.__context__, TransportError):
                raise error.__context__ from None
            shown = f"; it begins with {start!r}" if start else ""
            raise NotHTTPError(f"the answer is no HTTP: {error}{shown}") from None
        if self._finished == finished:
            self._count_frame(len(data))

    def at_eof(self, out: list[Outcome]) -> None:
        """Complete a response whose end is the end of the connection; else `TransportError`."""
        if self.is_idle:
            return
        names = {name for name, _ in self._headers}
        if not self._in_body or not names.isdisjoint(("content-length", "transfer-encoding")):
            raise ConnectionLostError("the connection ended within a response")
        self._out = out
        self._ends = True
        self._finish()

    def _count_frame(self, size: int) -> None:
        """Limit what comes around a body: heads, interim responses, chunk extensions, trailers."""
        # Lines that are not complete have not come out of the parser yet, so all that came counts.
        self._fed += size
        limit = self._max_head
        if self._fed - self._size > limit + _BYTES_AROUND * self._size:
            what = "framing around the body" if self._in_body else "head"
            raise ResponseTooLargeError(f"the {what} of the answer is above {limit} bytes")

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        """Start a response."""
        self._start()
        self.is_idle = self._is_after_interim = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header line; those after a chunked body are let go."""
        if not self._in_body:
            text = value.decode("latin-1").strip(" \t")
            self._headers.append((name.decode("latin-1").lower(), text))

    def on_headers_complete(self) -> None:
        """End the head: refuse what will be too large, end what has no body."""
        self._in_body = True
        status, version = self._parser.get_status_code(), self._parser.get_http_version()
        self._check_start(status, version)
        if status < 200:
            return
        options = _options(self._headers)
        self._says_close = "close" in options
        self._ends = self._ends or not self._keeps_alive(status, version, options)
        if self._is_head:
            self._finish()

    def _check_start(self, status: int, version: str) -> None:
        # llhttp takes all of these. An interim response is skipped, so the next one would be
        # taken for the answer to this request.
        if version not in _VERSIONS:
            raise NotHTTPError(f"the answer is no HTTP/1: its version is {version}")
        if status < 100:
            raise NotHTTPError(f"the answer is no HTTP: its status is {status}")
        if status == _SWITCHING:
            raise NotHTTPError("the server switched to another protocol, unasked")

    def _keeps_alive(self, status: int, version: str, options: set[str]) -> bool:
        # llhttp knows no HEAD, and takes a missing length for a body up to the end.
        if self._is_head or status in _NO_BODY:
            return "keep-alive" in options if version == "1.0" else "close" not in options
        return self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """Take a piece of a body."""
        if self._is_head:
            self._ends = True
            return
        self._size += len(data)
        if self._size > self._max_body:
            raise ResponseTooLargeError(f"the body of the answer is above {self._max_body} bytes")
        self._body.append(data)

    def on_message_complete(self) -> None:
        """End a response; interim ones (1xx) are let go."""
        if self._is_head and self.is_idle:
            return
        if self._parser.get_status_code() < 200:
            self._in_body = False
            self._is_after_interim = True
            self._interim += 1
            if self._interim > _MAX_INTERIM:
                raise NotHTTPError(f"more than {_MAX_INTERIM} interim answers (1xx) came")
            return
        self._finish()

    def _finish(self) -> None:
        self.is_idle = True
        self._finished += 1
        self._fed = self._interim = 0
        headers = _joined(self._headers)
        body = b"".join(self._body)
        try:
            body = decoded(body, headers.get("content-encoding", ""), self._max_body)
        except TransportError as error:
            # The framing is sound: only this answer is spoilt.
            self._out.append(error)
            return
        answered = Answered(self._parser.get_status_code(), headers)
        answered.add(body, headers.get(JOB_ID))
        self._out.append(answered)


def _options(lines: list[tuple[str, str]]) -> set[str]:
    """Return the connection options of a head (RFC 9110 §7.6.1)."""
    return {
        option.strip(" \t").lower()
        for name, value in lines
        if name == "connection"
        for option in value.split(",")
    }


def _joined(lines: list[tuple[str, str]]) -> dict[str, str]:
    """Return headers as a dict; the values of a repeated one become a list (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for name, value in lines:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
