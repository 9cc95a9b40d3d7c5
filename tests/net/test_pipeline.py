"""The pipelined transport on a path that works: depth, order, connections."""

from __future__ import annotations

import gzip
import socket
import threading

import pytest
from netpeer import (
    PATIENCE,
    Listener,
    ManualClock,
    answer,
    closing,
    connected_peer,
    deepen,
    exchange,
    outcomes,
    poll_until,
    send_all,
)

from arango_jobs._net.exchange import Answered, Connected, Exchanges
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs.errors import OptionError
from arango_jobs.operations import Template


def test_one_exchange(transport: PipelineTransport, listener: Listener) -> None:
    """The first reply of a connection comes after word of the connection."""
    transport.send(exchange("t", method="POST", target="/x?y=1", body=b"body"))
    events = poll_until(transport, 1, Connected)
    assert next(event for event in events if isinstance(event, Connected)).host == 0
    peer = listener.accept()
    assert peer.requests(1)[0].endswith(b"\r\n\r\nbody")
    peer.send(answer(b"said", "202 Accepted", b"X-Arango-Async-Id: 7\r\n"))
    (reply,) = poll_until(transport, 1)
    assert isinstance(reply, Answered)
    assert reply.exchanges[0].token == "t"
    assert (reply.response(0).status, reply.response(0).body) == (202, b"said")
    assert reply.response(0).headers["x-arango-async-id"] == "7"
    assert reply.response(0).url == f"{listener.url}/x?y=1"


def test_nothing_to_do(transport: PipelineTransport, listener: Listener) -> None:
    """No exchange: no connection, and `poll` returns when its time is over."""
    assert transport.poll(0) == []
    assert transport.poll(0.0001) == [], "also by the system's clock, when ours stands still"
    assert transport.poll(0.002) == []
    assert not listener.has_caller()


def test_depth_grows_with_answers(transport: PipelineTransport, listener: Listener) -> None:
    """One at first, twice as many after each round in order, up to the limit."""
    for token in range(40):
        transport.send(exchange(token))
    peer = connected_peer(transport, listener)
    for width in (1, 2, 4, 8, 16):
        peer.requests(width)
        assert not peer.has_more()
        peer.send(answer() * width)
        poll_until(transport, width, Answered)


@pytest.mark.parametrize("together", [False, True])
def test_depth_stops_at_limit(clock: ManualClock, listener: Listener, together: bool) -> None:
    """Never more under way on a connection than `max_depth`."""
    settings = NetSettings(max_depth=3, connections=1)
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        send_all(transport, [exchange(token) for token in range(20)], together=together)
        peer = connected_peer(transport, listener)
        for width in (1, 2, 3, 3, 3):
            peer.requests(width)
            assert not peer.has_more()
            peer.send(answer() * width)
            poll_until(transport, width, Answered)


@pytest.mark.parametrize("together", [False, True])
def test_bytes_bound_depth(clock: ManualClock, listener: Listener, together: bool) -> None:
    """Nothing more is written behind large bodies, however deep the connection may be."""
    settings = NetSettings(connections=1, max_pipelined_bytes=1000)
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        peer = deepen(transport, listener, 8)
        bodies = [exchange(token, method="POST", body=b"x" * 450) for token in range(4)]
        send_all(transport, bodies, together=together)
        transport.poll(0)
        peer.requests(2)
        assert not peer.has_more()
        peer.send(answer() * 2)
        poll_until(transport, 2, Answered)
        peer.requests(2)


def test_replies_match_in_order(transport: PipelineTransport, listener: Listener) -> None:
    """Each reply goes to its own exchange, however many come in one piece."""
    peer = deepen(transport, listener, 8)
    for token in range(8):
        transport.send(exchange(token, target=f"/{token}"))
    transport.poll(0)
    targets = [request.split()[1] for request in peer.requests(8)]
    assert targets == [b"/%d" % token for token in range(8)]
    peer.send(*(answer(b"%d" % token) for token in range(8)))
    assert outcomes(poll_until(transport, 8)) == {t: (200, b"%d" % t) for t in range(8)}


