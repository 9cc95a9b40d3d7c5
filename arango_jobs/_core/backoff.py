"""How long to wait before the same call again: tenacity's strategies, called as functions."""

from __future__ import annotations

from random import Random

from tenacity import RetryCallState, wait_exponential
from tenacity.wait import wait_base

__all__ = ["AGAIN", "CONFLICT", "REFUSED", "SEARCH", "TRIES", "UNREACHABLE", "pause"]

REFUSED = wait_exponential(multiplier=0.02, max=0.5)
"""After 503/21003 and 412/21004: the queue may have room in milliseconds."""
UNREACHABLE = wait_exponential(multiplier=0.05, max=2.0)
"""After a refused connection: a server takes seconds to restart."""
AGAIN = wait_exponential(multiplier=0.05, max=5.0)
"""After an answer that says nothing about the job."""
TRIES = 12
"""How often a call is made again whose answers say nothing: for about half a minute."""

SEARCH = wait_exponential(multiplier=0.05, max=1.0)
"""After lists that did not tell whose a job is: the server may be about to take or end it."""
CONFLICT = wait_exponential(multiplier=0.01, max=1.0)
"""After 409/1200: the other write takes as long as a write takes."""


def pause(strategy: wait_base, attempt: int, random: Random) -> float:
    """Return seconds to wait before attempt number `attempt` + 1, spread by up to a quarter."""
    # The strategies read only the number of the attempt, never the rest of the state.
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = max(1, attempt)
    return float(strategy(state)) * random.uniform(0.75, 1.25)
