"""Answers that never end: each is refused, or ends with the time limit of its request."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator

import pytest
from netpeer import Listener, ManualClock, answer, closing, connected_peer, exchange, outcomes

from arango_jobs._net.careful import CarefulReader
from arango_jobs._net.connection import Connection
from arango_jobs._net.exchange import Answered, Connected, Failure, TransportEvent
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.responses import Outcome, ResponseReader
from arango_jobs.errors import NotHTTPError, RequestTimeoutError, TransportError
from arango_jobs.errors import ResponseTooLargeError as TooLarge

MAX_HEAD = 6_000
MAX_BODY = 6_000
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# What comes first, what comes again and again, and the error that ends it.
ENDLESS = {
    "100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", NotHTTPError),
    "102": (b"", b"HTTP/1.1 102 Processing\r\n\r\n", NotHTTPError),
    "103": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", NotHTTPError),
    "100, large": (b"", b"HTTP/1.1 100 C\r\nA: %b\r\n\r\n" % (b"a" * 900), TransportError),
    "interim, one line": (b"HTTP/1.1 100 Continue\r\nA: ", b"aaaa", TooLarge),
    "reason": (b"HTTP/1.1 200 ", b"OK", TooLarge),
    "header line": (HEAD + b"A: ", b"aaaa", TooLarge),
    "header lines": (HEAD, b"A: b\r\n", TooLarge),
    "chunk extension": (CHUNKED + b"1", b";a=b", TooLarge),
    "chunk extensions": (CHUNKED, b"1;%b\r\nx\r\n" % (b"a" * 90), TooLarge),
    "trailer line": (CHUNKED + b"1\r\nx\r\n0\r\nA: ", b"aaaa", TooLarge),
    "trailer lines": (CHUNKED + b"1\r\nx\r\n0\r\n", b"A: b\r\n", TooLarge),
    "chunks of one byte": (CHUNKED, b"1\r\nx\r\n", TooLarge),
    "body to the end": (HEAD + b"\r\n", b"x", TooLarge),
}  # fmt: skip


def stream(first: bytes, again: bytes, size: int) -> Iterator[bytes]:
    """Give `first` and then `again` for ever, in pieces of `size` bytes."""
    rest = itertools.chain(first, itertools.cycle(again))
    while True:
        yield bytes(itertools.islice(rest, size))


@pytest.mark.parametrize("size", [1, 1000, 65536])
@pytest.mark.parametrize("kind", ENDLESS)
def test_every_endless_answer_is_refused(kind: str, size: int) -> None:
    """After as many bytes as the limits say, whatever the pieces are."""
    first, again, expected = ENDLESS[kind]
    fast = ResponseReader(max_head=MAX_HEAD, max_body=MAX_BODY)
    careful = CarefulReader(is_head=False, max_head=MAX_HEAD, max_body=MAX_BODY)
    for reader in (fast, careful):
        fed, out = 0, list[Outcome]()
        error = None
        for piece in stream(first, again, size):
            assert fed < 2 * MAX_HEAD + 9 * MAX_BODY + 2 * size
            try:
                reader.feed(piece, out)
            except TransportError as refusal:
                error = refusal
                break
            fed += len(piece)
        assert isinstance(error, expected)
        assert out == []


@pytest.mark.parametrize("size", [1, 1000])
def test_interim_answers_are_counted_for_each_final_one(size: int) -> None:
    """A long-lived connection may carry any number of them altogether."""
    one = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 60 + answer()
    reader, out = ResponseReader(max_head=MAX_HEAD, max_body=MAX_BODY), list[Outcome]()
    data = one * 5
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size], out)
    assert sum(len(each.bodies) for each in out if isinstance(each, Answered)) == 5
    assert reader.is_between


class Flood:
    """A socket on which there is always more to read."""

    def __init__(self) -> None:
        self.given = 0

    def recv_into(self, view: memoryview) -> int:
        self.given += len(view)
        return len(view)

    def send(self, data: bytes) -> int:
        return len(data)


def test_reading_stops_where_there_is_always_more() -> None:
    """The clock and the other connections have their turn after a few reads."""
    flood = Flood()
    reader = ResponseReader(max_head=1 << 20, max_body=1 << 40)
    reader.feed(HEAD + b"Content-Length: 1000000000\r\n\r\n", [])
    connection = Connection(flood, reader, "http://a")  # type: ignore[arg-type]  # enough of one
    whole = exchange(1)
    whole.heads, whole.size = (b"GET",), 3
    connection.start([whole])
    events: list[TransportEvent] = []
    assert connection.receive(memoryview(bytearray(1 << 18)), events)
    assert (connection.has_more, events) == (True, [])
    assert flood.given <= 2 << 20


@pytest.mark.parametrize("kind", ["interim", "body", "chunks"])
def test_a_flood_holds_up_nobody_else(kind: str, clock: ManualClock) -> None:
    """Another host's answer comes meanwhile, and the flooded request ends in its time."""
    flooded, calm = Listener(), Listener()
    first, again = {
        "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "body": (HEAD + b"Content-Length: 900000000\r\n\r\n", b"x" * 64),
        "chunks": (CHUNKED, b"40\r\n" + b"x" * 64 + b"\r\n"),
    }[kind]
    transport = PipelineTransport([flooded.url, calm.url], clock=clock)
    with closing(transport), contextlib.closing(flooded), contextlib.closing(calm):
        transport.send(exchange("flooded", timeout=2))
        peer = connected_peer(transport, flooded)
        peer.send(first)
        stop = threading.Event()
        thread = threading.Thread(target=_pour, args=(peer.sock, again * 5000, stop))
        thread.start()
        quick = exchange("calm")
        quick.host = 1
        transport.send(quick)
        events = list[TransportEvent]()
        while not any(isinstance(event, Connected) for event in events):
            events += transport.poll(0.1)
        calm.accept().send(answer(b"1"))
        while not any(isinstance(event, Answered) for event in events):
            events += transport.poll(0.1)
        clock.now += 2
        while not any(isinstance(event, Failure) for event in events):
            events += transport.poll(0.1)
        stop.set()
    thread.join(10)
    assert not thread.is_alive()
    found = outcomes(events)
    assert found["calm"] == (200, b"1")
    # Too many interim answers are no HTTP, if they are read in time.
    allowed = {"RequestTimeoutError"} | ({"NotHTTPError"} if kind == "interim" else set())
    assert found["flooded"] in {(name, True) for name in allowed}


def _pour(sock: socket.socket, piece: bytes, stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not stop.is_set():
            sock.sendall(piece)


@pytest.mark.parametrize("drop", [b"", HEAD + b"A", HEAD + b"Content-Length: 9\r\n\r\na"])
def test_one_byte_at_a_time_does_not_prolong_the_limit(
    drop: bytes, clock: ManualClock, listener: Listener, transport: PipelineTransport
) -> None:
    """The limit is for the whole answer, and the error names the option."""
    transport.send(exchange(1, timeout=2))
    peer = connected_peer(transport, listener)
    peer.send(drop)
    clock.now += 1.9
    assert transport.poll(0.01) == []
    peer.send(b"HTTP/1.1 103 E\r\n" if not drop else b"1")
    clock.now += 0.1
    (failure,) = transport.poll(0.01)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, RequestTimeoutError)
    assert "within 2 s (request_timeout)" in str(failure.error)