def test_answers_name_their_targets(transport: PipelineTransport, listener: Listener) -> None:
    """Also where some that were sent at different times are answered at once."""
    peer = deepen(transport, listener, 8)
    for numbers in (range(3), range(3, 8)):
        leaves, bodies = list(map(str, numbers)), [b""] * len(numbers)
        transport.send(Exchanges(Template("PUT", "/"), leaves, bodies, 0, None, 60.0, 0, numbers))
    transport.poll(0)
    peer.requests(8)
    named = [b"X-Arango-Async-Id: %d\r\n" % number for number in range(8)]
    peer.send(*(answer(b"%d" % number, extra=named[number]) for number in range(8)))
    events = [each for each in transport.poll(PATIENCE) if isinstance(each, Answered)]
    assert [list(some.items) for some in events[-1].exchanges] == [[0, 1, 2], [3, 4, 5, 6, 7]]
    answers = [each.response(index) for each in events for index in range(len(each.bodies))]
    assert [(each.target, each.body) for each in answers] == [
        (f"/{number}", b"%d" % number) for number in range(8)
    ]


def test_long_queue_is_in_pieces(transport: PipelineTransport) -> None:
    """To take the first few off it must not cost as much as it is long."""
    send_all(transport, [exchange(token) for token in range(10_000)], together=True)
    pieces = transport._quick[0].queue
    assert max(map(len, pieces)) <= 256
    assert [item for piece in pieces for item in piece.items] == list(range(10_000))


def test_second_connection(clock: ManualClock, listener: Listener) -> None:
    """Another connection is made when more is queued than the first will ever take."""
    settings = NetSettings(max_depth=2, connections=2)
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        for token in range(2):
            transport.send(exchange(token))
        first = connected_peer(transport, listener)
        transport.poll(0)
        assert not listener.has_caller()
        for token in range(2, 6):
            transport.send(exchange(token))
        second = connected_peer(transport, listener)
        second.requests(1)
        second.send(answer(b"second"))
        first.requests(1)
        first.send(answer(b"first"))
        found = outcomes(poll_until(transport, 2, Answered))
        assert set(found.values()) == {(200, b"first"), (200, b"second")}
        assert not listener.has_caller()


@pytest.mark.parametrize(("method", "is_quick"), [("GET", False), ("HEAD", True)])
def test_slow_is_alone(
    transport: PipelineTransport, listener: Listener, method: str, is_quick: bool
) -> None:
    """What may take long, and HEAD, has a connection to itself; quick ones pass it by."""
    peer = deepen(transport, listener, 8)
    transport.send(exchange("slow", method=method, is_quick=is_quick))
    transport.send(exchange("quick"))
    slow = connected_peer(transport, listener)
    slow.requests(1)
    peer.requests(1)
    peer.send(answer(b"quick"))
    assert outcomes(poll_until(transport, 1)) == {"quick": (200, b"quick")}
    transport.send(exchange("slow too", is_quick=False))
    other = connected_peer(transport, listener)
    other.requests(1)
    assert not slow.has_more()
    slow.send(answer(b"" if method == "HEAD" else b"slow"))
    (reply,) = poll_until(transport, 1)
    assert isinstance(reply, Answered)
    assert reply.exchanges[0].token == "slow"
    transport.send(exchange("slow three", is_quick=False))
    transport.poll(0)
    slow.requests(1)


def test_head_with_length(transport: PipelineTransport, listener: Listener) -> None:
    """The length in the answer to HEAD is that of a body that does not come."""
    transport.send(exchange(1, method="HEAD"))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(b"HTTP/1.1 200 OK\r\nEtag: 5\r\nContent-Length: 500\r\n\r\n")
    (reply,) = poll_until(transport, 1)
    assert isinstance(reply, Answered)
    assert (reply.response(0).body, reply.response(0).headers["etag"]) == (b"", "5")
    transport.send(exchange(2, method="HEAD"))
    transport.poll(0)
    assert peer.requests(1)


