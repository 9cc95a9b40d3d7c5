"""The window under a simulated server: capacity, refusals, fairness, recovery.

    python benchmarks/window_simulation.py                    # prints the figures
    python benchmarks/window_simulation.py --plots DIRECTORY  # and draws them (matplotlib)

Virtual time, seeded: the same figures every time, in half a minute. The jobs run in
the simulation of `simulated.py` and are sent by the real engine and its window.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from simulated import (
    Client,
    Intruder,
    Row,
    Server,
    Service,
    World,
    constant,
    exponential,
    mixed,
    watch,
)

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

    def __init__(self, limit: int) -> None:
        self.limit = float(limit)

    def accepted(self, in_flight: int) -> None:
        """Do nothing."""

    def finished(self, sent_at: float, now: float) -> bool:
        """Do nothing."""
        return False

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


# ---- the figures

SHORT_QUEUES = [
    ("4 workers, queue 16, 5 ms", 4, 16, exponential(0.005), 10.0),
    ("8 workers, queue 64, 10 ms", 8, 64, exponential(0.01), 16.0),
    ("8 workers, queue 64, 10 ms constant", 8, 64, constant(0.01), 16.0),
    ("16 workers, queue 100, 5 ms", 16, 100, exponential(0.005), 10.0),
    ("4 workers, queue 28, 50 ms", 4, 28, exponential(0.05), 60.0),
]
LONG_QUEUES = [
    ("4 workers, 50 ms", 4, exponential(0.05), 30.0),
    ("8 workers, 10 ms", 8, exponential(0.01), 8.0),
    ("32 workers, 20 ms", 32, exponential(0.02), 8.0),
    ("32 workers, 100 ms", 32, exponential(0.1), 16.0),
    ("32 workers, 2 ms, one in twenty 200 ms", 32, mixed(0.002, 0.2, 0.05), 8.0),
    ("128 workers, 50 ms", 128, exponential(0.05), 8.0),
]
PAIRS = [
    ("8 workers, queue 64, 10 ms, together", 8, 64, exponential(0.01), (0.0, 0.0), 20.0),
    ("8 workers, queue 64, 10 ms, one later", 8, 64, exponential(0.01), (0.0, 5.0), 25.0),
    ("4 workers, queue 16, 5 ms, one later", 4, 16, exponential(0.005), (0.0, 3.0), 18.0),
    ("16 workers, queue 48, 20 ms, one later", 16, 48, exponential(0.02), (0.0, 4.0), 24.0),
    ("32 workers, endless, 20 ms, one later", 32, ENDLESS, exponential(0.02), (0.0, 4.0), 16.0),
    ("8 workers, queue 64, 10 ms, five", 8, 64, exponential(0.01), (0.0, 2.0, 4.0, 6.0, 8.0), 24.0),
]


def print_short_queues() -> None:
    """Print how near the window comes to what the server holds."""
    for is_telling in (True, False):
        told = "told" if is_telling else "not told"
        print(f"Alone, a short queue, queue time {told}: the window against workers + queue")
        for name, workers, size, service, seconds in SHORT_QUEUES:
            one = run(workers, size, service, seconds=seconds, is_telling=is_telling)
            limit = one.limit(0, seconds / 2, seconds)
            print(
                f"  {name}: {limit:.1f} of {workers + size} ({limit / (workers + size):.0%}), "
                f"workers busy {one.used(seconds / 2, seconds):.1%}, refused {one.refused:.2%}"
            )


def print_long_queues() -> None:
    """Print how near the window comes to the number of jobs that keeps the workers busy."""
    print("Alone, an endless queue: the window against the least that keeps workers 99 % busy")
    for name, workers, service, seconds in LONG_QUEUES:
        one = run(workers, ENDLESS, service, seconds=seconds)
        limit = one.limit(0, seconds / 2, seconds)
        least = saturating(workers, service, min(seconds, 6.0 if seconds < 12 else seconds))
        print(
            f"  {name}: {limit:.1f}, least {least} ({limit / least - 1:+.0%}), "
            f"workers busy {one.used(seconds / 2, seconds):.1%}, "
            f"at most {max(row.limit for row in one.clients[0].rows):.0f} at the start"
        )


def print_pairs() -> None:
    """Print how managers share a server."""
    print("Several managers: shares")
    for name, workers, size, service, starts, seconds in PAIRS:
        one = run(workers, size, service, starts=starts, seconds=seconds)
        last = max(starts)
        half = (last + seconds) / 2
        each = ", ".join(f"{client.refused / client.submitted:.2%}" for client in one.clients)
        print(
            f"  {name}: Jain {one.fairness(half, seconds):.3f}, above 0.95 after "
            f"{one.fair_after(last, 1.0):.1f} s, workers busy {one.used(last, seconds):.1%}, "
            f"refused {one.refused:.2%} (each: {each})"
        )


def print_overloads() -> None:
    """Print how long it takes after other people have filled the queue."""
    print("A foreign load fills the queue")
    for name, workers, size, service, callers in (
        ("8 workers, queue 64, 10 ms", 8, 64, exponential(0.01), 300),
        ("32 workers, queue 500, 20 ms", 32, 500, exponential(0.02), 1000),
    ):
        one = overloaded(workers, size, service, callers)
        before = one.rate(0, 2.5, 5.0)
        print(f"  {name}: 90 % of the rate {recovery(one, 8.0, before):.2f} s after it has gone")


def overloaded(workers: int, size: float, service: Service, callers: int) -> Run:
    """Run one manager and a foreign load from second 5 to second 8."""
    return run(workers, size, service, seconds=16.0, intruder=(callers, 5.0, 8.0))


def recovery(one: Run, gone: float, before: float) -> float:
    """Return seconds from `gone` until the rate of half a second is that of `before` again."""
    at = gone
    while at < one.seconds - 0.5 and one.rate(0, at, at + 0.5) < 0.9 * before:
        at += 0.05
    return at - gone


def print_start() -> None:
    """Print how fast a window opens against which nothing speaks."""
    print("20,000 jobs of 0 ms")
    for name, prepare in (("window", None), ("pinned to 1024", partial(pin, 1024))):
        one = run(32, 4096, constant(1e-5), seconds=2.0, backlog=20_000, prepare=prepare)
        client = one.clients[0]
        wide = next(row.at for row in client.rows if row.limit >= 500)
        trips = wide / client.round_trip
        print(f"  {name}: {client.ended_at:.3f} s, 500 after {wide * 1000:.0f} ms ({trips:.0f} rtt)")


# ---- pictures


def draw(directory: Path) -> None:
    """Draw the windows over time into PNG files."""
    directory.mkdir(parents=True, exist_ok=True)
    endless = run(32, ENDLESS, exponential(0.02), seconds=4.0)
    short = run(8, 64, exponential(0.01), seconds=16.0)
    pair = run(8, 64, exponential(0.01), starts=(0.0, 5.0), seconds=20.0)
    over = overloaded(32, 500, exponential(0.02), 1000)
    _plot(directory / "window-endless.png", endless, "32 workers, 20 ms, an endless queue", 32)
    _plot(directory / "window-short.png", short, "8 workers and a queue of 64", 72)
    _plot(directory / "window-two.png", pair, "two managers, the second from second 5 on", 72)
    _plot(directory / "window-overload.png", over, "a foreign load in seconds 5 to 8", 32)


def _plot(path: Path, one: Run, title: str, line: float) -> None:
    figure, (upper, lower) = pyplot.subplots(2, 1, sharex=True, figsize=(7, 4.2), dpi=80)
    span = one.seconds / 40
    for number, client in enumerate(one.clients):
        label = f"manager {number + 1}" if len(one.clients) > 1 else "window"
        rows = [row for row in client.rows if row.at >= client.start]
        upper.plot([row.at for row in rows], [row.limit for row in rows], label=label)
        times = [span * each for each in range(int(client.start / span), 40)]
        rates = [one.rate(number, at, at + span) for at in times]
        lower.plot([at + span / 2 for at in times], rates, label=label)
    upper.axhline(line, color="grey", linewidth=0.8, linestyle=":")
    upper.set_title(title, fontsize=10)
    upper.set_ylabel("jobs at most")
    upper.legend(fontsize=8)
    lower.set_ylabel("jobs per second")
    lower.set_xlabel("seconds")
    lower.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
except ImportError:  # only the pictures need it
    pyplot = None


def main() -> None:
    """Print the figures, draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--plots", type=Path, metavar="DIRECTORY", help="where to put PNG files")
    directory = parser.parse_args().plots
    if directory is not None:
        if pyplot is None:
            parser.error("--plots needs matplotlib")
        draw(directory)
    print_short_queues()
    print_long_queues()
    print_pairs()
    print_overloads()
    print_start()


if __name__ == "__main__":
    main()
