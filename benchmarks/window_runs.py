"""Runs of managers against a simulated server, and what can be asked of a run.

`window_simulation.py` prints and draws them; a test asserts on short ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulated import Client, Intruder, Row, Server, Service, World, watch

__all__ = ["ENDLESS", "Run", "overloaded", "pin", "recovery", "run", "saturating"]

ENDLESS = float("inf")
LOOKS = 400
"""Looks at the state in a run."""


@dataclass
class Run:
    """A server and its clients after a while."""

    server: Server
    clients: list[Client]
    seconds: float

    def rows(self, client: int, start: float, stop: float) -> list[Row]:
        """Return what was seen of a client between two times."""
        return [row for row in self.clients[client].rows if start <= row.at <= stop]

    def used(self, start: float, stop: float) -> float:
        """Return the share of the workers' time between two times that they worked."""
        rows = self.rows(0, start, stop)
        seconds = rows[-1].at - rows[0].at
        return (rows[-1].worked - rows[0].worked) / seconds / self.server.workers

    def in_flight(self, client: int, start: float, stop: float) -> float:
        """Return the mean number of a client's jobs on their way between two times."""
        rows = self.rows(client, start, stop)
        return sum(row.in_flight for row in rows) / len(rows)

    def queued(self, start: float, stop: float) -> float:
        """Return how many jobs waited on the server between two times, on the average."""
        rows = self.rows(0, start, stop)
        return sum(row.queued for row in rows) / len(rows)

    def limit(self, client: int, start: float, stop: float) -> float:
        """Return the window's mean between two times."""
        rows = self.rows(client, start, stop)
        return sum(row.limit for row in rows) / len(rows)

    def rate(self, client: int, start: float, stop: float) -> float:
        """Return how many operations ended in a second between two times."""
        rows = self.rows(client, start, stop)
        return (rows[-1].done - rows[0].done) / (rows[-1].at - rows[0].at)

    def fairness(self, start: float, stop: float) -> float:
        """Return Jain's index of the clients' rates between two times: 1 is fair."""
        rates = [self.rate(client, start, stop) for client in range(len(self.clients))]
        return sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))

    @property
    def refused(self) -> float:
        """Return the share of all submissions that were refused."""
        submitted = sum(client.submitted for client in self.clients)
        return sum(client.refused for client in self.clients) / submitted

    def fair_after(self, start: float, span: float) -> float:
        """Return how long after `start` the clients have had fair shares for `span` seconds."""
        at = start
        while at + span <= self.seconds and self.fairness(at, at + span) < 0.95:
            at += span / 4
        return at - start


def run(
    workers: int,
    queue_size: float,
    service: Service,
    *,
    seconds: float,
    starts: tuple[float, ...] = (0.0,),
    seed: int = 1,
    intruder: tuple[int, float, float] | None = None,
    is_telling: bool = True,
    prepare: Callable[[Client], None] | None = None,
    **options: Any,
) -> Run:
    """Run managers that start at the times `starts` against a server.

    `intruder`: so many foreign callers, from when, until when.
    """
    world = World(seed)
    server = Server(
        world, workers=workers, queue_size=queue_size, service=service, is_telling=is_telling
    )
    clients = [Client(world, server, start=start, **options) for start in starts]
    for client in clients:
        if prepare is not None:
            prepare(client)
    if intruder is not None:
        callers, start, stop = intruder
        Intruder(world, server, callers=callers, start=start, stop=stop, pause=0.002)
    watch(world, clients, seconds / LOOKS)
    world.run(seconds)
    return Run(server, clients, seconds)


class Pinned:
    """A window that stays as it is."""

    reason = "pinned"
    due = float("inf")

    def __init__(self, limit: int) -> None:
        self.limit = float(limit)

    def accepted(self, in_flight: int, count: int = 1) -> None:
        """Do nothing."""

    def finished(self, now: float, count: int = 1) -> bool:
        """Do nothing."""
        return False

    def awaited(self, now: float) -> None:
        """Do nothing."""

    refused = queue_time = lambda self, *_: False


def pin(limit: int, client: Client) -> None:
    """Give a client a window that stays as it is."""
    client.host.window = Pinned(limit)


def saturating(workers: int, service: Service, seconds: float) -> int:
    """Return the smallest pinned window that keeps the workers of an endless queue 99 % busy."""
    limit = workers
    while (
        run(workers, ENDLESS, service, seconds=seconds, prepare=partial(pin, limit)).used(
            seconds / 2, seconds
        )
        < 0.99
    ):
        limit = max(limit + 1, int(limit * 1.02))
    return limit


def overloaded(workers: int, size: float, service: Service, callers: int) -> Run:
    """Run one manager and a foreign load from second 5 to second 8."""
    return run(workers, size, service, seconds=16.0, intruder=(callers, 5.0, 8.0))


def recovery(one: Run, gone: float, before: float) -> float:
    """Return seconds from `gone` until the rate of half a second is that of `before` again."""
    at = gone
    while at < one.seconds - 0.5 and one.rate(0, at, at + 0.5) < 0.9 * before:
        at += 0.05
    return at - gone
