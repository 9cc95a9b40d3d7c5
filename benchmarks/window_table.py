"""The window over servers of many sizes: what it makes of them, shares, and recovery.

    python benchmarks/window_table.py                             # all: a quarter of an hour
    python benchmarks/window_table.py --workers 8,32 --service 20

Virtual time, seeded. Prints a line for each server: how much of what it can do it did,
how many jobs were on their way to it and how many that takes, refusals, two managers'
shares, and the time until the rate was back after a foreign load. A small queue holds
two jobs for each worker, and at least eight.
"""

from __future__ import annotations

import argparse
from functools import partial

from simulated import exponential
from window_runs import ENDLESS, overloaded, pin, recovery, run

WORKERS = "1,2,4,8,16,32,64,128"
MILLISECONDS = "1,5,20,100"
CLIENT = 14_000.0
"""Jobs in a second that a simulated manager's one thread is good for, about."""
MOST = 1024
HEAD = (
    "| workers | ms | queue | capacity used | jobs on their way | needed | refused "
    "| two: Jain | two: capacity used | back after |"
)


def span(workers: int, service: float) -> float:
    """Return the seconds of a run: some thousand jobs, within reason."""
    return min(60.0, max(3.0, 8000 / min(workers / service, CLIENT)))


def needed(workers: int, service: float) -> tuple[int, float]:
    """Return the least jobs at a time that reach 99 % of what can be done, and that share."""
    seconds = span(workers, service)

    def used(limit: int) -> float:
        one = run(
            workers, ENDLESS, exponential(service), seconds=seconds, prepare=partial(pin, limit)
        )
        return one.used(seconds / 4, seconds)

    best = used(MOST)
    low, high = 0, max(2, workers)
    while high < MOST and used(high) < 0.99 * best:
        low, high = high, min(MOST, 2 * high)
    while high - low > max(1, 0.01 * high):
        middle = (low + high) // 2
        low, high = (middle, high) if used(middle) < 0.99 * best else (low, middle)
    return high, best


def line(workers: int, milliseconds: float, is_small: bool, least: int, best: float) -> str:
    """Return the table's line for one server that can be used for the share `best` of its time."""
    service = exponential(milliseconds / 1e3)
    seconds = span(workers, milliseconds / 1e3)
    half = seconds / 2
    size = max(8, 2 * workers) if is_small else ENDLESS
    one = run(workers, size, service, seconds=seconds)
    two = run(workers, size, service, seconds=2 * seconds, starts=(0.0, half))
    over = overloaded(workers, size, service, 4 * workers + (int(size) if is_small else 100))
    before = over.rate(0, 2.5, 5.0)
    is_ours = best < 0.95
    return (
        f"| {workers} | {milliseconds:g} | {'small' if is_small else 'endless'} "
        f"| {one.used(half, seconds) / best:.1%} | {one.in_flight(0, half, seconds):.1f} "
        f"| {least}{' (the client is the limit)' if is_ours else ''} | {one.refused:.2%} "
        f"| {two.fairness(seconds, 2 * seconds):.3f} "
        f"| {two.used(seconds, 2 * seconds):.1%} | {recovery(over, 8.0, before):.2f} s |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--workers", default=WORKERS, help=f"default {WORKERS}")
    parser.add_argument("--service", default=MILLISECONDS, help=f"ms, default {MILLISECONDS}")
    options = parser.parse_args()
    print(HEAD)
    print("|" + " --- |" * 10)
    for milliseconds in map(float, options.service.split(",")):
        for workers in map(int, options.workers.split(",")):
            least, best = needed(workers, milliseconds / 1e3)
            for is_small in (True, False):
                print(line(workers, milliseconds, is_small, least, best), flush=True)


if __name__ == "__main__":
    main()
