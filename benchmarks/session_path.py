"""How fast is it through the user's own `requests.Session` with an adapter of its own?"""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, goal
from benchmarks.timing import Contender, measure, ratio
from benchmarks.work import inserts

__all__ = ["TITLE", "Adapter", "run"]

TITLE = "Through a requests.Session with an adapter of the user's"

_POOL = "python-arango, ThreadPoolExecutor(8)"
_SINGLE, _MERGED = "arango_jobs, not merged", "arango_jobs, merged"


class Adapter(HTTPAdapter):
    """An adapter of a user's: pipelined connections cannot stand in for it."""

    def send(  # type: ignore[no-untyped-def]  # as requests calls it
        self, request, *arguments, **options
    ):
        """Note what a user may want to note."""
        request.headers["x-program"] = "benchmark"
        return super().send(request, *arguments, **options)


def session() -> requests.Session:
    """Return a session that only itself can stand for."""
    made = requests.Session()
    made.mount("http://", Adapter(pool_maxsize=16))
    made.mount("https://", Adapter(pool_maxsize=16))
    return made


def run(settings: Settings, server: Server) -> Report:
    """Measure beside a thread pool."""
    server.configure()
    report = Report("session_path", TITLE)
    few = inserts(settings.seed, settings.of(tiny=50, short=1_000, full=5_000))
    many = inserts(settings.seed, settings.of(tiny=50, short=20_000, full=20_000))
    contenders: list[Contender] = [
        ours.contender(_SINGLE, server, few, merge=False, session=session()),
        ours.contender(_MERGED, server, many, session=session()),
    ]
    if peer := peers.load("python_arango"):
        contenders.append(peer.thread_pool(server, few, _POOL))
    found = measure(contenders, server, settings.repeats)
    add_rates(report, found, _POOL, short="8 threads")
    for name in (_SINGLE, _MERGED):
        word = name.partition(", ")[2]
        measured = ratio(found[name], found.get(_POOL))
        goal(report, server, f"the session's way, {word}, against {_POOL}", 1.5, measured)
    with ours.manager(server, session=session()) as jobs:
        report.notes.append(f"Transport: {jobs.stats().transport}.")
    return report
