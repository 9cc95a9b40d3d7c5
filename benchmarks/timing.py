"""Measures contenders in turns: A B A B …, so that a slow minute of the machine strikes all.

    for each round: for each contender: open ─ collect garbage ─ [ clock │ work │ clock ] ─ close

The collector works as users have it; it only starts every measurement from the same state.
What opens and closes a client is not part of the time, its first connection is.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sized
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from benchmarks.servers.base import Server

__all__ = ["Contender", "Measured", "Sample", "measure", "median", "ratio", "take"]

Work = Callable[[], Sized]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work. `open` gives the work as a function that returns all results."""

    name: str
    operations: int
    open: Callable[[], AbstractContextManager[Work]]
    requests: float | None = None
    """Requests per operation, where that is known without a server that counts them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of one contender."""

    operations: int
    seconds: float
    cpu: float
    requests: int | None

    @property
    def rate(self) -> float:
        """Operations in a second."""
        return self.operations / self.seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """All measurements of one contender, a sample a round."""

    contender: Contender
    samples: list[Sample] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Operations in a second, round by round."""
        return [sample.rate for sample in self.samples]

    @property
    def rate(self) -> float:
        """The median of operations in a second."""
        return median(self.rates)

    @property
    def cpu(self) -> float:
        """Microseconds of the client's CPU for an operation, the median."""
        return median([sample.cpu / sample.operations * 1e6 for sample in self.samples])

    @property
    def requests(self) -> float | None:
        """Requests for an operation, the median."""
        counted = [s.requests / s.operations for s in self.samples if s.requests is not None]
        return median(counted) if counted else self.contender.requests


def median(values: Iterable[float]) -> float:
    """Return the middle one of `values`."""
    return statistics.median(values)


def ratio(ours: Measured | None, theirs: Measured | None) -> float | None:
    """Return how many times faster ours is: the median of the rounds' ratios."""
    if ours is None or theirs is None:
        return None
    return median(a / b for a, b in zip(ours.rates, theirs.rates, strict=True))


def take(contender: Contender, server: Server) -> Sample:
    """Measure `contender` once."""
    server.reset()
    with contender.open() as work:
        gc.collect()
        before = server.requests()
        cpu, start = time.process_time(), time.perf_counter()
        results = work()
        seconds, spent = time.perf_counter() - start, time.process_time() - cpu
        after = server.requests()
        if len(results) != contender.operations:
            raise AssertionError(
                f"{contender.name}: {len(results)} results for {contender.operations} operations"
            )
    count = None if before is None or after is None else after - before
    return Sample(contender.operations, seconds, spent, count)


def measure(
    contenders: Iterable[Contender], server: Server, rounds: int, *, show: bool = True
) -> dict[str, Measured]:
    """Measure all `contenders` `rounds` times in turns; return what came of it by their names."""
    measured = {contender.name: Measured(contender) for contender in contenders}
    for number in range(rounds):
        for one in measured.values():
            one.samples.append(take(one.contender, server))
            if show:
                tell(f"round {number + 1} of {rounds}: {one.contender.name}")
    if show:
        tell("")
    return measured


def tell(text: str) -> None:
    """Show progress on one line, where somebody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text[:100]}")
        sys.stderr.flush()
