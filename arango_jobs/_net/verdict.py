"""What becomes of the flights of a connection that broke.

A pure decision on two numbers: where a request is whole in the stream of its
connection, and how much of that stream the kernel was handed.

| the request was            | it                                                      |
| -------------------------- | ------------------------------------------------------- |
| handed over whole          | may have run: fails, and says so                        |
| handed over in part        | cannot have run: is queued again, three times at most   |
| not touched                | cannot have run: is queued again                        |
| written behind an answer   | is not looked at by the server (RFC 9112 §9.6):         |
| with `Connection: close`   | is queued again                                         |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from arango_jobs._net.exchange import Failure
from arango_jobs._net.flight import Flight
from arango_jobs.errors import ConnectionLostError, TransportError

__all__ = ["settle"]

_MAX_LOSSES = 3


def settle(
    flights: Iterable[Flight], written: int, error_of: Callable[[Flight], TransportError]
) -> tuple[list[Failure], list[Flight]]:
    """Return the failures, and the flights that are to be queued again, both in order."""
    failures: list[Failure] = []
    spared: list[Flight] = []
    for flight in flights:
        if flight.end <= written:
            failures.append(Failure(flight.exchange, error_of(flight), True))
            continue
        flight.losses += flight.end - flight.size < written
        if flight.losses < _MAX_LOSSES:
            spared.append(flight)
        else:
            failures.append(Failure(flight.exchange, _upload_error(flight), False))
    return failures, spared


def _upload_error(flight: Flight) -> ConnectionLostError:
    return ConnectionLostError(
        f"the connection broke {flight.losses} times before a request of {flight.size} bytes "
        "was written"
    )
