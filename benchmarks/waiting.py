"""What does it cost to wait, while 10,000 jobs are pending on the server?"""

from __future__ import annotations

import itertools
import time
from typing import Any

from benchmarks import ours
from benchmarks.results import Figure, Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import goal
from benchmarks.work import sleeps

__all__ = ["TITLE", "run"]

TITLE = "The cost of waiting for pending jobs"

_LONG = 600.0


def run(settings: Settings, server: Server) -> Report:
    """Count requests and CPU from the moment on that the last job was accepted."""
    report = Report("waiting", TITLE)
    count = settings.of(tiny=50, short=10_000, full=10_000)
    seconds = settings.of(tiny=0.5, short=20.0, full=60.0)
    if not server.configure(duration=_LONG):
        report.notes.append("Needs a server whose operations can be made to last.")
        return report
    with ours.manager(server, max_in_flight=count, max_jobs=count) as jobs:
        ours.open_window(jobs, count)
        call = sleeps(1, _LONG).call(jobs)
        futures = [call({"seconds": _LONG}) for _ in range(count)]
        ours.await_ids(futures)
        seen = _watch(server, jobs, seconds)
        jobs.shutdown(wait=True, timeout=0.05)
    server.configure()
    _add(report, server, f"{count:,} pending for {seconds:g} s", seen)
    return report


def _watch(server: Server, jobs: Any, seconds: float) -> list[tuple[float, float, float]]:
    """Return (seconds, requests, CPU seconds) since the start, some times a second."""

    def requests() -> int:
        counted = server.requests()
        return jobs.stats().requests if counted is None else counted

    start, cpu, before = time.perf_counter(), time.process_time(), requests()
    seen = [(0.0, 0.0, 0.0)]
    while seen[-1][0] < seconds:
        time.sleep(min(0.5, seconds / 5))
        seen.append(
            (
                time.perf_counter() - start,
                float(requests() - before),
                time.process_time() - cpu,
            )
        )
    return seen


def _add(report: Report, server: Server, what: str, seen: list[tuple[float, float, float]]) -> None:
    seconds, requests, cpu = seen[-1]
    rate, share = requests / seconds, 100 * cpu / seconds
    rates = [
        (after[1] - before[1]) / (after[0] - before[0])
        for before, after in itertools.pairwise(seen)
    ]
    report.figures.append(
        Figure(
            what,
            {"requests a second": rate, "% of a core": share, "most a second": max(rates)},
            {"seconds": [each[0] for each in seen[1:]], "requests a second": rates},
        )
    )
    goal(report, server, f"requests a second, {what}", 20.0, rate, unit="/s", is_least=False)
    goal(report, server, f"share of a core, {what}", 3.0, share, unit="%", is_least=False)
