"""What if each operation takes the server 50 ms, and it executes any number at once?"""

from __future__ import annotations

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates
from benchmarks.timing import Contender, measure
from benchmarks.work import Task, inserts, sleeps

__all__ = ["TITLE", "run"]

TITLE = "Operations that take 50 ms, any number at once"

_SECONDS = 0.05
_LOOP = "python-arango, the loop of its documentation"


def run(settings: Settings, server: Server) -> Report:
    """Measure queries of 50 ms and, where the server can be told, inserts of 50 ms."""
    report = Report("long_jobs", TITLE)
    size = settings.of(tiny=50, short=5_000, full=20_000)
    task = sleeps(size, _SECONDS)
    if server.name == "stub":
        # The stub does not read the query.
        server.configure(duration=_SECONDS)
    contenders = [
        # All of them at once; the default of 1,024 is the server's, not the client's.
        ours.contender(f"arango_jobs, {size:,} queries", server, task, max_jobs=size),
        ours.contender("arango_jobs, as it is by default", server, task),
    ]
    contenders += _of_peers(settings, server, task)
    if server.name == "stub":
        many = inserts(settings.seed, size)
        contenders.append(ours.contender("arango_jobs, inserts merged", server, many))
    add_rates(report, measure(contenders, server, settings.repeats), _LOOP)
    report.notes.append(
        "A thread pool is limited by its threads here, so its ratio says nothing about a server."
    )
    return report


def _of_peers(settings: Settings, server: Server, task: Task) -> list[Contender]:
    contenders: list[Contender] = []
    if peer := peers.load("python_arango"):
        loop = task.first(settings.of(tiny=50, short=1_000, full=5_000))
        pool = task.first(settings.of(tiny=50, short=160, full=1_000))
        contenders += [
            peer.documented_loop(server, loop, _LOOP),
            peer.thread_pool(server, pool),
        ]
    if peer := peers.load("python_arango_async"):
        few = task.first(settings.of(tiny=50, short=1_500, full=5_000))
        contenders += [peer.calls(server, few), peer.jobs(server, few, at_once=len(few))]
    return contenders
