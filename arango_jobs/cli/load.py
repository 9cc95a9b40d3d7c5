"""`arango-jobs load`: files into collections."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import click

from arango_jobs import JobManager
from arango_jobs.cli.access import Access, access_options, database_or_embedded
from arango_jobs.cli.failing import FAILED, INTERRUPTED, complain
from arango_jobs.cli.interrupts import stopping_on_signals
from arango_jobs.cli.load_command import LoadCommand
from arango_jobs.cli.output import print_json
from arango_jobs.cli.parameters import NamedFile, Pair
from arango_jobs.cli.progress import shown
from arango_jobs.errors import OptionError
from arango_jobs.loader import LoaderError, LoadReport, SourceError, StopSwitch
from arango_jobs.loader import load as load_input
from arango_jobs.loader.files import check_readable
from arango_jobs.loader.options import EMPTY, FORMATS, ON_DUPLICATE, TYPES, LoadOptions

__all__ = ["load"]

_EPILOG = """\b
Examples:
  arango-jobs load examples/data/airports.csv --collection airports --key-field iata \\
      --type latitude=float --type longitude=float
  arango-jobs load --vertices examples/data/airports.csv:airports --key-field iata \\
      --edges examples/data/flights-airport.csv:flights --infer \\
      --from-field origin --from-collection airports \\
      --to-field destination --to-collection airports
  arango-jobs load examples/data/airports.csv --collection airports --key-field iata --dry-run

\b
Killed at any moment and started again with the same --checkpoint, it loads every row once:
  arango-jobs load big.jsonl.gz --collection big --checkpoint big.checkpoint

\b
Rows that failed are in a file that can be mended and loaded like any other:
  arango-jobs load airports.csv.failed.jsonl --collection airports
