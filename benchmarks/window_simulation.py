"""The window under a simulated server: capacity, refusals, fairness, recovery.

    python benchmarks/window_simulation.py                    # prints the figures
    python benchmarks/window_simulation.py --plots DIRECTORY  # and draws them (matplotlib)

Virtual time, seeded: the same figures every time, in a minute. The jobs run in
the simulation of `simulated.py` and are sent by the real engine and its window.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from simulated import constant, exponential, mixed
from window_runs import ENDLESS, Run, overloaded, pin, recovery, run, saturating

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
    """Print how the window does with a queue that refuses, and whose time is not told."""
    print("Alone, a short queue, queue time not told: the window against workers + queue")
    for name, workers, size, service, seconds in SHORT_QUEUES:
        one = run(workers, size, service, seconds=seconds, is_telling=False)
        limit = one.limit(0, seconds / 2, seconds)
        print(
            f"  {name}: {limit:.1f} of {workers + size} ({limit / (workers + size):.0%}), "
            f"workers busy {one.used(seconds / 2, seconds):.1%}, refused {one.refused:.2%}"
        )


def print_needed() -> None:
    """Print how near the window comes to the number of jobs that keeps the workers busy."""
    print("Alone: jobs on their way against the least that keeps workers 99 % busy")
    endless = [(name, workers, ENDLESS, *rest) for name, workers, *rest in LONG_QUEUES]
    for name, workers, size, service, seconds in SHORT_QUEUES + endless:
        one = run(workers, size, service, seconds=seconds)
        jobs = one.in_flight(0, seconds / 2, seconds)
        least = saturating(workers, service, min(seconds, 6.0 if seconds < 12 else seconds))
        print(
            f"  {name}: {jobs:.1f}, least {least} ({jobs - least:+.1f}, {jobs / least - 1:+.0%}), "
            f"workers busy {one.used(seconds / 2, seconds):.1%}, refused {one.refused:.2%}, "
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


def print_start() -> None:
    """Print how fast a window opens against which nothing speaks."""
    print("20,000 jobs of 0 ms")
    for name, prepare in (("window", None), ("pinned to 1024", partial(pin, 1024))):
        one = run(32, 4096, constant(1e-5), seconds=2.0, backlog=20_000, prepare=prepare)
        client = one.clients[0]
        done = next(row.done for row in client.rows if row.limit >= 500)
        print(f"  {name}: {client.ended_at:.3f} s, 500 at a time after {done} had ended")


# ---- pictures


def draw(directory: Path) -> None:
    """Draw the windows over time into PNG files."""
    directory.mkdir(parents=True, exist_ok=True)
    endless = run(32, ENDLESS, exponential(0.02), seconds=4.0)
    short = run(8, 64, exponential(0.01), seconds=16.0)
    pair = run(8, 64, exponential(0.01), starts=(0.0, 5.0), seconds=20.0)
    over = overloaded(32, 500, exponential(0.02), 1000)
    _plot(directory / "window-endless.png", endless, "32 workers, 20 ms, an endless queue", 36)
    _plot(directory / "window-short.png", short, "8 workers, 10 ms, a queue of 64", 11)
    _plot(directory / "window-two.png", pair, "two managers, the second from second 5 on", 6)
    _plot(
        directory / "window-overload.png",
        over,
        "32 workers, a foreign load in seconds 5 to 8",
        36,
    )


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
    upper.axhline(line, color="grey", linewidth=0.8, linestyle=":", label="needed")
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
    print_needed()
    print_pairs()
    print_overloads()
    print_start()


if __name__ == "__main__":
    main()
