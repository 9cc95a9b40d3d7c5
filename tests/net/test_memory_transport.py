"""The transport in memory does what a test says, and nothing else."""

from __future__ import annotations

import pytest
from netpeer import exchange, outcomes

from arango_jobs._net.exchange import Answered, Connected, Exchanges, Failure, TransportEvent
from arango_jobs.errors import HostUnreachableError
from arango_jobs.operations import Response
from arango_jobs.testing.memory_transport import MemoryTransport


def test_answers_in_any_order() -> None:
    """The oldest exchange is answered, unless the test names one."""
    transport = MemoryTransport()
    first, second, third = (exchange(token) for token in range(3))
    for each in (first, second, third):
        transport.send(each)
    assert transport.poll(None) == []
    assert transport.answer(201, b"third", to=third) is third
    assert transport.answer(200, b"first", headers={"a": "b"}) is first
    transport.fail(HostUnreachableError("down"), may_have_run=False)
    transport.connect(0)
    events = transport.poll(5)
    assert outcomes(events) == {
        2: (201, b"third"),
        0: (200, b"first"),
        1: ("HostUnreachableError", False),
    }
    assert [type(event) for event in events] == [Answered, Answered, Failure, Connected]
    assert transport.polls == [None, 5]
    assert transport.sent == [first, second, third]


def test_responder() -> None:
    """A responder is asked once about each exchange; `None` leaves it to the test."""
    asked: list[object] = []

    def respond(item: Exchanges) -> Response | TransportEvent | None:
        asked.append(item.token)
        return Response(204) if item.token == 1 else None

    transport = MemoryTransport(respond)
    transport.send(exchange(1))
    transport.send(exchange(2))
    assert outcomes(transport.poll(0)) == {1: (204, b"")}
    assert transport.poll(0) == []
    assert asked == [1, 2]
    transport.answer(200)
    assert outcomes(transport.poll(0)) == {2: (200, b"")}


def test_close_ends_what_waits() -> None:
    """As a connection that broke after everything was written."""
    transport = MemoryTransport()
    transport.send(exchange(1))
    transport.wake()
    assert outcomes(transport.close()) == {1: ("ConnectionLostError", True)}
    assert (transport.wakes, transport.is_closed) == (1, True)
    with pytest.raises(IndexError):
        transport.answer()
