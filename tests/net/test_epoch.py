"""A request that names a job never goes out on a connection newer than its epoch."""

from __future__ import annotations

import socket

from netpeer import Listener, answer, connected_peer, exchange, outcomes, poll_until

from arango_jobs._net.exchange import Connected, Exchange, Failure
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs.errors import ConnectionLostError


def _bound(token: object, epoch: int) -> Exchange:
    bound = exchange(token)
    bound.epoch = epoch
    return bound


def test_written_on_the_connection_it_knows(
    transport: PipelineTransport, listener: Listener
) -> None:
    """An epoch of one is good for the first connection."""
    transport.send(exchange("first"))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer())
    poll_until(transport, 1, Exchange)
    transport.send(_bound("second", 1))
    transport.poll(0)
    peer.requests(1)
    peer.send(answer())
    (reply,) = poll_until(transport, 1, Exchange)
    assert reply.token == "second"


def test_refused_on_a_newer_connection(transport: PipelineTransport, listener: Listener) -> None:
    """The server may have restarted: not a byte of it is written, and others go on."""
    transport.send(exchange("first"))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer())
    poll_until(transport, 1, Exchange)
    peer.sock.close()
    transport.poll(0)
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
    assert outcomes(poll_until(transport, 1, Exchange)) == {"identify": (200, b"{}")}


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
    assert kinds == [Exchange, Connected]
