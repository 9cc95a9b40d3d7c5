"""What becomes of the exchanges on a connection that broke.

A pure decision on two numbers: where a request is whole in the stream of its
connection, and how much of that stream the kernel was handed.

| the request was            | it                                                      |
| -------------------------- | ------------------------------------------------------- |
| handed over whole          | may have run: fails, and says so                        |
| handed over in part        | cannot have run: is queued again, three times at most   |
| not touched                | cannot have run: is queued again                        |
| written behind an answer   | is not looked at by the server (RFC 9112 §9.6):         |
| with `Connection: close`   | is queued again                                         |
| written behind an answer   | may have run: HTTP/1.0, or a body without a length, say |
| that is the last, unsaid   | nothing about the requests behind                       |

Whatever answers, and however badly, does not change this: an answer that is no HTTP tells
nothing of what was done before it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from arango_jobs._net.exchange import Exchanges, Failure
from arango_jobs.errors import ConnectionLostError, TransportError

__all__ = ["settle"]

_MAX_LOSSES = 3


def settle(
    unanswered: Iterable[Exchanges],
    written: int,
    error_of: Callable[[Exchanges], TransportError],
    connection: int = 0,
) -> tuple[list[Failure], list[Exchanges]]:
    """Return the failures, and the exchanges that are to be queued again, both in order.

    `connection` is its number, for the failures of what was handed over whole.
    """
    failures: list[Failure] = []
    spared: list[Exchanges] = []
    for exchanges in unanswered:
        if exchanges.start >= written:
            spared.append(exchanges)
            continue
        for exchange in exchanges.each():
            if exchange.end <= written:
                failures.append(Failure(exchange, error_of(exchange), True, connection))
                continue
            exchange.losses += exchange.start < written
            if exchange.losses < _MAX_LOSSES:
                spared.append(exchange)
            else:
                failures.append(Failure(exchange, _upload_error(exchange), False))
    return failures, spared


def _upload_error(exchange: Exchanges) -> ConnectionLostError:
    return ConnectionLostError(
        f"the connection broke {exchange.losses} times before a request of {exchange.size} bytes "
        "was written"
    )
