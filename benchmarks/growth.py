"""Does an operation cost the same, whether it is one of a thousand or one of a million?"""

from __future__ import annotations

import gc
import time
from typing import Any

from arango_jobs import ArangoClient, JobManager
from benchmarks import isolated
from benchmarks.memory import resident
from benchmarks.results import Figure, Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import goal
from benchmarks.timing import median, tell
from benchmarks.work import inserts

__all__ = ["TITLE", "measure", "run"]

TITLE = "Growth from 1,000 to 1,000,000 operations"

_ALL = (1_000, 10_000, 100_000, 1_000_000)
_LEAST = 20_000
"""Operations measured for a size at least: smaller sizes are measured in several batches."""


def run(settings: Settings, server: Server) -> Report:
    """Measure each size in a process of its own; every future is kept."""
    server.configure()
    report = Report("growth", TITLE)
    sizes = {
        "merged": settings.of(tiny=(25, 50), short=(1_000, 10_000, 100_000, 1_000_000), full=_ALL),
        "not merged": settings.of(tiny=(25, 50), short=(1_000, 10_000, 100_000), full=_ALL),
    }
    for word, counts in sizes.items():
        _measure(report, settings, server, word, counts)
    report.notes.append(
        "Memory is what the process grew by until every result was there, all futures and "
        "results kept; documents not counted. For 1,000 it is the sum over batches of 1,000."
    )
    return report


def _measure(
    report: Report, settings: Settings, server: Server, word: str, counts: tuple[int, ...]
) -> None:
    found: dict[int, tuple[float, float]] = {}
    for count in counts:
        tell(f"{word}, {count:,}")
        runs = []
        for _ in range(settings.of(tiny=1, short=1 if count > 100_000 else 3, full=3)):
            server.reset()
            runs.append(
                isolated.call(
                    "benchmarks.growth:measure",
                    url=server.url,
                    seed=settings.seed,
                    count=count,
                    batches=settings.of(tiny=1, short=max(1, _LEAST // count), full=None)
                    or max(1, 2 * _LEAST // count),
                    merge=word == "merged",
                    is_pinned=settings.is_pinned,
                )
            )
        time_each, bytes_each, cpu_each = (
            median(one[key] for one in runs) for key in ("µs", "bytes", "CPU µs")
        )
        found[count] = (time_each, bytes_each)
        report.figures.append(
            Figure(
                f"{word}, {count:,}",
                {"µs each": time_each, "CPU µs each": cpu_each, "bytes each": bytes_each},
                {"count": [float(count)], "µs each": [run["µs"] for run in runs]},
            )
        )
    tell("")
    least, most = min(counts), max(counts)
    for number, what in enumerate(("time", "memory")):
        measured = found[most][number] / found[least][number]
        text = f"{what} of an operation {word}, {most:,} against {least:,}"
        goal(report, server, text, 1.2, measured, is_least=False)


def measure(*, url: str, seed: int, count: int, batches: int, merge: bool) -> dict[str, float]:
    """Return time and memory of each of `count` operations; the median time of `batches`."""
    task = inserts(seed, count)
    db = ArangoClient(hosts=url).db()
    times, spent, kept = [], [], []
    with JobManager(db, merge=merge) as jobs:
        call: Any = task.call(jobs)
        call(task.items[0]).result()
        before = resident()
        for _ in range(batches):
            gc.collect()
            start, cpu = time.perf_counter(), time.process_time()
            futures = [call(item) for item in task.items]
            for future in futures:
                future.result()
            times.append(time.perf_counter() - start)
            spent.append(time.process_time() - cpu)
            kept.append(futures)
        grown = resident() - before
    return {
        "µs": median(times) / count * 1e6,
        "CPU µs": median(spent) / count * 1e6,
        "bytes": grown / count / batches,
    }
