"""`arango-jobs serve`: the embedded server in the foreground."""

from __future__ import annotations

from collections.abc import Sequence

import click

from arango_jobs import ArangoClient
from arango_jobs.cli.failing import complain
from arango_jobs.cli.parameters import NamedFile
from arango_jobs.errors import OptionError
from arango_jobs.loader import LoadReport
from arango_jobs.loader import load as load_input
from arango_jobs.local import LocalServer
from arango_jobs.local.serve import UnsafeAddressError
from arango_jobs.local.serve import serve as serve_until_stopped

__all__ = ["serve"]

_EPILOG = """\b
Examples:
  arango-jobs serve --port 8529
  arango-jobs serve --load examples/data/airports.csv:airports
  arango-jobs serve --host 0.0.0.0 --password secret --coordinators 3
"""


@click.command(epilog=_EPILOG, short_help="Run the embedded server.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="0 picks a free one.",
)
@click.option("--username", default="root", show_default=True)
@click.option("--password", default="", envvar="ARANGO_PASSWORD", help="[env: ARANGO_PASSWORD]")
@click.option("--jwt-secret", help="For superuser tokens.")
@click.option("--coordinators", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option(
    "--load",
    "loads",
    type=NamedFile(),
    multiple=True,
    metavar="FILE:NAME",
    help="Load a file into a collection before anybody is let in; numbers become numbers.",
)
def serve(
    *,
    host: str,
    port: int,
    username: str,
    password: str,
    jwt_secret: str | None,
    coordinators: int,
    loads: Sequence[tuple[str, str]],
) -> int:
    """Run a server that speaks ArangoDB's protocol, for trying things out and for tests.

    Prints its URL on a line when it is ready; Ctrl-C ends it. It keeps everything in memory
    and is no database to keep data in.
    """

    def fill(server: LocalServer) -> None:
        db = ArangoClient(hosts=server.urls).db(username=username, password=password)
        for file, name in loads:
            _report(load_input(file, db, name, infer=True))

    try:
        serve_until_stopped(
            host=host,
            port=port,
            username=username,
            password=password,
            jwt_secret=jwt_secret,
            coordinators=coordinators,
            on_ready=fill if loads else None,
            announce=_announce,
        )
    except UnsafeAddressError as error:
        raise OptionError(str(error)) from error
    return 0


def _announce(urls: str) -> None:
    click.echo(urls)
    complain("serving until Ctrl-C; everything is in memory and gone after that")


def _report(report: LoadReport) -> None:
    for failure in report.first_failures:
        complain(f"{report.source}: {failure}")
    complain(f"{report.collection}: {report.documents:,} documents, {report.failed:,} errors")
