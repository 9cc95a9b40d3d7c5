"""Faults by script, seen through a socket."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator

import pytest
from local_sockets import AUTH, Wire

from arango_jobs.local import Fault, LocalServer
from arango_jobs.local.faults import Faults

DOCUMENTS = "/_api/document/c"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalServer]:
    with LocalServer() as server, Wire(server) as wire:
        wire.ask("POST", "/_api/collection", b'{"name":"c"}')
        yield server


@pytest.fixture
def server(running) -> Iterator[LocalServer]:
    with Wire(running) as wire:
        wire.ask("PUT", "/_api/collection/c/truncate")
    yield running
    running.faults.reset()


def count(server: LocalServer) -> int:
    return len(server.database().collection("c").documents)


def post(server: LocalServer) -> bytes:
    with Wire(server) as wire:
        head = b"POST /_api/document/c HTTP/1.1\r\nContent-Length: 2\r\n" + AUTH
        return wire.raw(head + b"\r\n{}")


@pytest.mark.parametrize(("action", "written"), [("close_before", 0), ("close_after", 1)])
def test_closed_connection(server, action, written):
    """Before: nothing is done. After: it is, and nobody hears of it."""
    fault = server.faults.add(Fault("POST /_api/document/{collection}", action))
    assert post(server) == b""
    assert (fault.happened, count(server)) == (1, written)


def test_refuse_resets_the_connection(server):
    """RST instead of an orderly end."""
    server.faults.add(Fault(f"POST {DOCUMENTS[:14]}*", "refuse"))
    with Wire(server) as wire, pytest.raises(OSError) as caught:  # noqa: PT012 - sent and read
        wire.send("POST", DOCUMENTS, b"{}")
        wire.socket.recv(10)
    assert caught.value.errno == errno.ECONNRESET
    assert count(server) == 0


def test_truncated_body(server):
    """The head promises more than comes."""
    server.faults.add(Fault("POST *", "truncate"))
    data = post(server)
    head, _, body = data.partition(b"\r\n\r\n")
    promised = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < promised
    assert count(server) == 1


def test_garbage(server):
    """What comes is no HTTP."""
    server.faults.add(Fault("*", "garbage", body=b"\x00\x01"))
    assert post(server) == b"\x00\x01"


def test_hang_answers_nothing_until_the_client_leaves(server):
    """Others are served meanwhile."""
    server.faults.add(Fault("GET /_api/version", "hang"))
    with Wire(server) as stuck:
        stuck.send("GET", "/_api/version")
        with Wire(server) as wire:
            assert wire.ask("GET", "/_api/version").status == 200
        stuck.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            stuck.socket.recv(1)


def test_delay_postpones_the_work(server):
    """By so many seconds."""
    server.faults.add(Fault("GET /_api/version", "delay", seconds=0.05))
    with Wire(server) as wire:
        begin = time.monotonic()
        assert wire.ask("GET", "/_api/version").status == 200
        assert time.monotonic() - begin >= 0.05


def test_respond_and_drop_header(server):
    """An answer of one's own; an answer that lacks a header."""
    server.faults.add(Fault("POST *", "respond", status=503, error_num=1465))
    server.faults.add(Fault("POST *", "drop_header"))
    with Wire(server) as wire:
        answer = wire.ask("POST", DOCUMENTS, b"{}")
        assert (answer.status, answer.error) == (503, 1465)
        answer = wire.ask("POST", DOCUMENTS, b"{}", b"x-arango-async: store\r\n")
        assert (answer.status, "X-Arango-Async-Id" in answer.headers) == (202, False)


def test_lost_202_leaves_the_job(server):
    """close_after on a submission: the job is there, the client does not know its id."""
    before = len(server.jobs())
    server.faults.add(Fault("POST /_api/document/{collection}", "close_after"))
    with Wire(server) as wire:
        wire.send("POST", DOCUMENTS, b"{}", b"x-arango-async: store\r\n")
        assert wire.read() == []
    assert len(server.jobs()) == before + 1


