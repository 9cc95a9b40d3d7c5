"""One connection: reads requests, answers them in order, and carries out faults on the wire.

uvicorn's connection with its own way from a parsed request to an answer: no task and no channel for
each request, so that thousands of pipelined ones a second are possible, and refusals in ArangoDB's
words (server-protocol.md §8.2, §10.2).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from functools import partial

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from arango_jobs.local.coordinator import Coordinator
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Request, Response
from arango_jobs.local.net.wire import encode, plain

__all__ = ["ArangoProtocol", "Gate"]

_logger = logging.getLogger("arango_jobs.local")
_SILENT = logging.Logger("arango_jobs.local.connection", logging.CRITICAL + 1)

MAX_URL = 16 * 1024
MAX_HEADERS = 1024 * 1024
# Answered, not yet written or not yet answered requests of one connection, before reading pauses.
_MAX_WAITING = 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class _Refused(Exception):  # noqa: N818 - not an error of this program
    """The request cannot be taken; `response` says why, and the connection ends."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class _Exchange:
    """A request and, once it is there, its answer."""

    __slots__ = ("keep_alive", "request", "response", "started")

    def __init__(self, request: Request, keep_alive: bool) -> None:
        self.request = request
        self.keep_alive = keep_alive
        self.response: Response | None = None
        self.started = False


class Gate:
    """What the connections of one listener share."""

    def __init__(self, coordinator: Coordinator) -> None:
        self.coordinator = coordinator
        self.state = ServerState()
        self.closed = False

    def cut(self) -> None:
        """Close all connections at once."""
        for connection in list(self.state.connections):
            connection.shutdown()


class ArangoProtocol(HttpToolsProtocol):
    """A connection to the Coordinator behind `gate`."""

    def __init__(self, config: Config, gate: Gate) -> None:
        super().__init__(config, gate.state, {})
        # uvicorn's messages belong to the program's own servers.
        self.logger = _SILENT
        self._gate = gate
        self._coordinator = gate.coordinator
        self._max_body = self._coordinator.deployment.options.max_body
        self._waiting: deque[_Exchange] = deque()
        self._url = b""
        self._names: dict[str, str] = {}
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._output: list[bytes] = []
        self._reading = False
        self._busy = False
        self._ending = False

    # from the socket

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; a server that has closed meanwhile ends it at once."""
        super().connection_made(transport)
        if self._gate.closed:
            self.shutdown()

    def data_received(self, data: bytes) -> None:
        """Take bytes; everything answered meanwhile goes out in one write."""
        self._unset_keepalive_if_required()
        if self._ending:
            return
        self._reading = True
        try:
            self._feed(data)
        except _Refused as refused:
            self._refuse(refused.response)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, _Refused):
                _logger.error("cannot take a request", exc_info=cause)
            self._refuse(
                cause.response if isinstance(cause, _Refused) else _error(500, "internal error")
            )
        except httptools.HttpParserError as error:
            self._refuse(_error(400, f"invalid HTTP request: {error}"))
        finally:
            self._reading = False
            self._flush()
        if len(self._waiting) > _MAX_WAITING:
            self.flow.pause_reading()

    def _feed(self, data: bytes) -> None:
        """Parse; an offer to upgrade is declined by going on with HTTP/1.1."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
            else:
                return

    def eof_received(self) -> None:
        """Let asyncio close the connection."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was asked; the work goes on (server-protocol.md §10.2)."""
        self._ending = True
        self._waiting.clear()
        self._output.clear()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close at once: the server goes away."""
        self._ending = True
        self.transport.abort()

    # from the parser

    def on_message_begin(self) -> None:
        """Start a request."""
        self._url = b""
        self._names = {}
        self._header_bytes = 0
        self._body = []
        self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the URL."""
        self._url += url
        if len(self._url) > MAX_URL:
            raise _Refused(_error(414, "URI too long"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADERS:
            raise _Refused(_error(431, "request header fields too large"))
        self._names[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Refuse what will not be read."""
        if "chunked" in self._names.get("transfer-encoding", "").lower():
            raise _Refused(_error(501, "chunked request bodies are not supported"))
        length = self._names.get("content-length", "0")
        if length.isdecimal() and int(length) > self._max_body:
            raise _Refused(Response(413))
        if self._names.get("expect", "").lower() == "100-continue" and not self._waiting:
            self.transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > self._max_body:
            raise _Refused(Response(413))

    def on_message_complete(self) -> None:
        """Take the request into the line."""
        request = Request(
            self.parser.get_method().decode("ascii"),
            self._url.decode("latin-1"),
            self._names,
            self._body[0] if len(self._body) == 1 else b"".join(self._body),
        )
        self._waiting.append(_Exchange(request, self.parser.should_keep_alive()))
        self._step()

    # in order, one at a time

    def _step(self) -> None:
        """Start the first request in line; write answers that are there."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting and not self._ending:
                exchange = self._waiting[0]
                if not exchange.started:
                    exchange.started = True
                    self._coordinator.dispatch(exchange.request, partial(self._answered, exchange))
                if exchange.response is None:
                    return
                self._waiting.popleft()
                self._write(exchange, exchange.response)
        finally:
            self._busy = False

    def _answered(self, exchange: _Exchange, response: Response) -> None:
        exchange.response = response
        if not self._busy and not self._ending:
            self._step()
            if not self._reading:
                self._flush()

    def _write(self, exchange: _Exchange, response: Response) -> None:
        self.server_state.total_requests += 1
        if response.mishap is not None and self._misbehave(exchange, response):
            return
        self._output.append(
            encode(
                response,
                head=exchange.request.method == "HEAD",
                keep_alive=exchange.keep_alive,
                queue_time=self._coordinator.queue_time,
            )
        )
        if not exchange.keep_alive:
            self._end()

    def _misbehave(self, exchange: _Exchange, response: Response) -> bool:
        """Do what a fault asks for; return whether that was all."""
        mishap = response.mishap
        if mishap in ("hang", "hang_after"):
            # Whoever comes next on this connection waits behind it, as behind a stuck server.
            self._waiting.appendleft(_Exchange(exchange.request, True))
            self._waiting[0].started = True
            return True
        if mishap == "garbage":
            self._output.append(response.garbage)
        elif mishap == "truncate":
            whole = encode(response, head=False, keep_alive=True, queue_time=0.0)
            self._output.append(whole[: len(whole) - max(1, len(response.body) // 2 + 1)])
        elif mishap == "refuse":
            self._reset()
            return True
        self._end()
        return True

    def _reset(self) -> None:
        """Make the kernel send RST instead of an orderly end."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._ending = True
        self._output.clear()
        self.transport.abort()

    def _refuse(self, response: Response) -> None:
        if not self._waiting:
            self._output.append(plain(response))
            self._end()
            return
        # Answers before it come first.
        last = _Exchange(Request("GET", "/"), keep_alive=False)
        last.started, last.response = True, response
        self._waiting.append(last)

    def _end(self) -> None:
        self._ending = True
        self._waiting.clear()

    def _flush(self) -> None:
        if self._output and not self.transport.is_closing():
            data = self._output[0] if len(self._output) == 1 else b"".join(self._output)
            self.transport.write(data)
        self._output.clear()
        if self._ending:
            if not self.transport.is_closing():
                self.transport.close()
        elif not self._waiting:
            self.flow.resume_reading()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        elif len(self._waiting) < _MAX_WAITING // 2:
            self.flow.resume_reading()


def _error(status: int, message: str) -> Response:
    return Response.error(ArangoError(status, message, status))
