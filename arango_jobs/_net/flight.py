"""An exchange on its way, and how much of it the kernel has got.

    queued ──▶ written, whole or in part ──▶ answered
       ▲────── its connection broke before it was whole

Whether a request may have run is decided by `Flight.end` alone: the position in
its connection's stream at which it is whole. A server cannot run a request of
which bytes are missing (its Content-Length says how many there are), so it may
have run only if the kernel was handed all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from arango_jobs._net.exchange import Exchange

__all__ = ["Flight"]


@dataclass(slots=True, eq=False)
class Flight:
    """One exchange from `send` to its end."""

    exchange: Exchange
    head: bytes
    """The head; with the body where that is small."""
    body: bytes
    deadline: float
    end: int = 0
    """Where it is whole in the stream of the connection that it was written to last."""
    losses: int = 0
    """How many connections broke after a part of it was written."""

    @property
    def size(self) -> int:
        """How many bytes it has in a stream."""
        return len(self.head) + len(self.body)
