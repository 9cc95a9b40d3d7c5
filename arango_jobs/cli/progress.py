"""Progress of a load on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from arango_jobs.cli.failing import complain
from arango_jobs.loader import LoadProgress

__all__ = ["describe", "shown"]

# Seconds between two plain lines: enough for a log, not too many for a long night.
_PERIOD = 5.0


@contextmanager
def shown(name: str, *, quiet: bool) -> Iterator[Callable[[LoadProgress], None] | None]:
    """Give what a load tells its progress to."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        spinner = Spinner("dots", Text(f"{name}: reading"))
        with Live(spinner, console=Console(stderr=True), transient=True, refresh_per_second=8):
            yield lambda progress: spinner.update(text=Text(f"{name}: {describe(progress)}"))
    else:
        yield _Lines(name)


class _Lines:
    def __init__(self, name: str) -> None:
        self._name = name
        self._next = _PERIOD

    def __call__(self, progress: LoadProgress) -> None:
        if progress.seconds >= self._next:
            self._next = progress.seconds + _PERIOD
            complain(f"{self._name}: {describe(progress)}")


def describe(progress: LoadProgress) -> str:
    """Return where a load is, in one line."""
    parts = [
        f"{progress.documents:,} documents confirmed",
        f"{progress.per_second:,.0f}/s",
        f"{progress.failed:,} failed",
        f"{progress.in_flight:,} on their way",
        f"window {progress.window}",
    ]
    if progress.queue_time is not None:
        parts.append(f"server queue {progress.queue_time:.3f} s")
    return ", ".join(parts)
