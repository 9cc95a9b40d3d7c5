"""How fast is what cannot be merged: AQL queries and, with merging off, single reads?"""

from __future__ import annotations

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, best_of, goal
from benchmarks.timing import Contender, measure, ratio
from benchmarks.work import Task, gets, queries

__all__ = ["TITLE", "run"]

TITLE = "AQL queries and single reads, not merged"


def run(settings: Settings, server: Server) -> Report:
    """Measure each kind beside the peers."""
    server.configure()
    report = Report("single_calls", TITLE)
    size = settings.of(tiny=50, short=5_000, full=20_000)
    for task in (queries(settings.seed, size), gets(settings.seed, size)):
        _measure(report, settings, server, task)
    return report


def _measure(report: Report, settings: Settings, server: Server, task: Task) -> None:
    name = f"arango_jobs, {task.name}"
    loop, pool = f"python-arango loop, {task.name}", f"python-arango 8 threads, {task.name}"
    calls = f"python-arango-async, {task.name}"
    jobs = f"python-arango-async jobs, {task.name}"
    contenders: list[Contender] = [ours.contender(name, server, task, merge=False)]
    if peer := peers.load("python_arango"):
        slow = task.first(settings.of(tiny=50, short=400, full=5_000))
        few = task.first(settings.of(tiny=50, short=1_000, full=5_000))
        contenders += [
            peer.documented_loop(server, slow, loop),
            peer.thread_pool(server, few, pool),
        ]
    if peer := peers.load("python_arango_async"):
        few = task.first(settings.of(tiny=50, short=1_500, full=5_000))
        contenders += [peer.calls(server, few, calls), peer.jobs(server, few, jobs)]
    found = measure(contenders, server, settings.repeats)
    add_rates(report, found, loop)
    for text, limit, other in (
        ("the documented loop", 60.0, found.get(loop)),
        ("ThreadPoolExecutor(8)", 20.0, found.get(pool)),
        ("python-arango-async's best", 4.0, best_of(found, (calls, jobs))),
    ):
        measured = ratio(found[name], other)
        goal(report, server, f"{task.name} not merged, against {text}", limit, measured)
