"""Whatever answers, and however badly: what was written whole may have run."""

from __future__ import annotations

import pytest
from netpeer import (
    Listener,
    Peer,
    answer,
    connected_peer,
    deepen,
    exchange,
    outcomes,
    poll_until,
)
from unreadable import UNREADABLE, announced

from arango_jobs._net.exchange import Answered, Failure
from arango_jobs._net.pipeline import PipelineTransport

IN_DOUBT = ("NotHTTPError", True)
LOST = ("ConnectionLostError", True)
ANSWERED = (200, b"{}")


def ask(transport: PipelineTransport, count: int) -> None:
    for token in range(count):
        transport.send(exchange(token, method="POST", body=b"{}"))


def is_left_alone(transport: PipelineTransport, listener: Listener) -> bool:
    """Whether nothing is sent again."""
    return transport.poll(0) == [] and not listener.has_caller()


@pytest.mark.parametrize("says_close", [False, True], ids=["", "announced"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_at_first_contact(
    transport: PipelineTransport, listener: Listener, name: str, says_close: bool
) -> None:
    """The one that was written may have run; those behind it were never sent."""
    ask(transport, 3)
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(announced(UNREADABLE[name]) if says_close else UNREADABLE[name])
    events = poll_until(transport, 3, Failure)
    unsent = ("HostUnreachableError", False)
    assert outcomes(events) == {0: IN_DOUBT, 1: unsent, 2: unsent}
    assert is_left_alone(transport, listener)


@pytest.mark.parametrize("says_close", [False, True], ids=["", "announced"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_in_a_pipeline(
    transport: PipelineTransport, listener: Listener, name: str, says_close: bool
) -> None:
    """Where all were written, all but the answered one may have run."""
    peer = deepen(transport, listener, 4)
    ask(transport, 4)
    transport.poll(0)
    peer.requests(4)
    peer.send(answer(), announced(UNREADABLE[name]) if says_close else UNREADABLE[name])
    events = poll_until(transport, 4, (Answered, Failure))
    assert outcomes(events) == {0: ANSWERED, 1: IN_DOUBT, 2: LOST, 3: LOST}
    assert is_left_alone(transport, listener)
    assert "at most 1 deep" in transport.describe()


@pytest.mark.parametrize("name", UNREADABLE)
def test_byte_by_byte(transport: PipelineTransport, listener: Listener, name: str) -> None:
    """Wherever the network cuts it, it is the same."""
    ask(transport, 1)
    peer = connected_peer(transport, listener)
    peer.requests(1)
    events = []
    for byte in UNREADABLE[name]:
        peer.send(bytes((byte,)))
        events += transport.poll(0)
        if any(isinstance(event, Failure) for event in events):
            break
    else:
        # Some are seen to be none only when nothing follows.
        peer.close()
        events += poll_until(transport, 1, Failure)
    ((name, may_have_run),) = outcomes(events).values()
    assert (name in ("NotHTTPError", "ConnectionLostError"), may_have_run) == (True, True)
    assert is_left_alone(transport, listener)


SILENT_ENDS = {
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.0 without a length": b"HTTP/1.0 200 OK\r\n\r\n{}",
    "HTTP/1.0 that closes something else": b"HTTP/1.0 200 OK\r\nX-Connection: close\r\n"
    b"Content-Length: 2\r\n\r\n{}",
    "no length": b"HTTP/1.1 200 OK\r\n\r\n{}",
    "an option that only looks like it": b"HTTP/1.1 200 OK\r\nConnection: closed\r\n\r\n{}",
    "announced, and answered on": answer(extra=b"Connection: close\r\n") + answer(),
    "announced, and garbage behind": answer(extra=b"Connection: close\r\n") + b"\x00",
}
"""Answers that are the last of their connection, which does not say what became of the others."""
ANNOUNCED_ENDS = {
    "close": answer(extra=b"Connection: close\r\n"),
    "among others": answer(extra=b"Connection: foo, Close\r\n"),
    "on a second line": answer(extra=b"Connection: foo\r\nConnection: CLOSE\r\n"),
    "without a body": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "up to the end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
    "in chunks": b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
}


def pipelined(transport: PipelineTransport, listener: Listener) -> Peer:
    """Return a connection with four requests on it."""
    peer = deepen(transport, listener, 4)
    ask(transport, 4)
    transport.poll(0)
    peer.requests(4)
    return peer


@pytest.mark.parametrize("name", SILENT_ENDS)
def test_the_last_answer_unannounced(
    transport: PipelineTransport, listener: Listener, name: str
) -> None:
    """What was pipelined behind it may have run, and is not sent again."""
    peer = pipelined(transport, listener)
    peer.send(SILENT_ENDS[name])
    peer.close()
    events = poll_until(transport, 4, (Answered, Failure))
    assert outcomes(events) == {0: ANSWERED, 1: LOST, 2: LOST, 3: LOST}
    assert is_left_alone(transport, listener)
    assert "at most 1 deep" in transport.describe() or name.startswith("announced")


@pytest.mark.parametrize("name", ANNOUNCED_ENDS)
def test_the_last_answer_announced(
    transport: PipelineTransport, listener: Listener, name: str
) -> None:
    """What was pipelined behind it has not run (RFC 9112 §9.6): it is sent again."""
    peer = pipelined(transport, listener)
    peer.send(ANNOUNCED_ENDS[name])
    peer.close()
    events = poll_until(transport, 1, Answered)
    assert list(outcomes(events)) == [0]
    second = connected_peer(transport, listener)
    for token in range(1, 4):
        second.requests(1)
        second.send(answer())
        assert outcomes(poll_until(transport, 1, Answered)) == {token: ANSWERED}
