"""A request that names a job never goes out on a connection newer than its epoch."""

from __future__ import annotations

import socket

import pytest
from netpeer import (
    Listener,
    ManualClock,
    Peer,
    answer,
    connected_peer,
    exchange,
    outcomes,
    poll_until,
    send_all,
)  # fmt: skip

from arango_jobs._net.exchange import Answered, Connected, Exchanges, Failure, TransportEvent
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs.errors import ConnectionLostError, HostUnreachableError


def _bound(token: object, epoch: int) -> Exchanges:
    bound = exchange(token)
    bound.epoch = epoch
    return bound


def lose_connection(transport: PipelineTransport, listener: Listener) -> None:
    """Have the server close the first connection after an answer on it."""
    transport.send(exchange("first"))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer())
    poll_until(transport, 1, Answered)
    peer.sock.close()
    transport.poll(0)


def test_written_on_the_connection_it_knows(
    transport: PipelineTransport, listener: Listener
) -> None:
    """An epoch of one is good for the first connection."""
    transport.send(exchange("first"))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer())
    poll_until(transport, 1, Answered)
    transport.send(_bound("second", 1))
    transport.poll(0)
    peer.requests(1)
    peer.send(answer())
    (reply,) = poll_until(transport, 1, Answered)
    assert reply.exchanges[0].token == "second"


def test_refused_on_a_newer_connection(transport: PipelineTransport, listener: Listener) -> None:
    """The server may have restarted: not a byte of it is written, and others go on."""
    lose_connection(transport, listener)
    transport.send(_bound("fetch", 1))
    transport.send(exchange("identify"))
    events = poll_until(transport, 1, Failure)
    assert any(isinstance(event, Connected) for event in events)
    (failure,) = [event for event in events if isinstance(event, Failure)]
    assert failure.exchange.token == "fetch"
    assert failure.may_have_run is False
    assert isinstance(failure.error, ConnectionLostError)
    fresh = listener.accept()
    transport.poll(0)
    assert len(fresh.requests(1)) == 1
    assert not fresh.has_more()
    fresh.send(answer())
    assert outcomes(poll_until(transport, 1, Answered)) == {"identify": (200, b"{}")}


def test_many_are_refused_one_by_one(transport: PipelineTransport, listener: Listener) -> None:
    """Each that was sent in one piece hears of it once."""
    lose_connection(transport, listener)
    send_all(transport, [_bound(token, 1) for token in "abc"], together=True)
    events = poll_until(transport, 3, Failure)
    failures = [event for event in events if isinstance(event, Failure)]
    assert [(each.exchange.item, each.may_have_run) for each in failures] == [
        ("a", False),
        ("b", False),
        ("c", False),
    ]
    assert not listener.accept().has_more()


def test_answers_are_told_before_a_newer_connection(
    transport: PipelineTransport, listener: Listener
) -> None:
    """What the old connection has said was said by the server that was there before."""
    transport.send(exchange("slow", is_quick=False))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer(b"old"))
    fresh = socket.create_connection(("127.0.0.1", listener.port))
    fresh.setblocking(False)
    transport._quick[0]._dialed(fresh)
    kinds = [type(event) for event in transport.poll(0)]
    assert kinds == [Answered, Connected]


