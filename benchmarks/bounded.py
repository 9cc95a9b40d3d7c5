"""What if the server is the limit?

With 8 workers, 80 µs an operation and 20 µs a document: what do arrays gain? And how
much of what a server can do do single operations get out of it, there and with 32
workers of 5 ms, where not even the fastest client is the limit?
"""

from __future__ import annotations

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, goal
from benchmarks.timing import Contender, measure, ratio
from benchmarks.work import inserts

__all__ = ["TITLE", "run"]

TITLE = "A server that executes at a bounded rate"

_WORKERS, _DURATION, _PER_DOCUMENT = 8, 80e-6, 20e-6
_SLOW_WORKERS, _SLOW_DURATION = 32, 5e-3
_ONE, _FOUR = "python-arango, insert_many(1000)", "python-arango, insert_many(1000), 4 at once"
_MERGED, _SINGLE = "arango_jobs, merged", "arango_jobs, not merged"


def run(settings: Settings, server: Server) -> Report:
    """Measure arrays, merged and single inserts."""
    report = Report("bounded", TITLE)
    if not server.configure(duration=_DURATION, per_document=_PER_DOCUMENT, workers=_WORKERS):
        report.notes.append("Needs a server whose rate can be set: the stub or LocalServer.")
        return report
    size = settings.of(tiny=50, short=20_000, full=100_000)
    task = inserts(settings.seed, size)
    contenders: list[Contender] = [
        ours.contender(_MERGED, server, task),
        ours.contender(_SINGLE, server, task, merge=False),
    ]
    if peer := peers.load("python_arango"):
        contenders += [
            peer.insert_many(server, task, _ONE),
            peer.insert_many(server, task, _FOUR, at_once=4),
        ]
    found = measure(contenders, server, settings.repeats)
    add_rates(report, found, _ONE, short="insert_many")
    merged, single = found[_MERGED], found[_SINGLE]
    one, four = ratio(merged, found.get(_ONE)), ratio(merged, found.get(_FOUR))
    goal(report, server, "merged, against sequential insert_many(1000)", 2.0, one)
    goal(report, server, "merged, against four insert_many(1000) at once", 0.5, four)
    _add_share(report, server, single.rate, _WORKERS / (_DURATION + _PER_DOCUMENT))
    _measure_slow(report, settings, server)
    return report


def _measure_slow(report: Report, settings: Settings, server: Server) -> None:
    server.configure(duration=_SLOW_DURATION, workers=_SLOW_WORKERS)
    task = inserts(settings.seed, settings.of(tiny=50, short=6_000, full=30_000))
    name = "arango_jobs, not merged, 32 workers of 5 ms"
    found = measure([ours.contender(name, server, task, merge=False)], server, settings.repeats)
    add_rates(report, found, _ONE, short="insert_many")
    _add_share(report, server, found[name].rate, _SLOW_WORKERS / _SLOW_DURATION)
    server.configure()


def _add_share(report: Report, server: Server, rate: float, most: float) -> None:
    text = f"not merged, against the {most:,.0f}/s that the server can do"
    goal(report, server, text, 0.9, rate / most)
