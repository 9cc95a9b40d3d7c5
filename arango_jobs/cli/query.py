"""`arango-jobs query`: the rows of an AQL query."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import click

from arango_jobs import JobManager
from arango_jobs.cli.access import Access, access_options, database_or_embedded
from arango_jobs.cli.failing import FAILED, complain
from arango_jobs.cli.output import print_rows
from arango_jobs.cli.parameters import JsonPair, NamedFile
from arango_jobs.errors import OptionError
from arango_jobs.loader import load as load_input

__all__ = ["query"]

_EPILOG = """\b
Examples:
  arango-jobs query 'RETURN 1 + 1'
  arango-jobs query --bind 'state="TX"' --load examples/data/airports.csv:airports \\
      'FOR a IN airports FILTER a.state == @state COLLECT city = a.city WITH COUNT INTO n
       SORT n DESC LIMIT 3 RETURN {city, n}'
  arango-jobs query --json --timeout 5 'FOR i IN 1..3 RETURN {i}'
"""


@click.command(epilog=_EPILOG, short_help="Run an AQL query and print its rows.")
@click.argument("aql")
@click.option(
    "--bind",
    type=JsonPair(),
    multiple=True,
    metavar="NAME=JSON",
    help='A bind parameter; for a collection @NAME="collection".',
)
@click.option("--timeout", type=float, metavar="SECONDS", help="Give up, stop it, and exit 124.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Rows that travel at once.")
@click.option(
    "--load",
    "loads",
    type=NamedFile(),
    multiple=True,
    metavar="FILE:NAME",
    help="Load a file into the embedded server first; numbers in it become numbers.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, also on a terminal.")
@access_options
def query(
    access: Access,
    aql: str,
    *,
    bind: Sequence[tuple[str, Any]],
    timeout: float | None,
    batch_size: int | None,
    loads: Sequence[tuple[str, str]],
    as_json: bool,
) -> int:
    """Run AQL as a job on the server and print its rows.

    A table on a terminal, JSON lines otherwise.
    """
    if loads and access.url is not None:
        raise OptionError("--load is for the embedded server; use arango-jobs load for a real one")
    if timeout is not None and timeout <= 0:
        raise click.UsageError("--timeout must be more than 0 seconds")
    with ExitStack() as stack:
        db = stack.enter_context(database_or_embedded(access))
        jobs = stack.enter_context(JobManager(db))
        for file, name in loads:
            report = load_input(file, jobs, name, infer=True)
            if not report.is_success:
                complain(f"{file}: {'; '.join(report.first_failures)}")
                return FAILED
        future = jobs.with_options(deadline=timeout).aql.execute(
            aql, bind_vars=dict(bind), batch_size=batch_size
        )
        with future.result() as cursor:
            print_rows(cursor, as_json=as_json)
    return 0