class TestServerThatKeepsNoConnection:
    """It closes each after an answer: connections go on with the number of the last."""

    @pytest.fixture(params=[b"Connection: close\r\n", b""])
    def announcement(self, request: pytest.FixtureRequest) -> bytes:
        """What it says of it in the answer."""
        found: bytes = request.param
        return found

    @pytest.fixture(autouse=True)
    def _told(self, transport: PipelineTransport, listener: Listener, announcement: bytes) -> None:
        for number in range(20):
            transport.send(exchange(number))
            events = self.one(transport, listener, announcement)
            kinds = [type(event) for event in events]
            assert kinds == ([Connected, Answered] if number < 16 else [Answered])

    def one(
        self, transport: PipelineTransport, listener: Listener, announcement: bytes
    ) -> list[TransportEvent]:
        """Answer the request that waits, and close."""
        peer, events = self.asked(transport, listener)
        peer.send(answer(extra=announcement))
        peer.sock.close()
        return events + poll_until(transport, 1, Answered)

    def asked(
        self, transport: PipelineTransport, listener: Listener
    ) -> tuple[Peer, list[TransportEvent]]:
        """Return the server's end of the next connection when it has read the request there."""
        events: list[TransportEvent] = []
        while not transport._quick[0].connections:
            events += transport.poll(0.01)
        peer = listener.accept()
        peer.requests(1)
        return peer, events

    def test_bound_request_is_sent(
        self, transport: PipelineTransport, listener: Listener, announcement: bytes
    ) -> None:
        """Else it never could be."""
        transport.send(_bound("fetch", 16))
        events = self.one(transport, listener, announcement)
        assert outcomes(events) == {"fetch": (200, b"{}")}

    @pytest.mark.parametrize("answers", [0, 1])
    def test_after_a_break(
        self, transport: PipelineTransport, listener: Listener, answers: int
    ) -> None:
        """The server may have restarted; in which order it had what broke is not known."""
        transport.send(exchange("first"))
        peer, _ = self.asked(transport, listener)
        if answers:
            peer.send(answer())
            poll_until(transport, 1, Answered)
            transport.send(exchange("second"))
            transport.poll(0)
            peer.requests(1)
        peer.reset()
        (failure,) = [e for e in poll_until(transport, 1, Failure) if isinstance(e, Failure)]
        assert (failure.may_have_run, failure.connection) == (True, 0)
        self.refused(transport)

    def test_after_a_refusal(self, transport: PipelineTransport) -> None:
        """It was not there for a moment."""
        transport._quick[0]._dialed(HostUnreachableError("refused"))
        self.refused(transport)

    def test_after_a_kept_one(self, transport: PipelineTransport, listener: Listener) -> None:
        """It does keep connections: this one was ended for once."""
        transport.send(exchange("first"))
        peer, _ = self.asked(transport, listener)
        peer.send(answer())
        poll_until(transport, 1, Answered)
        transport.send(exchange("second"))
        transport.poll(0)
        peer.requests(1)
        peer.send(answer(extra=b"Connection: close\r\n"))
        poll_until(transport, 1, Answered)
        self.refused(transport)

    def test_after_a_pause(
        self, transport: PipelineTransport, listener: Listener, clock: ManualClock
    ) -> None:
        """It has had time to restart unseen."""
        clock.now += 1.0
        self.refused(transport)

    def refused(self, transport: PipelineTransport) -> None:
        """Expect that a bound request is not sent, as there is a new connection."""
        transport.send(_bound("fetch", 16))
        events = poll_until(transport, 1, Failure)
        assert [type(event) for event in events] == [Connected, Failure]
        assert outcomes(events) == {"fetch": ("ConnectionLostError", False)}


class TestServerThatEndsConnections:
    """It ends each after five answers, and announces that in the last one."""

    def written_on_next(
        self, transport: PipelineTransport, listener: Listener, answers: int
    ) -> int:
        """Give so many answers on the next connection; return how many requests were written."""
        while not transport._quick[0].connections:
            transport.poll(0.01)
        peer = listener.accept()
        written = 0
        for left in reversed(range(answers)):
            while not written + peer.buffer.count(b"\r\n\r\n") > answers - left - 1:
                transport.poll(0)
                peer.has_more()
            written += len(peer.requests(peer.buffer.count(b"\r\n\r\n")))
            peer.send(answer(extra=b"" if left else b"Connection: close\r\n"))
            transport.poll(0)
        peer.has_more()
        written += peer.buffer.count(b"\r\n\r\n")
        peer.sock.close()
        return written

    def test_nothing_is_written_behind_the_last(
        self, transport: PipelineTransport, listener: Listener
    ) -> None:
        """What is written there is not looked at, and may cost answers that are on their way."""
        transport._quick[0].max_connections = 1
        send_all(transport, [exchange(number) for number in range(60)], together=True)
        assert self.written_on_next(transport, listener, 5) > 5
        assert [self.written_on_next(transport, listener, 5) for _ in range(4)] == [5] * 4

    def test_one_that_goes_on(self, transport: PipelineTransport, listener: Listener) -> None:
        """It is used for as long as it answers."""
        transport._quick[0].max_connections = 1
        send_all(transport, [exchange(number) for number in range(60)], together=True)
        self.written_on_next(transport, listener, 5)
        assert self.written_on_next(transport, listener, 20) >= 20

    def test_idle_connection_that_ended_without_a_word(
        self, transport: PipelineTransport, listener: Listener
    ) -> None:
        """It is noticed before a new one goes on with the number of those before."""
        for number in range(17):
            send_all(transport, [exchange(number), exchange(number)], together=False)
            while not transport._quick[0].connections:
                transport.poll(0.01)
            peer = listener.accept()
            for extra in (b"", b"Connection: close\r\n" if number < 16 else b""):
                transport.poll(0)
                peer.requests(1)
                peer.send(answer(extra=extra))
                poll_until(transport, 1, Answered)
            peer.sock.close()
        before = transport._shared.successions[0].number
        fresh = socket.create_connection(("127.0.0.1", listener.port))
        fresh.setblocking(False)
        transport._slow[0]._dialed(fresh)
        assert transport._shared.successions[0].number == before + 1
