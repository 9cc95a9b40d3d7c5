"""`arango-jobs top`: what each Coordinator does now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from arango_jobs._wire.job_api import queue_time
from arango_jobs.cli.access import Access, access_options, database
from arango_jobs.cli.failing import FAILED, one_line
from arango_jobs.cli.hosts import Host, hosts_of
from arango_jobs.cli.metrics import read_metrics
from arango_jobs.cli.output import is_terminal, print_json
from arango_jobs.errors import ArangoJobsError

__all__ = ["top"]

_EPILOG = """\b
Examples:
  arango-jobs top
  arango-jobs top --once --json
"""

_ALL = 1_000_000
_REQUESTS = "arangodb_http_request_statistics_total_requests_total"
_ASYNC = "arangodb_http_request_statistics_async_requests_total"
_QUEUED = "arangodb_scheduler_low_prio_queue_length"
_ONGOING = "arangodb_scheduler_ongoing_low_prio"
_REFUSED = "arangodb_scheduler_queue_full_failures_total"


@dataclass(frozen=True, slots=True)
class Sample:
    """One Coordinator at one moment; `None` where it does not tell. Times in seconds."""

    host: str
    error: str | None = None
    version: str | None = None
    latency: float | None = None
    """For one small request."""
    queue_time: float | None = None
    queued: float | None = None
    ongoing: float | None = None
    pending: int | None = None
    """Jobs of this user."""
    done: int | None = None
    """Results of this user that nobody has collected."""
    refused: float | None = None
    """Requests refused because the queue was full, since the server started."""
    requests: float | None = None
    jobs: float | None = None
    requests_per_second: float | None = None
    jobs_per_second: float | None = None


@click.command(epilog=_EPILOG, short_help="Watch what the Coordinators do.")
@click.option("--once", is_flag=True, help="Look once and end.")
@click.option("--interval", type=click.FloatRange(0.1), default=1.0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON per Coordinator and look.")
@access_options
def top(access: Access, *, once: bool, interval: float, as_json: bool) -> int:
    """Show, for each Coordinator, its queue, what runs, this user's jobs, rates and latency."""
    with database(access) as db:
        hosts = hosts_of(db)
        samples = [_look(host) for host in hosts]
        if once:
            # Rates need two looks; what they are between these is said to be nothing.
            _print(samples, as_json=as_json)
            return FAILED if all(sample.error for sample in samples) else 0
        if as_json or not is_terminal():
            _follow(hosts, samples, interval, as_json=as_json)
        else:
            _watch(hosts, samples, interval)
    return 0


def _follow(
    hosts: Sequence[Host], samples: list[Sample], interval: float, *, as_json: bool
) -> None:
    while True:
        _print(samples, as_json=as_json)
        time.sleep(interval)
        samples = _next(hosts, samples, interval)


def _watch(hosts: Sequence[Host], samples: list[Sample], interval: float) -> None:
    with Live(_table(samples), console=Console(), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(interval)
            samples = _next(hosts, samples, interval)
            live.update(_table(samples), refresh=True)


def _next(hosts: Sequence[Host], before: Sequence[Sample], interval: float) -> list[Sample]:
    return [_look(host, last, interval) for host, last in zip(hosts, before, strict=True)]


def _look(host: Host, last: Sample | None = None, interval: float = 1.0) -> Sample:
    try:
        response, latency = host.timed("/_api/version")
        if not response.is_success:
            return Sample(host.name, error=f"HTTP status {response.status}")
        metrics = read_metrics(host.get("/_admin/metrics"))
        requests, jobs = metrics.get(_REQUESTS), metrics.get(_ASYNC)
        return Sample(
            host.name,
            version=response.json().get("version"),
            latency=round(latency, 6),
            queue_time=queue_time(response.headers),
            queued=metrics.get(_QUEUED),
            ongoing=metrics.get(_ONGOING),
            pending=len(host.ids("pending", _ALL)),
            done=len(host.ids("done", _ALL)),
            refused=metrics.get(_REFUSED),
            requests=requests,
            jobs=jobs,
            requests_per_second=_rate(requests, last.requests if last else None, interval),
            jobs_per_second=_rate(jobs, last.jobs if last else None, interval),
        )
    except ArangoJobsError as error:
        return Sample(host.name, error=one_line(error))


def _rate(now: float | None, before: float | None, interval: float) -> float | None:
    if now is None or before is None or now < before:
        return None
    return round((now - before) / interval, 1)


_COLUMNS = {
    "host": "Coordinator",
    "version": "version",
    "latency": "latency s",
    "queue_time": "queue s",
    "queued": "queued",
    "ongoing": "ongoing",
    "pending": "pending",
    "done": "uncollected",
    "refused": "refused",
    "requests_per_second": "requests/s",
    "jobs_per_second": "jobs/s",
}


def _print(samples: Sequence[Sample], *, as_json: bool) -> None:
    if as_json:
        for sample in samples:
            print_json(asdict(sample))
        return
    if is_terminal():
        Console().print(_table(samples))
        return
    for sample in samples:
        click.echo(_line(sample))


def _line(sample: Sample) -> str:
    if sample.error is not None:
        return f"{sample.host}: {sample.error}"
    values = asdict(sample)
    parts = [f"{title} {_text(values[name])}" for name, title in _COLUMNS.items() if name != "host"]
    return f"{sample.host}: {', '.join(parts)}"


def _table(samples: Sequence[Sample]) -> Table:
    table = Table(*_COLUMNS.values(), title="arango-jobs top (Ctrl-C ends it)")
    for sample in samples:
        if sample.error is not None:
            table.add_row(sample.host, sample.error, style="red")
        else:
            values = asdict(sample)
            table.add_row(*(_text(values[name]) for name in _COLUMNS))
    return table


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)
