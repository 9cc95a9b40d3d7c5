"""What does a ledger cost?

Each operation, its body, its id and its outcome are written to a file before it is sent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import ours
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, goal
from benchmarks.timing import Contender, Work, measure, ratio
from benchmarks.work import Task, inserts

__all__ = ["TITLE", "run"]

TITLE = "A ledger: with and without"

_LEAST = 0.85


def run(settings: Settings, server: Server) -> Report:
    """Measure both ways, merged and not."""
    server.configure()
    report = Report("ledger_cost", TITLE)
    task = inserts(settings.seed, settings.of(tiny=50, short=50_000, full=200_000))
    with tempfile.TemporaryDirectory() as folder:
        for merge in (True, False):
            some = task if merge else task.first(max(50, len(task) // 3))
            contenders = [_without(server, some, merge), _with(server, some, merge, Path(folder))]
            found = measure(contenders, server, settings.repeats)
            plain, kept = (found[each.name] for each in contenders)
            add_rates(report, found, plain.contender.name, short="without")
            text = f"{_word(merge)}: operations a second, against those without a ledger"
            goal(report, server, text, _LEAST, ratio(kept, plain))
            report.notes.append(
                f"{_word(merge)}: {kept.cpu - plain.cpu:.2f} µs of CPU more for an operation."
            )
    return report


def _word(merge: bool) -> str:
    return "merged" if merge else "not merged"


def _without(server: Server, task: Task, merge: bool) -> Contender:
    return ours.contender(f"{_word(merge)}, without", server, task, merge=merge)


def _with(server: Server, task: Task, merge: bool, folder: Path) -> Contender:
    name = f"{_word(merge)}, with a ledger"

    @contextmanager
    def opened() -> Iterator[Work]:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            options: dict[str, Any] = {"merge": merge, "ledger": Path(own) / "ledger.sqlite"}
            with ours.contender(name, server, task, **options).open() as work:
                yield work

    return Contender(name, len(task), opened)