"""

# What arangoimport means by --type.
_KINDS = {kind: f"; a file's format is --format {kind}" for kind in FORMATS}

# Options about one kind of collection only, where a command loads both kinds.
_OF_VERTICES = ("key_field", "key_prefix")
_OF_EDGES = ("from_field", "to_field", "from_collection", "to_collection")


@dataclass(frozen=True, slots=True)
class _Job:
    """One file into one collection."""

    source: str
    collection: str
    options: dict[str, Any]


@click.command(cls=LoadCommand, epilog=_EPILOG, short_help="Load files into a collection.")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("-c", "--collection", metavar="NAME", help="The collection that FILEs go to.")
@click.option(
    "--vertices",
    type=NamedFile(),
    multiple=True,
    metavar="FILE:NAME",
    help="A file and the document collection it goes to; loaded before all --edges.",
)
@click.option(
    "--edges",
    type=NamedFile(),
    multiple=True,
    metavar="FILE:NAME",
    help="A file and the edge collection it goes to; loaded after all --vertices.",
)
@click.option("--edge", is_flag=True, help="--collection is an edge collection.")
@click.option("--from-field", metavar="FIELD", help="Field with the start of an edge [_from].")
@click.option("--to-field", metavar="FIELD", help="Field with the end of an edge [_to].")
@click.option("--from-collection", metavar="NAME", help="Put before starts that name none.")
@click.option("--to-collection", metavar="NAME", help="Put before ends that name none.")
@click.option("--key-field", metavar="FIELD", help="Field whose value becomes the _key.")
@click.option("--key-prefix", metavar="TEXT", default="", help="Put before each _key.")
@click.option(
    "--client-keys/--server-keys",
    default=True,
    help="Who makes the keys of rows without one. With keys of ours, a chunk whose answer is "
    "lost is sent again and stored once.",
)
@click.option(
    "--on-duplicate",
    type=click.Choice(ON_DUPLICATE),
    default="error",
    show_default=True,
    help="What becomes of a row whose key is taken.",
)
@click.option(
    "--type",
    "types",
    type=Pair(TYPES, hints=_KINDS),
    multiple=True,
    metavar="FIELD=TYPE",
    help=f"Convert a field: {', '.join(TYPES)}. An empty text becomes null.",
)
@click.option("--infer", is_flag=True, help="Make numbers, true and false of text that is one.")
@click.option("--map", "rename", type=Pair(), multiple=True, metavar="OLD=NEW", help="Rename.")
@click.option(
    "--merge-attributes",
    type=Pair(),
    multiple=True,
    metavar="NEW=TEXT",
    help='Make a field of others: "name=[first] [last]".',
)
@click.option("--drop", multiple=True, metavar="FIELD", help="Leave a field out.")
@click.option("--empty", type=click.Choice(EMPTY), default="keep", help="Empty text in CSV.")
@click.option("--format", type=click.Choice(FORMATS), default="auto", show_default=True)
@click.option("--encoding", default="utf-8", show_default=True, help="Of CSV and JSON files.")
@click.option("--delimiter", metavar="CHAR", help="Between the cells of CSV files.")
@click.option(
    "--quote",
    metavar="CHAR|none",
    help='Around cells of CSV files [", none in TSV].',
)
@click.option("--escape", metavar="CHAR", help="Before a character of CSV files to take as it is.")
@click.option("--columns", metavar="A,B,...", help="Columns of a CSV file that names none.")
@click.option("--headers-file", metavar="FILE", help="A file whose first line has the columns.")
@click.option(
    "--skip-lines",
    type=click.IntRange(min=0),
    default=0,
    help="Lines to leave out before the one that names the columns.",
)
@click.option("--ignore-missing", is_flag=True, help="Let CSV rows have cells missing at the end.")
@click.option("--skip", type=click.IntRange(min=0), default=0, help="Rows to leave out first.")
@click.option("--limit", type=click.IntRange(min=1), help="Rows to load at most.")
@click.option("--create/--no-create", default=True, help="Make the collection if it is missing.")
@click.option("--create-database", is_flag=True, help="Make the database if it is missing.")
@click.option("--overwrite", is_flag=True, help="Take all documents out of the collection first.")
@click.option("--dry-run", is_flag=True, help="Read and convert everything, send nothing.")
@click.option("--checkpoint", metavar="FILE", help="Go on where a killed run left off.")
@click.option("--dead-letter", metavar="FILE", help="For failed rows [<file>.failed.jsonl].")
@click.option("--max-errors", type=click.IntRange(min=1), help="Stop after so many failed rows.")
@click.option("--chunk-rows", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--chunk-bytes", type=click.IntRange(min=1), default=4 << 20, show_default=True)
@click.option(
    "--window",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Chunks on their way at once, at most; a busy server is given fewer.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=60.0,
    show_default=True,
    help="How long to wait for a server that has gone, before the load stops.",
)
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@access_options
def load(
    access: Access,
    files: tuple[str, ...],
    collection: str | None,
    vertices: Sequence[tuple[str, str]],
    edges: Sequence[tuple[str, str]],
    *,
    patience: float,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Load FILEs into a collection, as jobs on the server, and count what it confirms.

    FILE is CSV, TSV, JSON lines, one JSON array, Parquet or Arrow, also compressed by gzip,
    bzip2 or xz; "-" is standard input. Ctrl-C ends the load in good order, a second one at once.
    """
    work = _plan(files, collection, vertices, edges, _cleaned(options))
    if options["checkpoint"] and access.url is None and not options["dry_run"]:
        raise OptionError(
            "a checkpoint needs --url: the embedded server keeps nothing to go on with"
        )
    for job in work:
        # Before a server is started or asked.
        LoadOptions(**job.options)
        check_readable(job.source)
    with ExitStack() as stack:
        target: Any = None
        if not options["dry_run"]:
            db = stack.enter_context(
                database_or_embedded(access, may_miss=options["create_database"])
            )
            target = stack.enter_context(JobManager(db, patience=patience))
        switch = stack.enter_context(stopping_on_signals())
        return _run(work, target, switch, quiet=quiet, as_json=as_json)


def _run(
    work: Iterable[_Job], target: Any, switch: StopSwitch, *, quiet: bool, as_json: bool
) -> int:
    code = 0
    for job in work:
        try:
            with shown(job.collection, quiet=quiet) as progress:
                report = load_input(
                    job.source,
                    target,
                    job.collection,
                    progress=progress,
                    stop=switch,
                    **job.options,
                )
        except LoaderError as error:
            if error.report is not None:
                _summarise(error.report, as_json=as_json)
                is_broken = isinstance(error, SourceError)
                _say_how_to_go_on(error.report, job, is_broken=is_broken)
            raise
        _summarise(report, as_json=as_json)
        if report.failed:
            code = FAILED
        if not report.is_complete:
            _say_how_to_go_on(report, job)
            return INTERRUPTED
    return code


