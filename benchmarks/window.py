"""How many jobs is a server given when another load comes and goes?

Against the embedded server, as only that one has a queue: 8 workers, 5 ms an operation.
In the second third another program submits 900 operations a second, so that there is
room for 700 of ours.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from arango_jobs import JobManager
from benchmarks import ours
from benchmarks.results import Figure, Report
from benchmarks.servers.base import Server
from benchmarks.servers.local import Local
from benchmarks.settings import Settings
from benchmarks.work import queries

__all__ = ["TITLE", "run"]

TITLE = "The window: jobs given to a server while another load comes and goes"

_WORKERS, _SECONDS, _LIMIT = 8, 0.005, 0.25


def run(settings: Settings, _server: Server) -> Report:
    """Watch a manager for some seconds."""
    report = Report("window", TITLE)
    third = settings.of(tiny=0.2, short=4.0, full=10.0)
    local = Local(settings.is_pinned)
    try:
        local.configure(duration=_SECONDS, workers=_WORKERS)
        with ours.manager(local, merge=False, queue_limit=_LIMIT) as jobs:
            seen = _watch(local, jobs, third)
            succeeded, failed = jobs.stats().succeeded, jobs.stats().failed
            jobs.shutdown(wait=True, cancel_futures=True, timeout=1.0)
    finally:
        local.close()
    series = {
        "seconds": [each[0] for each in seen],
        "window": [each[1] for each in seen],
        "jobs": [each[2] for each in seen],
        "queue time ms": [1e3 * each[3] for each in seen],
    }
    for number, name in enumerate(("alone", "with another load", "alone again")):
        part = [each for each in seen if number * third <= each[0] < (number + 1) * third]
        if part:
            report.figures.append(
                Figure(
                    name,
                    {
                        "window, mean": sum(each[1] for each in part) / len(part),
                        "jobs, mean": sum(each[2] for each in part) / len(part),
                        "queue time ms, most": 1e3 * max(each[3] for each in part),
                    },
                    series if number == 0 else {},
                )
            )
    report.notes.append(
        f"LocalServer with {_WORKERS} workers, {_SECONDS * 1e3:g} ms an operation, so "
        f"{_WORKERS / _SECONDS:,.0f}/s at most; queue_limit {_LIMIT} s. "
        f"{succeeded:,} operations succeeded, {failed} failed."
    )
    return report


def _watch(
    server: Server, jobs: JobManager, third: float
) -> list[tuple[float, float, float, float]]:
    """Keep `jobs` busy for three thirds; return (seconds, window, jobs, queue time) as it went."""
    is_over = threading.Event()
    feeder = threading.Thread(target=_feed, args=(jobs, is_over), daemon=True)
    start = time.monotonic()
    feeder.start()
    intruder: subprocess.Popen[bytes] | None = None
    seen = []
    while (age := time.monotonic() - start) < 3 * third:
        if intruder is None and age >= third:
            intruder = _intruder(server, third)
        host = jobs.stats().hosts[0]
        seen.append((age, float(host.window), float(host.jobs), host.queue_time or 0.0))
        time.sleep(0.02)
    is_over.set()
    if intruder is not None:
        intruder.kill()
        intruder.wait()
    # Free the feeder, which may be waiting for room.
    jobs.shutdown(wait=False, cancel_futures=True)
    feeder.join(5)
    return seen


def _feed(jobs: JobManager, is_over: threading.Event) -> None:
    task = queries(1, 1000)
    call = task.call(jobs)
    try:
        while not is_over.is_set():
            for item in task.items[:20]:
                call(item)
    except RuntimeError:
        # Closed while it waited for room.
        return


def _intruder(server: Server, seconds: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.intruder", server.url, str(seconds)],
        stdout=subprocess.DEVNULL,
    )
