"""How many single documents a second are inserted, with a result for each?"""

from __future__ import annotations

from types import ModuleType

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import Found, add_rates, best_of, goal, keep
from benchmarks.timing import Contender, measure, ratio
from benchmarks.work import inserts

__all__ = ["TITLE", "run"]

TITLE = "Single-document inserts, a result for each"

LOOP = "python-arango, the loop of its documentation"
POOL = "python-arango, ThreadPoolExecutor(8)"
MANY = "python-arango, insert_many(1000), no futures"
BULK = "python-arango, import_bulk(1000), no results"
CALLS = "python-arango-async, 64 at once"
JOBS = "python-arango-async, its async jobs"


def run(settings: Settings, server: Server) -> Report:
    """Measure all ways beside each other."""
    server.configure()
    report = Report("throughput", TITLE)
    sizes = settings.of(tiny=(50, 50), short=(5_000, 20_000), full=(5_000, 20_000))
    contenders = keep(
        *_of_python_arango(settings, server), *_of_python_arango_async(settings, server)
    )
    for size in dict.fromkeys(sizes):
        task = inserts(settings.seed, size)
        contenders += [
            ours.contender(_name(merge, size), server, task, merge=merge) for merge in (False, True)
        ]
    found = measure(contenders, server, settings.repeats)
    add_rates(report, found, LOOP)
    for size in dict.fromkeys(sizes):
        _add_goals(report, server, found, size)
    return report


def _name(merge: bool, size: int) -> str:
    return f"arango_jobs, {'merged' if merge else 'not merged'}, {size:,}"


def _of_python_arango(settings: Settings, server: Server) -> list[Contender]:
    peer: ModuleType | None = peers.load("python_arango")
    if peer is None:
        return []
    slow = inserts(settings.seed, settings.of(tiny=50, short=500, full=5_000))
    pool = inserts(settings.seed, settings.of(tiny=50, short=1_500, full=5_000))
    fast = inserts(settings.seed, settings.of(tiny=50, short=20_000, full=20_000))
    return [
        peer.documented_loop(server, slow, LOOP),
        peer.thread_pool(server, pool, POOL),
        peer.insert_many(server, fast, MANY),
        peer.import_bulk(server, fast, BULK),
    ]


def _of_python_arango_async(settings: Settings, server: Server) -> list[Contender]:
    peer: ModuleType | None = peers.load("python_arango_async")
    if peer is None:
        return []
    count = settings.of(tiny=50, short=2_000, full=5_000)
    task = inserts(settings.seed, count)
    return [peer.calls(server, task, CALLS), peer.jobs(server, task, JOBS)]


def _add_goals(report: Report, server: Server, found: Found, size: int) -> None:
    single, merged = found[_name(False, size)], found[_name(True, size)]
    asynchronous = best_of(found, (CALLS, JOBS))
    for text, limit, mine, other in (
        ("not merged, against the documented loop", 60.0, single, found.get(LOOP)),
        ("not merged, against ThreadPoolExecutor(8)", 20.0, single, found.get(POOL)),
        ("not merged, against python-arango-async's best", 4.0, single, asynchronous),
        ("merged, against the documented loop", 250.0, merged, found.get(LOOP)),
        ("merged, against ThreadPoolExecutor(8)", 80.0, merged, found.get(POOL)),
        ("merged, against raw insert_many", 0.5, merged, found.get(MANY)),
    ):
        goal(report, server, f"{size:,} inserts {text}", limit, ratio(mine, other))
