"""Whether a host keeps connections that have answered, and what may go out on them.

Some servers and proxies close each connection after its answer and do not say so. What is
written on it meanwhile gets no answer, and whether it has run nobody can tell.

    untried ─ a repeatable request is answered on a used connection ─▶ kept
       ▲                                                                │
       │    a used connection ends without a byte of an answer          │
       │                        ┌───────────────────────────────────────┘
       ├─ after half a minute ─ doubted   (from untried, too)
       │                        │ another one, asked after that, ends so
       └─ after half a minute ─ dropped

| connections are  | a used one takes                         | a new one takes           |
| ---------------- | ---------------------------------------- | ------------------------- |
| untried, doubted | one repeatable request at a time         | one request, then as used |
| kept             | any, many at once                        | any, many at once         |
| dropped          | none: it is closed                       | one request               |

One end may be an accident, or that of the process; requests that are bound to a connection would
lose it for nothing. Connections that end together count as one.

All of that matters only where something is sent that must not get lost (`Template.is_once`):
until then any request goes on any connection.
"""

from __future__ import annotations

import math

__all__ = ["Reuse"]

_FIRST_SECONDS = 30.0
"""How long used connections are avoided; twice as long each time."""
_MOST_SECONDS = 600.0


class Reuse:
    """What is known of the connections to one host."""

    __slots__ = (
        "_broke_at", "_is_certain", "_matters", "_seconds", "_until", "is_free", "is_kept",
    )  # fmt: skip

    def __init__(self) -> None:
        self.is_free = True
        """Whether any request may go on any connection."""
        self.is_kept = False
        self._matters = False
        self._seconds = _FIRST_SECONDS
        self._until = -math.inf
        self._broke_at = -math.inf
        self._is_certain = False
        """Whether more than one has ended so."""

    def matters(self) -> None:
        """Take that something is to be sent that must not get lost."""
        self._matters = True
        self.is_free = self.is_kept

    def is_dropped(self, now: float) -> bool:
        """Whether used connections are to be avoided by all requests."""
        return self._is_certain and now < self._until

    def proved(self, now: float) -> None:
        """Take that a connection has answered that had answered before."""
        self.is_kept = now >= self._until
        self.is_free = self.is_kept or not self._matters

    def broke(self, now: float, asked_at: float) -> None:
        """Take that a connection that had answered ended without a byte of the next answer.

        That had been asked for at `asked_at`.
        """
        self.is_kept = False
        self.is_free = not self._matters
        if now >= self._until:
            self._is_certain = False
            self._broke_at = now
            self._until = now + self._seconds
            self._seconds = min(2 * self._seconds, _MOST_SECONDS)
        elif asked_at > self._broke_at:
            self._is_certain = True

    def was_away(self) -> None:
        """Take that no connection can be made: the host has ended those that there were."""
        self._until = -math.inf
        self._seconds = _FIRST_SECONDS
