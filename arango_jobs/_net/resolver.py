"""Addresses of hosts, looked up without holding up the other hosts.

Numeric addresses are at once; for a name a daemon thread asks the system, which
may take as long as it likes.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Address", "Resolver"]

_JOIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """One way to reach a host."""

    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


class Resolver:
    """Looks up one name at a time for one caller; `poll` gives what was found."""

    def __init__(self, name: str, port: int, wake: Callable[[], None]) -> None:
        self._name = name
        self._port = port
        self._wake = wake
        self._found: list[Address] | OSError | None = None
        self._thread: threading.Thread | None = None
        try:
            self._found = _look_up(name, port, socket.AI_NUMERICHOST)
        except OSError:
            self._thread = threading.Thread(
                target=self._run, name=f"arango-jobs-resolver-{name}", daemon=True
            )
            self._thread.start()

    def poll(self) -> list[Address] | None:
        """Return the addresses, `None` while they are looked up; `OSError` where there are none."""
        if self._found is not None:
            # The thread has nothing left to do: this only leaves none behind.
            self.close()
        if isinstance(self._found, OSError):
            raise self._found
        return self._found

    def close(self) -> None:
        """Wait for the thread, though not for ever: the system's look-up cannot be stopped."""
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        try:
            self._found = _look_up(self._name, self._port, 0)
        except OSError as error:
            self._found = error
        except UnicodeError as error:
            self._found = OSError(f"not a host name: {error}")
        self._wake()


def _look_up(name: str, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(Address(family, sockaddr) for family, _, _, _, sockaddr in found))
