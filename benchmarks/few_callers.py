"""What if each caller waits for its result before it calls again: 1, 8 and 64 callers?"""

from __future__ import annotations

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import goal
from benchmarks.timing import Contender, measure, median, ratio
from benchmarks.work import inserts

__all__ = ["TITLE", "run"]

TITLE = "Few outstanding: callers that wait for each result"

_DURATIONS = (0.0, 0.005)
_WIDTHS = (1, 8, 64)
_OURS, _SYNC = "arango_jobs", "python-arango, synchronous"


def run(settings: Settings, server: Server) -> Report:
    """Measure each width with operations of 0 and 5 ms."""
    report = Report("few_callers", TITLE)
    for duration in _DURATIONS:
        if not server.configure(duration=duration):
            report.notes.append("Operations of 5 ms need the stub or LocalServer.")
            continue
        for width in _WIDTHS:
            _measure(report, settings, server, width, duration)
    server.configure()
    return report


def _measure(
    report: Report, settings: Settings, server: Server, width: int, duration: float
) -> None:
    # About half a second each: what one caller gets through, times their number.
    each = 600 if duration == 0.0 else 90
    count = min(each * width, 6_000)
    short = inserts(settings.seed, settings.of(tiny=min(50, count), short=count, full=2 * count))
    contenders: list[Contender] = [ours.callers(_OURS, server, short, width)]
    if peer := peers.load("python_arango"):
        few = short.first(settings.of(tiny=50, short=min(count, 1_000), full=4_000))
        contenders.append(peer.callers(_SYNC, server, few, width))
    found = measure(contenders, server, settings.repeats)
    theirs = found.get(_SYNC)
    times = ratio(found[_OURS], theirs)
    what = f"{width} {'caller' if width == 1 else 'callers'}, {duration * 1e3:.0f} ms"
    report.add(
        what,
        arango_jobs=found[_OURS].rate,
        python_arango=None if theirs is None else median(theirs.rates),
        ratio=times,
        CPU_µs_ours=found[_OURS].cpu,
        CPU_µs_theirs=None if theirs is None else theirs.cpu,
        requests_each=found[_OURS].requests,
    )
    if width < 64:
        goal(report, server, f"{what}, against the same calls sent synchronously", 1.0, times)
