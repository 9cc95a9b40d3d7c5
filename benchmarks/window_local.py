"""The window against the embedded server: capacity, refusals, fairness, the cost of starting.

    python benchmarks/window_local.py

Real managers, real sockets, real time: two minutes. One process runs everything, so
the figures are below what two machines give; `window_simulation.py` has exact ones.
"""

from __future__ import annotations

import argparse
import threading
import time
from dataclasses import dataclass, field

from window_runs import Pinned

from arango_jobs import ArangoClient, JobManager
from arango_jobs.local import LocalServer


@dataclass
class Load:
    """One manager that is kept busy for a while."""

    server: LocalServer
    start: float
    seconds: float
    pinned: int = 0
    """The window if it does not move."""
    limits: list[tuple[float, int]] = field(default_factory=list)
    done: list[tuple[float, int]] = field(default_factory=list)

    def run(self, began: float) -> None:
        """Submit without a pause, at most 300 ahead, and note the window."""
        time.sleep(self.start)
        db = ArangoClient(hosts=self.server.urls).db("_system", username="root", password="")
        manager = JobManager(db, max_in_flight=300, merge=False)
        until = began + self.start + self.seconds
        noted = 0.0
        with manager as jobs:
            host = jobs._desk.poller.engine.hosts[0]  # a benchmark may look inside
            if self.pinned:
                host.window = Pinned(self.pinned)  # type: ignore[assignment]
            students = jobs.collection("students")
            while (now := time.monotonic()) < until:
                students.get("nobody")
                if now >= noted:
                    noted = now + 0.05
                    stats = jobs.stats()
                    ended = stats.succeeded + stats.failed
                    self.limits.append((now - began, stats.hosts[0].window))
                    self.done.append((now - began, ended))

    def rate(self, start: float, stop: float) -> float:
        """Return how many jobs ended in a second between two times."""
        seen = [each for each in self.done if start <= each[0] <= stop]
        return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])

    def limit(self, start: float, stop: float) -> float:
        """Return the window's mean between two times."""
        seen = [limit for at, limit in self.limits if start <= at <= stop]
        return sum(seen) / len(seen)


def run(
    name: str, *, workers: int, queue_size: int, service: float, starts: list[float], seconds: float
) -> None:
    """Run managers against a server, with a window that stays wide and with ours; print both."""
    most = max(
        measure(workers, queue_size, service, [0], seconds / 2, pinned=pinned).rate
        for pinned in (workers + 2, workers + 8, 2 * workers + 8)
    )
    one = measure(workers, queue_size, service, starts, seconds)
    print(
        f"{name}: {workers} workers, queue of {queue_size}, {service * 1000:.0f} ms: "
        f"{one.rate:.0f} jobs/s ({one.rate / most:.1%} of {most:.0f} with the best pinned window, "
        f"{one.rate * service / workers:.1%} of workers / service time), "
        f"window {', '.join(f'{each:.1f}' for each in one.windows)}, "
        f"{one.refused} refused of {one.ended} ({one.refused / one.ended:.2%}), "
        f"Jain {one.fairness:.3f}",
        flush=True,
    )


@dataclass
class Measured:
    """What came of a run, in its second half where it is a rate."""

    rate: float
    fairness: float
    windows: list[float]
    refused: int
    ended: int


def measure(
    workers: int,
    queue_size: int,
    service: float,
    starts: list[float],
    seconds: float,
    pinned: int = 0,
) -> Measured:
    """Run managers against a server."""
    with LocalServer(workers=workers, queue_size=queue_size, service_time=service) as server:
        db = ArangoClient(hosts=server.urls).db("_system", username="root", password="")
        db.create_collection("students")
        loads = [Load(server, start, seconds - start, pinned) for start in starts]
        began = time.monotonic()
        threads = [threading.Thread(target=load.run, args=(began,)) for load in loads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        scheduler = server.deployment.coordinators[0].scheduler
        refused = scheduler.queue_full_failures
    half = (max(starts) + seconds) / 2
    rates = [load.rate(half, seconds) for load in loads]
    fairness = sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))
    return Measured(
        sum(rates),
        fairness,
        [load.limit(half, seconds) for load in loads],
        refused,
        sum(load.done[-1][1] for load in loads),
    )


def start_fast(count: int) -> None:
    """Time `count` jobs that take no time, with and without the window's start."""
    for window in ("from the start", "all at once"):
        with LocalServer() as server:
            db = ArangoClient(hosts=server.urls).db("_system", username="root", password="")
            db.create_collection("students")
            with JobManager(db, merge=False) as jobs:
                if window == "all at once":
                    host = jobs._desk.poller.engine.hosts[0]  # a benchmark may look inside
                    host.window.limit = 1024.0
                students = jobs.collection("students")
                began = time.perf_counter()
                futures = [students.has("nobody") for _ in range(count)]
                for future in futures:
                    future.result()
                seconds = time.perf_counter() - began
        print(f"{count} jobs of 0 ms, window {window}: {seconds:.2f} s, {count / seconds:.0f}/s")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    run("alone", workers=4, queue_size=28, service=0.02, starts=[0], seconds=6)
    run("alone", workers=8, queue_size=64, service=0.02, starts=[0], seconds=6)
    run("alone", workers=32, queue_size=4096, service=0.1, starts=[0], seconds=10)
    run("alone", workers=2, queue_size=16, service=0.005, starts=[0], seconds=5)
    run("two", workers=8, queue_size=64, service=0.02, starts=[0, 0], seconds=10)
    run("late", workers=8, queue_size=64, service=0.02, starts=[0, 3], seconds=12)
    run("late", workers=16, queue_size=4096, service=0.02, starts=[0, 2], seconds=8)
    start_fast(20_000)


if __name__ == "__main__":
    main()
