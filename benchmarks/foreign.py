"""Do 10,000 finished jobs of other programs on the server make ours slower?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import ours
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, goal
from benchmarks.timing import Contender, Work, measure, ratio
from benchmarks.work import inserts

__all__ = ["TITLE", "run"]

TITLE = "Finished jobs of other programs on the server"


def run(settings: Settings, server: Server) -> Report:
    """Measure with them and without, in turns."""
    server.configure()
    report = Report("foreign", TITLE)
    size = settings.of(tiny=50, short=10_000, full=50_000)
    others = settings.of(tiny=50, short=10_000, full=10_000)
    task = inserts(settings.seed, size)
    for merge, word in ((False, "not merged"), (True, "merged")):
        alone = ours.contender(f"{word}, alone", server, task, merge=merge)
        beside = ours.contender(f"{word}, {others:,} of others", server, task, merge=merge)
        found = measure([alone, _with_others(beside, server, others)], server, settings.repeats)
        add_rates(report, found, alone.name, short="alone")
        measured = ratio(found[beside.name], found[alone.name])
        goal(report, server, f"{word}, {others:,} ids of others, against none", 0.9, measured)
    server.reset()
    return report


def _with_others(contender: Contender, server: Server, count: int) -> Contender:
    @contextmanager
    def opened() -> Iterator[Work]:
        server.add_foreign(count)
        with contender.open() as work:
            yield work

    return Contender(contender.name, contender.operations, opened)
