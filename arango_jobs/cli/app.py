"""The commands put together, and how each of them ends."""

from __future__ import annotations

from collections.abc import Sequence

import click

from arango_jobs.cli.doctor import doctor
from arango_jobs.cli.failing import exit_code_of
from arango_jobs.cli.jobs import jobs
from arango_jobs.cli.load import load
from arango_jobs.cli.query import query
from arango_jobs.cli.serve import serve
from arango_jobs.cli.top import top

__all__ = ["app", "run"]

_EPILOG = """\b
Examples:
  arango-jobs load airports.csv --collection airports --key-field iata
  arango-jobs query 'RETURN 1 + 1'
  arango-jobs serve --port 8529
  arango-jobs doctor --url http://127.0.0.1:8529

\b
Exit codes: 0 ok, 1 something failed, 2 wrong usage, 124 timed out, 130 interrupted.

\b
Completion for your shell (bash, zsh, fish):
  eval "$(_ARANGO_JOBS_COMPLETE=bash_source arango-jobs)"
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="arango-jobs", prog_name="arango-jobs")
def app() -> None:
    """Load files, run queries and look after jobs, by ArangoDB's background jobs."""


for command in (load, query, serve, jobs, top, doctor):
    app.add_command(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; errors are one line on standard error."""
    try:
        result = app.main(
            None if arguments is None else list(arguments),
            prog_name="arango-jobs",
            standalone_mode=False,
        )
    # One border: whatever a command ends with becomes a line and a code.
    except BaseException as error:  # noqa: BLE001
        return exit_code_of(error)
    return result if isinstance(result, int) else 0