def _summarise(report: LoadReport, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(report), "per_second": round(report.per_second, 1)})
    else:
        click.echo(_summary(report))
    for failure in report.first_failures:
        complain(f"{report.source}: {failure}")
    if report.failed:
        where = f"; they are in {report.dead_letter}" if report.dead_letter else ""
        complain(f"{report.source}: {report.failed:,} rows failed{where}")
    elif report.is_complete and not report.documents:
        complain(f"{report.source}: there are no rows in it")


def _summary(report: LoadReport) -> str:
    done = f"{report.documents:,} documents"
    if report.is_dry_run:
        return f"{report.collection}: {done} would be sent, {report.failed:,} errors (dry run)"
    parts = []
    if report.updated or report.ignored:
        parts = [
            f"{count:,} {word}"
            for word, count in (
                ("created", report.created),
                ("updated", report.updated),
                ("ignored", report.ignored),
            )
            if count
        ]
    if report.resumed:
        parts.append(f"{report.resumed:,} of them by earlier runs")
    if parts:
        done += f" ({', '.join(parts)})"
    return (
        f"{report.collection}: {done}, {report.failed:,} errors, {report.seconds:.2f} s, "
        f"{report.per_second:,.0f} per second, {report.requests:,} requests"
    )


def _say_how_to_go_on(report: LoadReport, job: _Job, *, is_broken: bool = False) -> None:
    """Say which command loads the rest. Where the input is broken, it has to be mended first."""
    if report.is_dry_run:
        return
    if report.checkpoint is not None and not is_broken:
        complain(
            f"{report.source}: stopped; the same command with --checkpoint {report.checkpoint} "
            "goes on"
        )
        return
    how = f"--skip {report.rows} loads the rest"
    # A file that was mended is another one to a checkpoint; all rows before have ended.
    without = ["--checkpoint"] if report.checkpoint is not None else []
    without += ["--overwrite"] if job.options["overwrite"] else []
    if without:
        how += f", without {' and '.join(without)}"
    if is_broken:
        how = f"once it is mended, {how}"
    complain(f"{report.source}: stopped after row {report.rows}; {how}")


def _cleaned(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, as the library wants them."""
    values = {name: value for name, value in options.items() if value is not None}
    values["types"] = dict(values["types"])
    values["rename"] = dict(values["rename"])
    values["merge_attributes"] = dict(values["merge_attributes"])
    if "columns" in values:
        values["columns"] = values["columns"].split(",")
    return values


def _plan(
    files: Sequence[str],
    collection: str | None,
    vertices: Sequence[tuple[str, str]],
    edges: Sequence[tuple[str, str]],
    options: dict[str, Any],
) -> list[_Job]:
    """Return what is to be loaded, in order."""
    if files and (vertices or edges):
        raise click.UsageError("give either FILEs with --collection, or --vertices and --edges")
    if not files and not vertices and not edges:
        raise click.UsageError("name a FILE, or '-' for standard input")
    for file in files:
        if file in ("true", "false") and not os.path.exists(file):
            raise click.UsageError(
                f"there is no file {file}; if it belongs to an option: those that switch "
                "something on or off take no value here"
            )
    if files and not collection:
        raise click.UsageError("--collection is missing: where should the documents go?")
    if files and collection:
        return _numbered([_Job(file, collection, options) for file in files])
    if options["edge"] or collection:
        raise click.UsageError("--edge and --collection go with FILEs, not --vertices and --edges")
    # Each file has only some of the columns that the options name.
    options["strict_columns"] = False
    plain = {name: value for name, value in options.items() if name not in _OF_EDGES}
    linked = {name: value for name, value in options.items() if name not in _OF_VERTICES}
    return _numbered([
        *(_Job(file, name, plain) for file, name in vertices),
        *(_Job(file, name, {**linked, "edge": True}) for file, name in edges),
    ])  # fmt: skip


def _numbered(work: list[_Job]) -> list[_Job]:
    """Give each file its own checkpoint and file of failed rows: FILE, FILE.2, FILE.3 ...

    The first file of a collection alone overwrites what was there.
    """
    seen: set[str] = set()
    for number, job in enumerate(work):
        if job.collection in seen and job.options["overwrite"]:
            options = {**job.options, "overwrite": False}
            work[number] = _Job(job.source, job.collection, options)
        seen.add(job.collection)
    for number, job in enumerate(work[1:], 2):
        for name in ("checkpoint", "dead_letter"):
            if name in job.options:
                work[number - 1] = job = _Job(
                    job.source,
                    job.collection,
                    {**job.options, name: f"{job.options[name]}.{number}"},
                )
    return work
