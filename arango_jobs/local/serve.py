"""Running the embedded server in the foreground, as `arango-jobs serve` does.

Knows signals and how an address is announced; the command line itself is elsewhere.
"""

from __future__ import annotations

import ipaddress
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from arango_jobs.local.server import LocalServer

__all__ = ["UnsafeAddressError", "is_loopback", "serve"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A signal handler runs between two waits, so they must not be long.
_LOOK = 0.5


class UnsafeAddressError(ValueError):
    """The server would be open to the network without a password."""


def is_loopback(host: str) -> bool:
    """Tell whether `host` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    username: str = "root",
    password: str = "",
    jwt_secret: str | None = None,
    coordinators: int = 1,
    on_ready: Callable[[LocalServer], None] | None = None,
    announce: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM, a shutdown request, or `stop` is set.

    When connections are accepted, `on_ready` is called with the server (to load data into it), and
    then its URLs are announced, on one line, by `announce` (default: printed). UnsafeAddressError
    for an address that others can reach without a password; OSError if the port is taken.
    """
    if not password and not is_loopback(host):
        raise UnsafeAddressError(
            f"{host} can be reached from the network: set a password, or use 127.0.0.1"
        )
    ending = stop or threading.Event()
    server = LocalServer(
        port,
        username,
        password,
        jwt_secret,
        coordinators,
        host=host,
    )
    with _ending_on_signals(ending), server:
        server.on_all_shut_down(ending.set)
        if on_ready is not None:
            on_ready(server)
        (announce or _print)(" ".join(server.urls))
        while not ending.wait(_LOOK):
            pass


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def _ending_on_signals(ending: threading.Event) -> Iterator[None]:
    """Set `ending` on Ctrl-C and SIGTERM; a second Ctrl-C works as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in _SIGNALS:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in _SIGNALS:
            signal.signal(number, before[number])
