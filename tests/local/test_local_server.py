"""`LocalServer` as users start it: life, threads, looking in, slow work."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from local_sockets import Wire

from arango_jobs.local import LocalServer
from arango_jobs.testing import FakeClock

SLEEP = b'{"query":"RETURN SLEEP(3600)"}'
STORE = b"x-arango-async: store\r\n"


def fetch(wire: Wire, job: str):
    while True:
        answer = wire.ask("PUT", f"/_api/job/{job}")
        if "X-Arango-Async-Id" in answer.headers or answer.status != 204:
            return answer


def test_stop_leaves_nothing_behind():
    """Open connections and a running query: ended in well under two seconds."""
    before = set(threading.enumerate())
    server = LocalServer().start()
    wires = [Wire(server) for _ in range(3)]
    wires[0].send("POST", "/_api/cursor", SLEEP)
    assert wires[1].ask("POST", "/_api/cursor", SLEEP, STORE).status == 202
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 2
    assert set(threading.enumerate()) == before
    for wire in wires:
        wire.socket.close()
    server.stop()


def test_url_of_a_stopped_server_says_what_to_do():
    """RuntimeError, and a repr that tells the state."""
    server = LocalServer()
    assert repr(server) == "<LocalServer stopped>"
    with pytest.raises(RuntimeError, match=r"call start\(\)"):
        _ = server.url


def test_taken_port_is_an_os_error():
    """And no socket is left open."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
    ):
        LocalServer(port=taken.getsockname()[1]).start()


def test_no_coordinators_is_refused():
    """ValueError naming the number."""
    with pytest.raises(ValueError, match="0"):
        LocalServer(coordinators=0)


def test_fake_clock_lets_an_hour_pass_in_no_time():
    """SLEEP(3600) ends when the clock has been moved."""
    clock = FakeClock()
    with LocalServer(clock=clock) as server, Wire(server) as wire:
        job = wire.ask("POST", "/_api/cursor", SLEEP, STORE).headers["X-Arango-Async-Id"]
        clock.wait_for_waiters()
        assert wire.ask("GET", f"/_api/job/{job}").status == 204
        clock.advance(3600)
        assert fetch(wire, job).status == 201


def test_fake_clock_that_advances_by_itself():
    """It jumps when waiting is all that is left."""
    clock = FakeClock(auto_advance=True)
    with LocalServer(clock=clock) as server, Wire(server) as wire:
        assert wire.ask("POST", "/_api/cursor", SLEEP).status == 201
        assert clock.monotonic() >= 3600


def test_cancelled_query_is_410(server):
    """Killed while it runs: errorNum 21."""
    with Wire(server) as wire:
        job = wire.ask("POST", "/_api/cursor", SLEEP, STORE).headers["X-Arango-Async-Id"]
        while b"SLEEP" not in wire.ask("GET", "/_api/query/current").body:
            pass
        assert wire.ask("PUT", f"/_api/job/{job}/cancel").body == b'{"result":true}'
        answer = fetch(wire, job)
        assert (answer.status, answer.error) == (410, 21)


def test_killed_query_is_410_with_its_own_number(server):
    """DELETE /_api/query: errorNum 1500."""
    with Wire(server) as wire, Wire(server) as other:
        wire.send("POST", "/_api/cursor", SLEEP)
        while b"SLEEP" not in (body := other.ask("GET", "/_api/query/current").body):
            pass
        query = body.split(b'"id":"')[1].split(b'"')[0].decode()
        assert other.ask("DELETE", f"/_api/query/{query}").status == 200
        answer = wire.read()[0]
        assert (answer.status, answer.error) == (410, 1500)


def test_workers_bound_what_runs_at_once():
    """With one worker the second query waits for the first; quick calls go past."""
    clock = FakeClock()
    with LocalServer(clock=clock, workers=1) as server, Wire(server) as wire:
        first, second = (
            wire.ask("POST", "/_api/cursor", SLEEP, STORE).headers["X-Arango-Async-Id"]
            for _ in range(2)
        )
        clock.wait_for_waiters()
        assert clock.waiting == 1
        assert wire.ask("GET", "/_api/version").status == 200
        clock.advance(3600)
        assert fetch(wire, first).status == 201
        clock.wait_for_waiters()
        clock.advance(3600)
        assert fetch(wire, second).status == 201
        # The first query finished and reported its queue time; so did the second.
        assert float(wire.ask("GET", "/_api/version").headers["X-Arango-Queue-Time-Seconds"]) > 0


def test_service_time_keeps_workers_busy():
    """Each queued operation occupies a worker for so long."""
    clock = FakeClock()
    with LocalServer(clock=clock, workers=2, service_time=5.0) as server, Wire(server) as wire:
        jobs = [
            wire.ask("GET", "/_api/collection", b"", STORE).headers["X-Arango-Async-Id"]
            for _ in range(3)
        ]
        clock.wait_for_waiters(2)
        assert clock.waiting == 2
        clock.advance(5)
        clock.wait_for_waiters(1)
        clock.advance(5)
        assert [fetch(wire, job).status for job in jobs] == [200] * 3


def test_looking_in(server):
    """Jobs, data and counted requests, past the protocol."""
    with Wire(server) as wire:
        wire.ask("POST", "/_api/collection", b'{"name":"seen"}')
        server.reset_stats()
        wire.ask("POST", "/_api/document/seen", b'{"_key":"a"}')
        job = wire.ask("GET", "/_api/version", b"", STORE).headers["X-Arango-Async-Id"]
    assert server.database().collection("seen").get("a")["_id"] == "seen/a"
    assert [(j.id, j.owner) for j in server.jobs() if j.id == job] == [(job, "root")]
    assert server.stats["POST /_api/document/{collection}"] == 1
    assert server.stats_of(0) == server.stats


def test_restart_keeps_the_port(server):
    """And the data."""
    url = server.url
    with Wire(server) as wire:
        wire.ask("POST", "/_api/collection", b'{"name":"kept"}')
    server.restart()
    assert server.url == url
    with Wire(server) as wire:
        assert wire.ask("GET", "/_api/collection/kept").status == 200


def test_shutdown_by_request_closes_the_port():
    """DELETE /_admin/shutdown."""
    with LocalServer() as server:
        with Wire(server) as wire:
            assert wire.ask("DELETE", "/_admin/shutdown").status == 200
        with pytest.raises(ConnectionRefusedError):  # noqa: PT012 - asked until it is
            while True:
                with contextlib.suppress(ConnectionResetError):
                    Wire(server).socket.close()


@pytest.fixture
def server():
    with LocalServer() as server:
        yield server


def test_connections_that_arrive_while_the_port_closes(server):
    """None is lost half-open: pytest turns an unclosed socket into a failure."""
    ending = threading.Event()

    def connect() -> None:
        while not ending.is_set():
            with contextlib.suppress(OSError):
                Wire(server).socket.close()

    threads = [threading.Thread(target=connect) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        server.restart()
    ending.set()
    for thread in threads:
        thread.join()
    with Wire(server) as wire:
        assert wire.ask("GET", "/_api/version").status == 200
