"""`arango-jobs jobs`: the server's own list of background jobs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from arango_jobs._core.meanings import Meaning
from arango_jobs._wire.job_api import (
    cancel_request,
    delete_all_request,
    delete_expired_request,
    delete_request,
    fetch_request,
    read_call,
    read_fetch,
    status_request,
)
from arango_jobs.cli.access import Access, access_options, database
from arango_jobs.cli.failing import FAILED, TIMED_OUT, complain
from arango_jobs.cli.hosts import Host, hosts_of
from arango_jobs.cli.output import print_json, print_table
from arango_jobs.errors import (
    ArangoServerError,
    AsyncJobCancelError,
    AsyncJobClearError,
    AsyncJobResultError,
    AsyncJobStatusError,
    JobLostError,
    server_error,
)
from arango_jobs.operations import Request, Response, Retry

__all__ = ["jobs"]

_EPILOG = """\b
Examples:
  arango-jobs jobs list
  arango-jobs jobs show 74091
  arango-jobs jobs wait 74091 --timeout 60 && arango-jobs jobs result 74091
  arango-jobs jobs clear 74091 74107

\b
A job belongs to the user who sent it. All programs of that user share one list, so
clearing more than single jobs takes results away from others: it needs --everyone.
"""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


@click.group(
    epilog=_EPILOG, short_help="List, wait for, fetch, cancel and clear the server's jobs."
)
def jobs() -> None:
    """Look after background jobs on the server."""


@jobs.command("list")
@click.option("--status", type=click.Choice(["pending", "done", "all"]), default="all")
@click.option("--count", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@access_options
def list_jobs(access: Access, *, status: str, count: int, as_json: bool) -> int:
    """List the ids of this user's jobs, on each Coordinator."""
    statuses = ("pending", "done") if status == "all" else (status,)
    with database(access) as db:
        rows = [
            {"id": job_id, "status": each, "host": host.name}
            for host in hosts_of(db)
            for each in statuses
            for job_id in host.ids(each, count)
        ]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table(("id", "status", "host"), [tuple(row.values()) for row in rows])
    return 0


