"""The questions, in the order in which they are asked; each is a module with TITLE and `run`."""

from __future__ import annotations

import importlib
import importlib.util
import time
from typing import Any

from benchmarks.results import Report
from benchmarks.servers.base import Unavailable
from benchmarks.servers.choose import running
from benchmarks.settings import Settings

__all__ = ["ask", "names", "title"]

_NAMES = (
    "throughput",
    "single_calls",
    "long_jobs",
    "bounded",
    "few_callers",
    "requests_each",
    "latency",
    "waiting",
    "foreign",
    "memory",
    "growth",
    "tls",
    "session_path",
    "signals",
    "ways",
    "window",
    "ledger_cost",
    "embedded",
)


def names() -> list[str]:
    """Return the names of the questions that can be asked."""
    return [name for name in _NAMES if importlib.util.find_spec(f"benchmarks.{name}")]


def title(name: str) -> str:
    """Return what a question is about."""
    return str(_module(name).TITLE)


def ask(name: str, settings: Settings) -> Report:
    """Start a server, ask the question, and return the answer."""
    start = time.monotonic()
    with running(settings) as server:
        try:
            report: Report = _module(name).run(settings, server)
        except Unavailable as reason:
            report = Report(name, title(name), notes=[f"Not measured: {reason}"])
    if settings.form == "tiny":
        # Set for larger numbers of operations.
        report.goals.clear()
    report.seconds = time.monotonic() - start
    return report


def _module(name: str) -> Any:
    return importlib.import_module(f"benchmarks.{name}")
