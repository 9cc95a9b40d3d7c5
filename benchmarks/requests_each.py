"""How many requests does an operation cost the server?"""

from __future__ import annotations

from benchmarks import ours
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import goal
from benchmarks.timing import Contender, measure
from benchmarks.work import inserts, queries

__all__ = ["TITLE", "run"]

TITLE = "Requests for an operation"


def run(settings: Settings, server: Server) -> Report:
    """Count them, as the server does or, where it does not, as the manager does."""
    server.configure()
    report = Report("requests_each", TITLE)
    size = settings.of(tiny=50, short=10_000, full=50_000)
    insert, query = inserts(settings.seed, size), queries(settings.seed, size)
    for name, limit, contender in (
        ("inserts, merged", 0.02, ours.contender("merged", server, insert)),
        ("inserts, not merged", 2.05, ours.contender("single", server, insert, merge=False)),
        ("AQL", 2.05, ours.contender("AQL", server, query)),
    ):
        _count(report, settings, server, name, limit, contender)
    return report


def _count(
    report: Report,
    settings: Settings,
    server: Server,
    name: str,
    limit: float,
    contender: Contender,
) -> None:
    found = measure([contender], server, settings.repeats)[contender.name]
    report.add(name, requests_each=found.requests, per_second=found.rate)
    goal(
        report,
        server,
        f"requests for each of {contender.operations:,} {name}",
        limit,
        found.requests,
        unit="",
        is_least=False,
        digits=4,
    )
