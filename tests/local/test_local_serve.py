"""Serving in the foreground."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from local_sockets import Wire

from arango_jobs.local.serve import UnsafeAddressError, is_loopback, serve


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_network_address_needs_a_password(host):
    """UnsafeAddressError before anything listens."""
    assert not is_loopback(host)
    with pytest.raises(UnsafeAddressError, match="password"):
        serve(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_addresses(host):
    """They need none."""
    assert is_loopback(host)


def test_urls_are_announced_on_one_line_after_loading():
    """First on_ready, then the line; `stop` ends it."""
    events: list[str] = []
    stop = threading.Event()

    def announce(line: str) -> None:
        events.append(line)
        stop.set()

    serve(coordinators=2, on_ready=lambda server: events.append("ready"), announce=announce,
          stop=stop)  # fmt: skip
    assert events[0] == "ready"
    assert [url[:17] for url in events[1].split(" ")] == ["http://127.0.0.1:"] * 2


def test_shutdown_request_ends_it():
    """DELETE /_admin/shutdown on the only Coordinator."""

    def shut_down(server) -> None:
        with Wire(server) as wire:
            assert wire.ask("DELETE", "/_admin/shutdown").status == 200

    serve(on_ready=shut_down, announce=lambda line: None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly_in_under_two_seconds(number):
    """Exit status 0, nothing on stderr."""
    code = "from arango_jobs.local.serve import serve; serve()"
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        begin = time.monotonic()
        process.send_signal(number)
        output = process.communicate(timeout=10)
    assert time.monotonic() - begin < 2
    assert (process.returncode, output) == (0, (b"", b""))