def test_lost_fetch_loses_the_result(server):
    """The entry is gone, as with the real server."""
    with Wire(server) as wire:
        headers = b"x-arango-async: store\r\n"
        job = wire.ask("POST", DOCUMENTS, b"{}", headers).headers["X-Arango-Async-Id"]
        while wire.ask("GET", f"/_api/job/{job}").status == 204:
            pass
        server.faults.add(Fault("PUT /_api/job/{id}", "close_after"))
        wire.send("PUT", f"/_api/job/{job}")
        assert wire.read() == []
    with Wire(server) as wire:
        assert wire.ask("PUT", f"/_api/job/{job}").error == 404


def test_queue_full_and_forgotten_job(server):
    """Helpers for what clients meet most."""
    server.faults.queue_full(2)
    with Wire(server) as wire:
        headers = b"x-arango-async: store\r\n"
        for _ in range(2):
            assert wire.ask("POST", DOCUMENTS, b"{}", headers).error == 21003
        job = wire.ask("POST", DOCUMENTS, b"{}", headers).headers["X-Arango-Async-Id"]
        assert server.faults.forget_job(job) is True
        assert server.faults.forget_job(job) is False
        assert wire.ask("GET", f"/_api/job/{job}").error == 404


def test_held_queue_keeps_jobs_pending(server):
    """Until it is released."""
    server.faults.hold_queue()
    with Wire(server) as wire:
        headers = b"x-arango-async: store\r\n"
        job = wire.ask("POST", DOCUMENTS, b"{}", headers).headers["X-Arango-Async-Id"]
        assert wire.ask("GET", f"/_api/job/{job}").status == 204
        server.faults.release_queue()
        while wire.ask("GET", f"/_api/job/{job}").status == 204:
            pass
        assert wire.ask("PUT", f"/_api/job/{job}").status == 202


def test_clock_skew_shows_in_the_time(server):
    """/_admin/time and everything that compares wall times."""
    server.faults.clock_skew(-3600)
    with Wire(server) as wire:
        shown = float(wire.ask("GET", "/_admin/time").body.split(b'"time":')[1].rstrip(b"}"))
    assert shown < time.time() - 3000


def test_killed_coordinator_refuses_connections_and_comes_back():
    """The port stays the same, jobs are gone, data is not."""
    with LocalServer(coordinators=2) as server:
        url = server.urls[1]
        with Wire(server, 1) as wire:
            wire.ask("POST", "/_api/collection", b'{"name":"c"}')
            headers = b"x-arango-async: store\r\n"
            job = wire.ask("POST", DOCUMENTS, b"{}", headers).headers["X-Arango-Async-Id"]
            server.kill(1)
        with pytest.raises(ConnectionRefusedError):
            Wire(server, 1)
        server.restart(1)
        assert server.urls[1] == url
        with Wire(server, 1) as wire:
            assert wire.ask("GET", f"/_api/job/{job}").error == 404
            assert wire.ask("GET", "/_api/collection/c").status == 200


# choosing, without a server


def outcomes(fault: Fault, requests: int = 10) -> list[bool]:
    faults = Faults()
    faults.add(fault)
    return [faults.choose("GET /a", 0) is not None for _ in range(requests)]


def test_skip_and_count():
    """Spares the first ones, then happens so often."""
    assert outcomes(Fault("GET /a", "hang", skip=2, count=3), 7) == [
        False, False, True, True, True, False, False,
    ]  # fmt: skip
    assert all(outcomes(Fault("GET /a", "hang", count=None)))


def test_probability_is_reproducible():
    """By seed."""
    lists = [outcomes(Fault("*", count=None, probability=0.5, seed=s), 40) for s in (1, 1, 2)]
    assert lists[0] == lists[1] != lists[2]
    assert 5 < sum(lists[0]) < 35


def test_coordinator_and_route_narrow_it_down():
    """A fault for one Coordinator spares the others."""
    faults = Faults()
    faults.add(Fault("GET /a", coordinator=1, count=None))
    assert faults.choose("GET /a", 0) is None
    assert faults.choose("GET /b", 1) is None
    assert faults.choose("GET /a", 1) is not None


@pytest.mark.parametrize("wrong", [{"action": "explode"}, {"probability": 2}])
def test_wrong_faults_are_refused(wrong):
    """ValueError that names what is wrong."""
    with pytest.raises(ValueError, match=r"action must be one of|probability"):
        Fault(**wrong)
