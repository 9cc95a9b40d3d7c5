"""`arango-jobs doctor`: can this server be reached, used and trusted with jobs?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click

from arango_jobs._wire.job_api import error_text
from arango_jobs.cli.access import Access, access_options, database
from arango_jobs.cli.failing import FAILED, one_line
from arango_jobs.cli.faults import NEWEST, OLDEST, faults_of, parse_version
from arango_jobs.cli.hosts import Host, hosts_of
from arango_jobs.cli.output import print_json
from arango_jobs.cli.trial import try_job
from arango_jobs.errors import ArangoJobsError
from arango_jobs.operations import Response

__all__ = ["doctor"]

_EPILOG = """\b
Examples:
  arango-jobs doctor
  arango-jobs doctor --url http://127.0.0.1:8529 --json
"""

# Seconds of difference from which tokens and thresholds go wrong in earnest.
_MAX_SKEW = 5.0
_MANY_RESULTS = 1000
_ALL = 1_000_000

_RIGHTS = {"rw": "read and write", "ro": "read only", "none": "no access"}
_MARKS = {"ok": "ok  ", "note": "note", "warning": "WARN", "error": "FAIL"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `level` is "ok", "note", "warning" or "error"."""

    host: str
    level: str
    what: str
    text: str


@click.command(epilog=_EPILOG, short_help="Check a server and what is known about its version.")
@click.option("--json", "as_json", is_flag=True)
@access_options
def doctor(access: Access, *, as_json: bool) -> int:
    """Check whether the server can be reached, its version and clock, your rights, what is known
    to go wrong in that version, results that nobody has collected, and whether a harmless job
    (GET /_api/version) can be run and its result fetched."""
    findings = []
    with database(access) as db:
        for host in hosts_of(db):
            for finding in _examine(host, access):
                findings.append(finding)
                if as_json:
                    print_json(asdict(finding))
                else:
                    click.echo(f"{_MARKS[finding.level]}  {finding.what}: {finding.text}")
    return FAILED if any(finding.level == "error" for finding in findings) else 0


def _examine(host: Host, access: Access) -> Iterator[Finding]:
    try:
        response, seconds = host.timed("/_api/version")
    except ArangoJobsError as error:
        yield Finding(host.name, "error", "reach", one_line(error))
        return
    yield Finding(host.name, "ok", "reach", f"{host.name} answered in {seconds * 1000:.1f} ms")
    if not response.is_success:
        yield Finding(host.name, "error", "rights", _refusal(response, access))
        return
    yield from _version(host, response)
    for check in (_rights, _clock, _trial, _results):
        try:
            yield from check(host, access)
        except ArangoJobsError as error:
            yield Finding(host.name, "error", check.__name__.strip("_"), one_line(error))


def _refusal(response: Response, access: Access) -> str:
    text = error_text(response)
    if response.status == 401:
        return f"{text}: wrong name or password, or {access.user!r} may not see {access.name!r}"
    if response.status == 404:
        return f"{text}: is there a database {access.name!r}?"
    return f"HTTP status {response.status}: {text}"


def _version(host: Host, response: Response) -> Iterator[Finding]:
    body = response.json()
    text = str(body.get("version")) if isinstance(body, dict) else ""
    version = parse_version(text)
    if version is None or body.get("server") != "arango":
        yield Finding(host.name, "error", "version", "what answers is no ArangoDB")
        return
    if version < OLDEST:
        level, note = "error", " is older than 3.10, the oldest version that is supported"
    elif version[:2] > NEWEST[:2]:
        level, note = "warning", " is newer than 4.0, the newest version that was looked at"
    else:
        level, note = "ok", ""
    yield Finding(host.name, level, "version", f"ArangoDB {text}{note}")
    for fault in faults_of(version):
        yield Finding(host.name, "note", f"known in {text}", fault)


def _rights(host: Host, access: Access) -> Iterator[Finding]:
    response = host.get(f"/_api/user/{access.user}/database/{access.name}")
    body: Any = response.json()
    if response.is_success and isinstance(body, dict):
        right = body.get("result")
        level = "ok" if right == "rw" else "warning"
        meaning = _RIGHTS.get(str(right), str(right))
        yield Finding(host.name, level, "rights", f"{access.user} on {access.name}: {meaning}")
    elif response.status in (401, 403):
        yield Finding(host.name, "note", "rights", f"{access.user} may not look at its own rights")
    else:
        yield Finding(host.name, "note", "rights", f"unknown: {error_text(response)}")


def _clock(host: Host, _access: Access) -> Iterator[Finding]:
    before = time.time()
    response = host.get("/_admin/time")
    middle = (before + time.time()) / 2
    body = response.json()
    if not response.is_success or not isinstance(body, dict) or "time" not in body:
        yield Finding(host.name, "note", "clock", f"unknown: {error_text(response)}")
        return
    difference = body["time"] - middle
    if abs(difference) < _MAX_SKEW:
        yield Finding(host.name, "ok", "clock", f"the server's differs by {difference:+.2f} s")
        return
    yield Finding(
        host.name,
        "warning",
        "clock",
        f"the server's differs by {difference:+.1f} s: tokens may end early, and times for "
        "clear_async_jobs must be the server's",
    )


def _trial(host: Host, _access: Access) -> Iterator[Finding]:
    trial = try_job(host)
    yield Finding(host.name, trial.level, "trial", trial.text)


def _results(host: Host, _access: Access) -> Iterator[Finding]:
    done, pending = host.ids("done", _ALL), host.ids("pending", _ALL)
    if not done and not pending:
        yield Finding(host.name, "ok", "jobs", "none of this user's is stored here")
        return
    level = "warning" if len(done) >= _MANY_RESULTS else "note"
    yield Finding(
        host.name,
        level,
        "jobs",
        f"{len(pending):,} pending, {len(done):,} results that nobody has collected"
        + (
            "; if no program waits for them: arango-jobs jobs clear --older-than 3600 --everyone"
            if done
            else ""
        ),
    )