def test_odd_forms(transport: PipelineTransport, listener: Listener) -> None:
    """Interim, chunked and packed replies in one pipeline with plain ones."""
    peer = deepen(transport, listener, 4)
    for token in range(4):
        transport.send(exchange(token))
    transport.poll(0)
    peer.requests(4)
    peer.send(
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        answer(b"plain"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu\r\n3\r\nnks\r\n0\r\n\r\n",
        answer(gzip.compress(b"packed"), extra=b"Content-Encoding: gzip\r\n"),
        answer(b"again"),
    )
    assert outcomes(poll_until(transport, 4)) == {
        0: (200, b"plain"),
        1: (200, b"chunks"),
        2: (200, b"packed"),
        3: (200, b"again"),
    }


def test_old_server(transport: PipelineTransport, listener: Listener) -> None:
    """HTTP/1.0: a connection for each request, the body up to its end."""
    transport.send(exchange(1))
    transport.send(exchange(2))
    for body in (b"one", b"two"):
        peer = connected_peer(transport, listener)
        peer.requests(1)
        peer.send(b"HTTP/1.0 200 OK\r\n\r\n" + body[:1])
        assert transport.poll(0) == []
        peer.send(body[1:])
        peer.close()
        assert (200, body) in outcomes(poll_until(transport, 1, Answered)).values()


def test_redirect_is_not_followed(transport: PipelineTransport, listener: Listener) -> None:
    """A 3xx is an answer like any other: credentials go nowhere else."""
    transport.send(exchange(1))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    peer.send(answer(b"", "307 Temporary Redirect", b"Location: http://127.0.0.1:1/\r\n"))
    assert outcomes(poll_until(transport, 1)) == {1: (307, b"")}
    assert transport.poll(0) == []


def test_too_large(clock: ManualClock, listener: Listener) -> None:
    """A reply beyond the limit is not read; it may have run, and so may what was behind it."""
    settings = NetSettings(max_response_bytes=100, connections=1)
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        peer = deepen(transport, listener, 2)
        transport.send(exchange(1))
        transport.send(exchange(2))
        transport.poll(0)
        peer.requests(2)
        peer.send(answer(b"x" * 101), answer())
        assert outcomes(poll_until(transport, 2)) == {
            1: ("ResponseTooLargeError", True),
            2: ("ConnectionLostError", True),
        }
        assert peer.is_closed()


def test_large_reply(transport: PipelineTransport, listener: Listener) -> None:
    """A body of many reads comes whole."""
    body = bytes(range(256)) * (1 << 14)
    transport.send(exchange(1))
    peer = connected_peer(transport, listener)
    peer.requests(1)
    writer = threading.Thread(target=peer.send, args=(answer(body),))
    writer.start()
    events = poll_until(transport, 1)
    writer.join()
    assert outcomes(events) == {1: (200, body)}


def test_headers_of_settings(clock: ManualClock, listener: Listener) -> None:
    """Settings' headers, the host's own and Authorization go with every request."""
    settings = NetSettings(
        headers=(("User-Agent", "me"),),
        host_headers=((("Cookie", "a=b"),),),
        authorization="Basic abc",
    )
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        transport.send(exchange(1))
        request = connected_peer(transport, listener).requests(1)[0]
        for line in (b"User-Agent: me", b"Cookie: a=b", b"Authorization: Basic abc"):
            assert line in request.split(b"\r\n")
    assert "abc" not in repr(settings)
    assert "a=b" not in repr(settings)


def test_refused_in_send(transport: PipelineTransport, listener: Listener) -> None:
    """What would break a head is refused at once, and nothing is sent."""
    with pytest.raises(OptionError):
        transport.send(exchange(1, target="/a\r\nb"))
    assert transport.poll(0) == []
    assert not listener.has_caller()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6(clock: ManualClock) -> None:
    """An address in brackets."""
    listener = Listener(family=socket.AF_INET6)
    with closing(PipelineTransport([listener.url], clock=clock)) as transport:
        transport.send(exchange(1))
        peer = connected_peer(transport, listener)
        assert b"Host: [::1]:%d\r\n" % listener.port in peer.requests(1)[0]
        peer.send(answer())
        assert outcomes(poll_until(transport, 1)) == {1: (200, b"{}")}
    listener.close()


def test_second_connection_refused(clock: ManualClock, listener: Listener) -> None:
    """The first connection does, and the host is not called again for a while."""
    settings = NetSettings(max_depth=1, connections=2)
    with closing(PipelineTransport([listener.url], settings, clock=clock)) as transport:
        transport.send(exchange(0))
        peer = connected_peer(transport, listener)
        listener.sock.close()
        for token in range(1, 4):
            transport.send(exchange(token))
        for _ in range(3):
            transport.poll(0)
        again = Listener(port=listener.port)
        for _ in range(3):
            assert transport.poll(0) == []
        assert not again.has_caller()
        clock.now += 5
        poll_until(transport, 1, Connected)
        assert again.has_caller()
        peer.requests(1)
        peer.send(answer())
        assert outcomes(poll_until(transport, 1)) == {0: (200, b"{}")}
    again.close()


def test_addresses_in_turn(
    clock: ManualClock, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a name's first address refuses, the next is tried."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refusing = taken.getsockname()[1]
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        for port in (refusing, listener.port)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    with closing(PipelineTransport(["http://db.example"], clock=clock)) as transport:
        transport.send(exchange(1))
        peer = connected_peer(transport, listener)
        assert b"Host: db.example\r\n" in peer.requests(1)[0]
        peer.send(answer())
        assert outcomes(poll_until(transport, 1)) == {1: (200, b"{}")}


def test_name(clock: ManualClock, listener: Listener) -> None:
    """A name is looked up beside the loop."""
    with closing(
        PipelineTransport([f"http://localhost:{listener.port}"], clock=clock)
    ) as transport:
        transport.send(exchange(1))
        while not any(isinstance(event, Connected) for event in transport.poll(10)):
            pass
        peer = listener.accept()
        peer.requests(1)
        peer.send(answer())
        assert outcomes(poll_until(transport, 1)) == {1: (200, b"{}")}


def test_hosts_are_apart(clock: ManualClock, listener: Listener) -> None:
    """A host that cannot be reached holds up no other."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    hosts = [f"http://127.0.0.1:{port}", listener.url]
    with closing(PipelineTransport(hosts, clock=clock)) as transport:
        transport.send(exchange("dead"))
        alive = exchange("alive")
        alive.host = 1
        transport.send(alive)
        events = poll_until(transport, 1, Connected)
        peer = listener.accept()
        peer.requests(1)
        peer.send(answer())
        events += poll_until(transport, 1, Answered)
        assert outcomes(events) == {
            "dead": ("HostUnreachableError", False),
            "alive": (200, b"{}"),
        }


def test_wake_ends_poll(transport: PipelineTransport) -> None:
    """`wake` from another thread ends a `poll` that waits for ever; once for many calls."""
    waker = threading.Thread(target=lambda: [transport.wake() for _ in range(1000)])
    waker.start()
    assert transport.poll(None) == []
    waker.join()
    transport.poll(0)
    transport.wake()
    assert transport.poll(None) == []


def test_close_twice(transport: PipelineTransport) -> None:
    """`close` may be called again, and `wake` after it."""
    assert transport.close() == []
    assert transport.close() == []
    transport.wake()


def test_describe(transport: PipelineTransport) -> None:
    """One line for the log."""
    assert transport.describe() == (
        "pipelined HTTP/1.1, 2 connections to each of 1 hosts, at most 50 deep"
    )
