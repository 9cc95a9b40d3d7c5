"""Where a connection may break, and what is then known of each request on it."""

from __future__ import annotations

import socket

import pytest
from netpeer import (
    Listener,
    ManualClock,
    Peer,
    answer,
    closing,
    connected_peer,
    deepen,
    exchange,
    outcomes,
    poll_until,
)

from arango_jobs._net.exchange import Answered, Connected, Failure
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.settings import NetSettings

BIG = b"x" * (24 << 20)
"""More than the kernel keeps for a reader that does not read."""


def test_refused(clock: ManualClock) -> None:
    """Nobody listens: nothing was sent, and all that is queued is told so."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with closing(PipelineTransport([f"http://127.0.0.1:{port}"], clock=clock)) as transport:
        for token in (1, 2):
            transport.send(exchange(token, method="POST", body=b"{}"))
        events = poll_until(transport, 2)
        assert outcomes(events) == dict.fromkeys((1, 2), ("HostUnreachableError", False))
        assert f"127.0.0.1:{port}" in str(events[0].error)  # type: ignore[union-attr]
        assert transport.poll(0) == [], "nothing queued: nobody is called again"
        transport.send(exchange(3))
        assert outcomes(poll_until(transport, 1)) == {3: ("HostUnreachableError", False)}


def test_unknown_name(clock: ManualClock) -> None:
    """A name that does not resolve: nothing was sent."""
    with closing(PipelineTransport(["http://nowhere.invalid:1"], clock=clock)) as transport:
        transport.send(exchange(1))
        events = []
        while not events:
            events = transport.poll(10)
        assert outcomes(events) == {1: ("HostUnreachableError", False)}


@pytest.mark.parametrize("how", ["close", "reset"])
def test_break_after_request(transport: PipelineTransport, listener: Listener, how: str) -> None:
    """The whole request was handed over and no answer came: it may have run."""
    transport.send(exchange(1, method="POST", body=b"{}"))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    getattr(peer, how)()
    assert outcomes(poll_until(transport, 1)) == {1: ("ConnectionLostError", True)}


@pytest.mark.parametrize("part", [b"H", b"HTTP/1.1 200 OK\r\n", answer(b"12345")[:-1]])
def test_break_within_answer(transport: PipelineTransport, listener: Listener, part: bytes) -> None:
    """A cut answer is none: it may have run."""
    transport.send(exchange(1))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(part)
    peer.close()
    assert outcomes(poll_until(transport, 1, Failure)) == {1: ("ConnectionLostError", True)}


def test_break_in_pipeline(transport: PipelineTransport, listener: Listener) -> None:
    """Answered, in doubt and never written are told apart; the last go another way."""
    peer = deepen(transport, listener, 4)
    for token in range(6):
        transport.send(exchange(token, method="POST", body=b"%d" % token))
    transport.poll(0)
    peer.requests(4)
    peer.send(answer(b"first"))
    peer.close()
    events = poll_until(transport, 4, (Answered, Failure))
    lost = ("ConnectionLostError", True)
    assert outcomes(events) == {0: (200, b"first"), 1: lost, 2: lost, 3: lost}
    failures = [each for each in events if isinstance(each, Failure)]
    order = [(each.exchange.token, each.connection) for each in failures]
    assert order == [(1, 1), (2, 1), (3, 1)], "in the order in which they were written"
    second = connected_peer(transport, listener)
    assert second.requests(1)[0].endswith(b"4"), "a new connection begins with one"
    second.send(answer(b"fifth"))
    events = poll_until(transport, 1, Answered)
    assert second.requests(1)[0].endswith(b"5")
    second.send(answer(b"sixth"))
    assert outcomes(events + poll_until(transport, 1)) == {4: (200, b"fifth"), 5: (200, b"sixth")}


def test_idle_connection_closed(
    transport: PipelineTransport, listener: Listener, clock: ManualClock
) -> None:
    """The server closed while nothing was asked: the next request goes over a new connection."""
    peer = deepen(transport, listener, 2)
    peer.close()
    clock.now += 300
    transport.send(exchange(1, method="POST", body=b"{}"))
    second = connected_peer(transport, listener)
    second.requests(1)
    second.send(answer())
    assert outcomes(poll_until(transport, 1)) == {1: (200, b"{}")}


def test_idle_connection_speaks(
    transport: PipelineTransport, listener: Listener, clock: ManualClock
) -> None:
    """What an idle connection says unasked (a proxy's 408) is taken for no answer."""
    peer = deepen(transport, listener, 2)
    peer.send(answer(b"late", "408 Request Timeout"))
    clock.now += 300
    transport.send(exchange(1))
    second = connected_peer(transport, listener)
    second.requests(1)
    second.send(answer(b"mine"))
    assert outcomes(poll_until(transport, 1)) == {1: (200, b"mine")}


def test_partly_written_is_sent_again(clock: ManualClock) -> None:
    """A request of which bytes are missing cannot have run: it goes another way, thrice at most."""
    listener = Listener(receive_buffer=4096)
    with closing(PipelineTransport([listener.url], clock=clock)) as transport:
        transport.send(exchange(1, method="POST", body=BIG))
        for _ in range(3):
            peer = connected_peer(transport, listener)
            peer.reset()
        assert outcomes(poll_until(transport, 1)) == {1: ("ConnectionLostError", False)}
    listener.close()


def test_partly_written_is_refused(clock: ManualClock) -> None:
    """An answer that comes before the body was written counts; the connection is of no use then."""
    listener = Listener(receive_buffer=4096)
    with closing(PipelineTransport([listener.url], clock=clock)) as transport:
        transport.send(exchange(1, method="POST", body=BIG))
        transport.send(exchange(2))
        peer = connected_peer(transport, listener)
        peer.send(answer(b"", "413 Payload Too Large"))
        events = poll_until(transport, 1, Answered)
        second = connected_peer(transport, listener)
        second.requests(1)
        second.send(answer())
        events += poll_until(transport, 1, Answered)
        assert outcomes(events) == {1: (413, b""), 2: (200, b"{}")}
    listener.close()


def test_refusal_before_reset(clock: ManualClock) -> None:
    """A refusal that came before the connection broke under the rest of the body counts."""
    listener = Listener(receive_buffer=4096)
    with closing(PipelineTransport([listener.url], clock=clock)) as transport:
        transport.send(exchange(1, method="POST", body=BIG))
        peer = connected_peer(transport, listener)
        peer.send(answer(b"", "413 Payload Too Large"))
        peer.reset()
        assert outcomes(poll_until(transport, 1, (Answered, Failure))) == {1: (413, b"")}
    listener.close()


def test_large_body_arrives(clock: ManualClock) -> None:
    """A body larger than the kernel's buffers is written as the server reads."""
    listener = Listener()
    with closing(PipelineTransport([listener.url], clock=clock)) as transport:
        transport.send(exchange(1, method="POST", body=BIG))
        peer = connected_peer(transport, listener)
        peer.sock.setblocking(False)
        received = bytearray()
        while len(received) < len(BIG):
            transport.poll(0)
            try:
                received += peer.sock.recv(1 << 20)
            except BlockingIOError:
                continue
        assert received.endswith(b"\r\n\r\n" + BIG)
        peer.sock.setblocking(True)
        peer.send(answer())
        assert outcomes(poll_until(transport, 1)) == {1: (200, b"{}")}
    listener.close()


def announced(transport: PipelineTransport, listener: Listener, count: int) -> Peer:
    """Send `count` requests, of which four are written; answer the first as the last one."""
    peer = deepen(transport, listener, 4)
    for token in range(count):
        transport.send(exchange(token, method="POST", body=b"%d" % token))
    transport.poll(0)
    peer.requests(4)
    peer.send(answer(b"0", extra=b"Connection: close\r\n"))
    return peer


def test_announced_end(transport: PipelineTransport, listener: Listener) -> None:
    """What was written behind an answer with `Connection: close` is not looked at: sent again."""
    peer = announced(transport, listener, 6)
    events = poll_until(transport, 1, Answered)
    assert peer.is_closed()
    second = connected_peer(transport, listener)
    for bodies in ((b"1",), (b"2", b"3"), (b"4",)):
        requests = second.requests(len(bodies))
        assert [request[-1:] for request in requests] == list(bodies), "in their order"
        second.send(*map(answer, bodies))
        events += poll_until(transport, len(bodies), Answered)
    # The first one took four: nothing is written behind the fourth on the second.
    third = listener.accept()
    assert third.requests(1)[0].endswith(b"5")
    third.send(answer(b"5"))
    events += poll_until(transport, 1, Answered)
    assert outcomes(events) == {token: (200, b"%d" % token) for token in range(6)}


def test_announced_end_that_resets(transport: PipelineTransport, listener: Listener) -> None:
    """A server that closes with requests unread resets, whatever it has said before."""
    peer = announced(transport, listener, 4)
    peer.reset()
    events = poll_until(transport, 1, Answered)
    second = connected_peer(transport, listener)
    for body in (b"1", b"2", b"3"):
        assert second.requests(1)[0].endswith(body)
        second.send(answer(body))
        events += poll_until(transport, 1, Answered)
    assert outcomes(events) == {token: (200, b"%d" % token) for token in range(4)}


def test_timeout(transport: PipelineTransport, listener: Listener, clock: ManualClock) -> None:
    """A late answer ends its connection: the others on it are in doubt, the queued go on."""
    peer = deepen(transport, listener, 2)
    transport.send(exchange(1, timeout=5))
    transport.send(exchange(2, timeout=50))
    transport.send(exchange(3, timeout=50))
    transport.poll(0)
    peer.requests(2)
    clock.now += 4.9
    assert transport.poll(0) == []
    clock.now += 0.1
    events = transport.poll(0)
    assert outcomes(events) == {1: ("RequestTimeoutError", True), 2: ("ConnectionLostError", True)}
    assert peer.is_closed()
    second = connected_peer(transport, listener)
    second.requests(1)
    second.send(answer())
    assert outcomes(poll_until(transport, 1)) == {3: (200, b"{}")}


def test_timeout_in_queue(
    transport: PipelineTransport, listener: Listener, clock: ManualClock
) -> None:
    """What was never written when its time was over cannot have run."""
    transport.send(exchange(1, timeout=50))
    transport.send(exchange(2, timeout=5))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    clock.now += 5
    assert outcomes(transport.poll(0)) == {2: ("RequestTimeoutError", False)}
    peer.send(answer())
    assert outcomes(poll_until(transport, 1)) == {1: (200, b"{}")}


def test_connect_timeout(clock: ManualClock) -> None:
    """A server that accepts nothing: unreachable after the connection's own time."""
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = full.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    settings = NetSettings(connect_timeout=3)
    with closing(PipelineTransport([f"http://127.0.0.1:{port}"], settings, clock=clock)) as tr:
        tr.send(exchange(1, timeout=60))
        assert tr.poll(0) == []
        clock.now += 3
        assert outcomes(tr.poll(0)) == {1: ("HostUnreachableError", False)}
    for sock in (*fillers, full):
        sock.close()


def test_odd_pipeline_is_given_up(clock: ManualClock, listener: Listener) -> None:
    """A path that breaks the first time two are under way is used one by one from then on."""
    settings = NetSettings(connections=1)
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        peer = deepen(transport, listener, 2)
        for token in range(6):
            transport.send(exchange(token))
        transport.poll(0)
        peer.requests(2)
        peer.close()
        events = poll_until(transport, 2, Failure)
        second = connected_peer(transport, listener)
        for _ in range(4):
            second.requests(1)
            assert not second.has_more()
            second.send(answer())
            events += poll_until(transport, 1, Answered)
        assert [type(event) for event in events if not isinstance(event, Connected)] == [
            *[Failure] * 2,
            *[Answered] * 4,
        ]
        assert "at most 1 deep" in transport.describe()


def test_garbage(transport: PipelineTransport, listener: Listener) -> None:
    """What is no HTTP names the host; the request may have run all the same."""
    transport.send(exchange(1))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    events = poll_until(transport, 1, Failure)
    assert outcomes(events) == {1: ("NotHTTPError", True)}
    assert events[-1].connection == 1  # type: ignore[union-attr]
    text = str(events[-1].error)  # type: ignore[union-attr]
    assert listener.url in text
    assert "SSH-2.0" in text


def test_answers_nobody_asked_for(transport: PipelineTransport, listener: Listener) -> None:
    """One answer too many: the asked one counts, the connection does not."""
    transport.send(exchange(1))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer(b"1"), answer(b"2"))
    assert outcomes(poll_until(transport, 1)) == {1: (200, b"1")}
    assert peer.is_closed()


def test_close_with_exchanges_under_way(transport: PipelineTransport, listener: Listener) -> None:
    """`close` ends every exchange once and says of each whether it may have run."""
    transport.send(exchange(1))
    transport.send(exchange(2))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    events = transport.close()
    assert outcomes(events) == {1: ("ConnectionLostError", True), 2: ("ConnectionLostError", False)}
    assert [each.connection for each in events] == [1, 0]  # type: ignore[union-attr]
    assert peer.is_closed()
    transport.wake()


def test_one_answer_too_many(transport: PipelineTransport, listener: Listener) -> None:
    """Those that were asked for count, however alike they are; the connection is given up."""
    peer = deepen(transport, listener, 4)
    for token in range(2):
        transport.send(exchange(token))
    transport.poll(0)
    peer.requests(2)
    peer.send(answer(b"a"), answer(b"b"), answer(b"c"))
    (event,) = transport.poll(10)
    assert outcomes([event]) == {0: (200, b"a"), 1: (200, b"b")}
    assert isinstance(event, Answered)
    assert (event.bodies, len(event.job_ids)) == ([b"a", b"b"], 2)
    assert peer.is_closed()
