"""Ends a wait in a selector from any thread.

One byte is under way at most, so that a busy submitter pays a look at a flag.
"""

from __future__ import annotations

import contextlib
import selectors
import socket

__all__ = ["Waker"]


class Waker:
    """A pair of sockets, one of them in a selector."""

    __slots__ = ("_is_set", "_reader", "_writer")

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._is_set = False
        selector.register(self._reader, selectors.EVENT_READ, self)

    def wake(self) -> None:
        """End the running or the next wait; safe from any thread, also after `close`."""
        if self._is_set:
            return
        self._is_set = True
        with contextlib.suppress(OSError):
            self._writer.send(b"\0")

    def on_ready(self, mask: int) -> None:
        """Take what woke us."""
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(64)
        # After the byte is gone: the other way round a wake in between would be lost for good.
        self._is_set = False

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        self._writer.close()