@jobs.command()
@click.argument("job_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True)
@access_options
def show(access: Access, job_id: str, *, as_json: bool) -> int:
    """Say whether a job is pending or done; its result stays where it is."""
    with database(access) as db:
        status = _status(hosts_of(db), job_id)
    if as_json:
        print_json({"id": job_id, "status": status})
    else:
        click.echo(status)
    return 0


@jobs.command()
@click.argument("job_id", metavar="ID")
@click.option("--timeout", type=float, metavar="SECONDS", help="Exit 124 when it is over.")
@access_options
def wait(access: Access, job_id: str, *, timeout: float | None) -> int:
    """Wait until a job is done; its result stays where it is."""
    end = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_PAUSE
    with database(access) as db:
        hosts = hosts_of(db)
        while _status(hosts, job_id) == "pending":
            left = _LONGEST_PAUSE if end is None else end - time.monotonic()
            if left <= 0:
                complain(f"timed out: job {job_id} is still pending after {timeout:g} s")
                return TIMED_OUT
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
    click.echo("done")
    return 0


@jobs.command()
@click.argument("job_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Status, headers and body as JSON.")
@access_options
def result(access: Access, job_id: str, *, as_json: bool) -> int:
    """Take a job's result off the server and print it. The server gives it once only."""
    with database(access) as db:
        response, meaning, request = _ask(
            hosts_of(db), lambda name: fetch_request(name, job_id), read_fetch, Retry.NEVER
        )
    if meaning is not Meaning.RESULT:
        raise _error(AsyncJobResultError, job_id, response, meaning, request)
    if response.job_id != job_id:
        raise JobLostError(f"the answer came under the name of job {response.job_id}")
    if as_json:
        body: Any = response.json()
        if body is None and response.body:
            body = response.body.decode("utf-8", "replace")
        print_json({"id": job_id, "status": response.status, "body": body})
    else:
        sys.stdout.write(response.body.decode("utf-8", "replace"))
        sys.stdout.write("\n" if response.body else "")
    if not response.is_success:
        complain(f"job {job_id} ended with HTTP status {response.status}")
        return FAILED
    return 0


@jobs.command()
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
@access_options
def cancel(access: Access, job_ids: tuple[str, ...]) -> int:
    """Ask the server to stop jobs. Queries stop; other work runs on to its end."""
    return _each(access, job_ids, cancel_request, AsyncJobCancelError, "asked to stop")


@jobs.command()
@click.argument("job_ids", metavar="ID...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All jobs, pending ones too.")
@click.option(
    "--older-than", type=float, metavar="SECONDS", help="Jobs that ended, or wait, longer ago."
)
@click.option("--everyone", is_flag=True, help="I know that other programs' results go too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@access_options
def clear(
    access: Access,
    job_ids: tuple[str, ...],
    *,
    everything: bool,
    older_than: float | None,
    everyone: bool,
    yes: bool,
) -> int:
    """Make the server forget jobs and their results. Pending ones run on unseen."""
    if sum((bool(job_ids), everything, older_than is not None)) != 1:
        raise click.UsageError("give ids, or --all, or --older-than")
    if job_ids:
        return _each(access, job_ids, delete_request, AsyncJobClearError, "forgotten")
    if not everyone:
        raise click.UsageError(
            "this takes away results that other programs of the same user wait for; "
            "add --everyone if that is meant"
        )
    return _clear_many(access, older_than, yes=yes)


def _clear_many(access: Access, older_than: float | None, *, yes: bool) -> int:
    with database(access) as db:
        hosts = hosts_of(db)
        for host in hosts:
            done, pending = (len(host.ids(status, 1_000_000)) for status in ("done", "pending"))
            what = "all" if older_than is None else f"those older than {older_than:g} s"
            question = f"{host.name}: {done} results and {pending} pending jobs; forget {what}?"
            if not yes and not click.confirm(question, err=True):
                complain(f"{host.name}: nothing done")
                continue
            request = _clearing(host, older_than)
            response = host.send(request)
            if read_call(response) is not Meaning.OK:
                raise server_error(AsyncJobClearError, response, request.method, request.target)
            click.echo(f"{host.name}: forgotten")
    return 0


def _clearing(host: Host, older_than: float | None) -> Request:
    if older_than is None:
        return delete_all_request(host.database)
    # The stamp is compared with the server's clock, not with ours (server-protocol.md §6).
    now = host.get("/_admin/time").json()["time"]
    return delete_expired_request(host.database, now - older_than)


def _each(
    access: Access,
    job_ids: tuple[str, ...],
    request_for: Callable[[str, str], Request],
    error: type[ArangoServerError],
    done: str,
) -> int:
    code = 0
    with database(access) as db:
        hosts = hosts_of(db)
        for job_id in job_ids:
            response, meaning, request = _ask(
                hosts,
                lambda name, job_id=job_id: request_for(name, job_id),  # type: ignore[misc]  # bound now
                read_call,
                Retry.NEVER,
            )
            if meaning is Meaning.OK:
                click.echo(f"{job_id}: {done}")
            else:
                complain(str(_error(error, job_id, response, meaning, request)))
                code = FAILED
    return code


def _status(hosts: list[Host], job_id: str) -> str:
    response, meaning, request = _ask(
        hosts, lambda name: status_request(name, job_id), read_call, Retry.SAFE
    )
    if meaning in _STATUS:
        return _STATUS[meaning]
    raise _error(AsyncJobStatusError, job_id, response, meaning, request)


_STATUS = {Meaning.PENDING: "pending", Meaning.OK: "done"}


def _ask(
    hosts: list[Host],
    request_for: Callable[[str], Request],
    read: Callable[[Response], Meaning],
    retry: Retry,
) -> tuple[Response, Meaning, Request]:
    """Ask each Coordinator in turn, until one knows the job."""
    for host in hosts:
        request = request_for(host.database)
        response = host.send(request, retry)
        meaning = read(response)
        if meaning not in (Meaning.UNKNOWN_JOB, Meaning.OWNER_GONE):
            break
    return response, meaning, request


def _error(
    cls: type[ArangoServerError],
    job_id: str,
    response: Response,
    meaning: Meaning,
    request: Request,
) -> ArangoServerError:
    messages = {
        Meaning.PENDING: f"job {job_id} is not done",
        Meaning.UNKNOWN_JOB: f"job {job_id} not found: fetched, cleared, lost by a restart, "
        "or another user's",
    }
    return server_error(
        cls, response, request.method, request.target, message=messages.get(meaning)
    )
