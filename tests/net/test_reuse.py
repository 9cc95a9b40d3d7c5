"""Servers that close a used connection without a word: nothing gets lost that may do harm."""

from __future__ import annotations

import pytest
from netpeer import Listener, ManualClock, Peer, answer, connected_peer, outcomes, poll_until

from arango_jobs._net.exchange import Answered, Exchanges, Failure
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.reuse import Reuse
from arango_jobs.operations import Template

ONCE = Template("POST", "/_api/document/c", is_once=True)
HARMLESS = Template("GET", "/_api/version")


def send(transport: PipelineTransport, *tokens: int, template: Template = ONCE) -> None:
    for token in tokens:
        transport.send(Exchanges(template, [""], [b""], 0, token, 60.0))


def served(
    transport: PipelineTransport, peer: Peer, method: bytes = b"POST"
) -> dict[object, object]:
    """Answer one request of `peer`; return what became of it."""
    (request,) = peer.requests(1)
    assert request.startswith(method)
    assert not peer.has_more()
    peer.send(answer())
    return outcomes(poll_until(transport, 1, Answered))


def test_untried(transport: PipelineTransport, listener: Listener) -> None:
    """Each that must not get lost has a connection to itself, until a used one has answered."""
    send(transport, 1, 2)
    first = connected_peer(transport, listener)
    assert served(transport, first) == {1: (200, b"{}")}
    second = listener.accept()
    assert served(transport, second) == {2: (200, b"{}")}
    assert not first.has_more()
    send(transport, 3, template=HARMLESS)
    transport.poll(0)
    assert served(transport, first, b"GET") == {3: (200, b"{}")}
    send(transport, *range(4, 10))
    transport.poll(0)
    assert first.has_more(), "it has proved that it is kept"


def lose(transport: PipelineTransport, listener: Listener, clock: ManualClock, how: str) -> None:
    """Let two harmless requests get lost on used connections, one after the other."""
    for once, harmless in ((1, 2), (11, 12)):
        send(transport, once)
        peer = connected_peer(transport, listener)
        served(transport, peer)
        clock.now += 0.1
        send(transport, harmless, template=HARMLESS)
        transport.poll(0)
        peer.requests(1)
        getattr(peer, how)()
        lost = outcomes(poll_until(transport, 1, Failure))
        assert lost == {harmless: ("ConnectionLostError", True)}


@pytest.mark.parametrize("how", ["close", "reset"])
def test_dropped(
    transport: PipelineTransport, listener: Listener, clock: ManualClock, how: str
) -> None:
    """After that everything has a connection to itself, for half a minute."""
    lose(transport, listener, clock, how)
    for token, template in ((3, ONCE), (4, HARMLESS), (5, ONCE)):
        send(transport, token, template=template)
        transport.poll(0)
        # Not told of as a new one: it was ourselves who closed the one before.
        peer = listener.accept()
        assert served(transport, peer, template.method.encode()) == {token: (200, b"{}")}
        assert peer.is_closed()
    clock.now += 31
    send(transport, 6)
    peer = connected_peer(transport, listener)
    served(transport, peer)
    send(transport, 7, template=HARMLESS)
    transport.poll(0)
    assert served(transport, peer, b"GET") == {7: (200, b"{}")}, "it is tried again"


def test_the_server_was_away() -> None:
    """A server that restarts ends its connections, too: that is no sign against it."""
    reuse = Reuse()
    reuse.broke(0.0, -1.0)
    reuse.broke(1.0, 0.5)
    assert reuse.is_dropped(1.0)
    reuse.was_away()
    assert not reuse.is_dropped(1.0)


def test_ends_that_come_together() -> None:
    """What was asked before the first of them counts as the same accident."""
    reuse = Reuse()
    reuse.broke(1.0, 0.5)
    reuse.broke(1.1, 0.9)
    assert not reuse.is_dropped(1.2)
    assert not reuse.is_kept
    reuse.broke(1.3, 1.2)
    assert reuse.is_dropped(1.4)


def test_longer_each_time() -> None:
    """A server that goes on so is avoided for longer and longer, up to ten minutes."""
    reuse, now = Reuse(), 0.0
    lasts = []
    for _ in range(7):
        reuse.broke(now, now - 1)
        reuse.broke(now, now + 0.001)
        lasts.append(next(n for n in range(2000) if not reuse.is_dropped(now + n)))
        now += 1000.0
    assert lasts == [30, 60, 120, 240, 480, 600, 600]


def test_what_does_no_harm(transport: PipelineTransport, listener: Listener) -> None:
    """Where nothing is sent that must not get lost, used connections serve at once."""
    send(transport, *range(3), template=HARMLESS)
    peer = connected_peer(transport, listener)
    assert served(transport, peer, b"GET") == {0: (200, b"{}")}
    assert len(peer.requests(2)) == 2
