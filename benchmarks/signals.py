"""What do connected signals cost?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from arango_jobs.signals import job_submitted, job_succeeded
from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, goal
from benchmarks.timing import Contender, Work, measure, ratio
from benchmarks.work import Task, inserts

__all__ = ["TITLE", "run"]

TITLE = "Signals: receivers of job_submitted and job_succeeded connected or not"

_LOOP, _POOL = (
    "python-arango, the loop of its documentation",
    "python-arango, ThreadPoolExecutor(8)",
)


def run(settings: Settings, server: Server) -> Report:
    """Measure with receivers and without."""
    server.configure()
    report = Report("signals", TITLE)
    task = inserts(settings.seed, settings.of(tiny=50, short=10_000, full=50_000))
    contenders = [
        _contender(server, task, merge=merge, is_connected=is_connected)
        for merge in (False, True)
        for is_connected in (False, True)
    ]
    if peer := peers.load("python_arango"):
        slow = task.first(settings.of(tiny=50, short=400, full=5_000))
        contenders += [
            peer.documented_loop(server, slow, _LOOP),
            peer.thread_pool(server, slow, _POOL),
        ]
    found = measure(contenders, server, settings.repeats)
    add_rates(report, found, _LOOP)
    for merge, base, limit in (
        (False, _LOOP, 60.0),
        (False, _POOL, 20.0),
        (True, _LOOP, 250.0),
        (True, _POOL, 80.0),
    ):
        name = _name(merge, True)
        measured = ratio(found[name], found.get(base))
        goal(report, server, f"{name}, against {base}", limit, measured)
    return report


def _name(merge: bool, is_connected: bool) -> str:
    word = "merged" if merge else "not merged"
    return f"{word}, signals {'connected' if is_connected else 'not connected'}"


def _contender(server: Server, task: Task, *, merge: bool, is_connected: bool) -> Contender:
    plain = ours.contender(_name(merge, is_connected), server, task, merge=merge)

    @contextmanager
    def opened() -> Iterator[Work]:
        with _connected() if is_connected else nullcontext(), plain.open() as work:
            yield work

    return Contender(plain.name, plain.operations, opened)


@contextmanager
def _connected() -> Iterator[None]:
    heard: dict[str, int] = {"submitted": 0, "succeeded": 0}

    def submitted(manager: object, *, record: Any) -> None:
        heard["submitted"] += 1

    def succeeded(manager: object, *, record: Any) -> None:
        heard["succeeded"] += 1

    with job_submitted.connected_to(submitted), job_succeeded.connected_to(succeeded):
        yield
    assert heard["submitted"], "the receivers were not called"
