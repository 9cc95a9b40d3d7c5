"""How much memory does a future take while it waits?

Each figure comes from a process of its own, once by what Python's allocator hands out
(`tracemalloc`) and once by what the system counts (RSS).
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from arango_jobs import ArangoClient, JobManager
from benchmarks import isolated, ours
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import goal
from benchmarks.timing import tell
from benchmarks.work import inserts

__all__ = ["TITLE", "by_system", "of_pool", "resident", "run", "traced"]

TITLE = "Memory of a future that waits, beyond the operation's own body"

_LONG = 3600.0
_STATES = {
    "pending on the server, not merged": {"merge": False, "is_sent": True},
    "pending on the server, merged": {"merge": True, "is_sent": True},
    "not sent yet": {"merge": False, "is_sent": False},
}


def run(settings: Settings, server: Server) -> Report:
    """Measure futures in each state."""
    report = Report("memory", TITLE)
    if not server.configure(duration=_LONG):
        report.notes.append("Needs a server whose operations can be made to last.")
        return report
    few = settings.of(tiny=50, short=20_000, full=50_000)
    many = settings.of(tiny=50, short=100_000, full=200_000)
    where = {"seed": settings.seed, "is_pinned": settings.is_pinned}
    for name, state in _STATES.items():
        tell(name)
        found = {}
        for function, count in (("traced", few), ("by_system", many)):
            # The embedded server has another URL afterwards.
            server.reset()
            found[function] = isolated.call(
                f"benchmarks.memory:{function}", url=server.url, count=count, **where, **state
            )
        measured, system = found["traced"], found["by_system"]
        report.add(name, bytes_traced=measured, bytes_RSS=system)
        for how, value in (("tracemalloc", measured), ("RSS", system)):
            text = f"bytes of a future {name}, by {how}"
            goal(report, server, text, 500.0, value, unit="B", is_least=False, digits=0)
    pool = isolated.call("benchmarks.memory:of_pool", count=few, is_pinned=settings.is_pinned)
    tell("")
    report.add("(a call that waits in a ThreadPoolExecutor)", bytes_traced=pool, bytes_RSS=None)
    server.configure()
    return report


def traced(*, url: str, seed: int, count: int, merge: bool, is_sent: bool) -> float:
    """Return the bytes that Python's allocator handed out for each of `count` futures."""
    return _measure(_allocated, url, seed, count, merge, is_sent)


def by_system(*, url: str, seed: int, count: int, merge: bool, is_sent: bool) -> float:
    """Return the bytes that the process grew by for each of `count` futures."""
    return _measure(resident, url, seed, count, merge, is_sent)


def of_pool(*, count: int) -> float:
    """Return what a submitted call takes in the standard library's pool."""
    items = inserts(1, count).items
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(gate.wait)
        before = _allocated()
        futures: list[Future[Any]] = [pool.submit(len, item) for item in items]
        after = _allocated()
        gate.set()
    return (after - before) / len(futures)


def _allocated() -> int:
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    # Elsewhere the most there ever was stands for what there is.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _measure(
    read: Callable[[], int], url: str, seed: int, count: int, merge: bool, is_sent: bool
) -> float:
    task = inserts(seed, count)
    sent = count + 64 if is_sent else 32
    db = ArangoClient(hosts=url).db()
    options: dict[str, Any] = {"max_in_flight": count + 64, "max_jobs": sent}
    with JobManager(db, merge=merge, max_bytes=1 << 34, **options) as jobs:
        ours.open_window(jobs, sent)
        call = task.call(jobs)
        # What is made once only is not the futures': threads, connections, caches.
        warm = [call(item) for item in task.items[:1]]
        ours.await_ids(warm)
        before = read()
        futures = [call(item) for item in task.items]
        ours.await_ids(futures if is_sent else futures[:8])
        time.sleep(0.3)
        grown = read() - before
        # The encoded body is the operation's own.
        bodies = sum(map(sys.getsizeof, filter(None, (each.payload for each in futures))))
        jobs.shutdown(wait=True, cancel_futures=True, timeout=0.01)
    return (grown - bodies) / count
