"""What state a job may be in, and which follows which.

WAITING ─▶ SUBMITTING ─▶ PENDING ⇄ FETCHING ─▶ ENDED
   ▲            │ └▶ SEARCHING ┘ └▶ ASKING ◀┘    ▲
   └────────────┴───────────┴── (repeat) ─────────┘
"""

from __future__ import annotations

import enum

__all__ = ["FOLLOWS", "State"]


class State(enum.Enum):
    """Where a job stands, as far as we know."""

    __hash__ = object.__hash__  # enum's own is ten times as slow, and this one is looked up often

    WAITING = "waiting"
    SUBMITTING = "submitting"
    SEARCHING = "searching"
    PENDING = "pending"
    FETCHING = "fetching"
    ASKING = "asking"
    ENDED = "ended"


_S = State
FOLLOWS: dict[State, frozenset[State]] = {
    _S.WAITING: frozenset({_S.SUBMITTING, _S.ENDED}),
    _S.SUBMITTING: frozenset({_S.WAITING, _S.SEARCHING, _S.PENDING, _S.ENDED}),
    _S.SEARCHING: frozenset({_S.PENDING, _S.ENDED}),
    _S.PENDING: frozenset({_S.WAITING, _S.FETCHING, _S.ASKING, _S.ENDED}),
    _S.FETCHING: frozenset({_S.WAITING, _S.PENDING, _S.ASKING, _S.ENDED}),
    _S.ASKING: frozenset({_S.WAITING, _S.PENDING, _S.FETCHING, _S.ENDED}),
    _S.ENDED: frozenset(),
}
