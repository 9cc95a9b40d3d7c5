"""How late is the result of one job noticed, by a manager that has nothing else to do?"""

from __future__ import annotations

import time

from arango_jobs import JobManager
from benchmarks import ours, peers
from benchmarks.results import Figure, Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import goal
from benchmarks.timing import Contender, median, tell
from benchmarks.work import sleeps

__all__ = ["TITLE", "run"]

TITLE = "Time added to one job: from submit to its result, less its duration"

_DURATIONS = (0.002, 0.05, 0.2)
_PEER = "python-arango, status() every ms"
_SYNC = "python-arango, synchronous call"


def run(settings: Settings, server: Server) -> Report:
    """Measure jobs of 2, 50 and 200 ms one at a time."""
    report = Report("latency", TITLE)
    for duration in _DURATIONS:
        if server.name == "stub":
            server.configure(duration=duration)
        count = settings.of(tiny=2, short=round(min(200, 4.0 / duration)), full=400)
        _add(report, server, f"{duration * 1e3:.0f} ms job", duration, count)
        _add_peers(report, settings, server, duration)
    server.configure()
    return report


def _add(report: Report, server: Server, what: str, duration: float, count: int) -> None:
    with ours.manager(server) as jobs:
        _one(jobs, duration)
        before = jobs.stats().requests
        times = [_one(jobs, duration) for _ in range(count)]
        polls = (jobs.stats().requests - before) / count - 1
    tell("")
    added = sorted(1e3 * (seconds - duration) for seconds in times)
    middle, late = median(added), added[int(len(added) * 0.95)]
    report.figures.append(
        Figure(
            f"{what}, arango_jobs",
            {"median ms": middle, "95th percentile ms": late, "looks each": polls},
            {"added ms": added},
        )
    )
    if duration <= 0.05:
        goal(report, server, f"median added to a {what}", 2.0, middle, unit="ms", is_least=False)
    else:
        share = 100 * middle / (duration * 1e3)
        goal(report, server, f"median added to a {what}", 5.0, share, unit="%", is_least=False)


def _one(jobs: JobManager, duration: float) -> float:
    task = sleeps(1, duration)
    start = time.perf_counter()
    task.call(jobs)(task.items[0]).result()
    return time.perf_counter() - start


def _add_peers(report: Report, settings: Settings, server: Server, duration: float) -> None:
    peer = peers.load("python_arango")
    if peer is None:
        return
    count = settings.of(tiny=1, short=round(min(60, 1.5 / duration)), full=100)
    one = sleeps(1, duration)
    for name, contender in (
        (_PEER, peer.documented_loop(server, one)),
        (_SYNC, peer.callers(_SYNC, server, one, 1)),
    ):
        added = _times(contender, duration, count)
        values = {"median ms": median(added), "95th percentile ms": added[int(count * 0.95)]}
        report.figures.append(
            Figure(f"{duration * 1e3:.0f} ms job, {name}", {**values}, {"added ms": added})
        )


def _times(contender: Contender, duration: float, count: int) -> list[float]:
    with contender.open() as work:
        work()
        found = []
        for _ in range(count):
            start = time.perf_counter()
            work()
            found.append(1e3 * (time.perf_counter() - start - duration))
    return sorted(found)
