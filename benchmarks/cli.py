"""The command: asks the questions one after the other, prints and writes the answers."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, markdown, peers, questions
from benchmarks.results import Report
from benchmarks.servers import stub
from benchmarks.servers.base import Unavailable
from benchmarks.settings import Settings

__all__ = ["main"]

_RESULTS = Path(__file__).resolve().parent / "results"
_PATIENCE = {"tiny": 60.0, "short": 240.0, "full": 3600.0}
"""Seconds for one question."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="How fast arango_jobs is, side by side with its peers. Without options: a "
        "short form of all questions against the stub server, in under five minutes.",
    )
    parser.add_argument("--list", action="store_true", help="show the questions and end")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="ask this one (repeatable)"
    )
    parser.add_argument("--rounds", type=int, default=0, help="how often each is measured")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--full", action="store_true", help="more and larger: about half an hour")
    form.add_argument("--tiny", action="store_true", help="just see that everything runs")
    parser.add_argument("--server", choices=("stub", "local"), default="stub", help="(stub)")
    parser.add_argument("--url", default="", help="a server of yours, instead of --server")
    parser.add_argument("--user", default="root", help="for --url (root)")
    parser.add_argument("--password", default="", help="for --url")
    parser.add_argument("--db", default="_system", help="for --url (_system)")
    parser.add_argument("--seed", type=int, default=1, help="of the documents (1)")
    parser.add_argument("--no-pin", action="store_true", help="leave cores to the system")
    parser.add_argument("--no-plots", action="store_true", help="write no pictures")
    parser.add_argument(
        "--out", type=Path, default=_RESULTS, metavar="FOLDER", help="(benchmarks/results)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0: done, 1: a question failed, 2: cannot begin."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        _list()
        return 0
    if unknown := set(options.only) - set(questions.names()):
        parser.error(f"no such question: {', '.join(sorted(unknown))} (see --list)")
    settings = _settings(options)
    try:
        if settings.server == "stub":
            stub.build()
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 2
    _warn(settings)
    chosen = [name for name in questions.names() if name in (options.only or questions.names())]
    found = machine.describe(settings)
    reports = [report for name in chosen if (report := _ask(name, settings)) is not None]
    _conclude(reports)
    # A part of the questions must not take the place of all of them.
    out: Path = options.out / "part" if options.only else options.out
    _write(out, reports, found, with_plots=not options.no_plots)
    return 0 if len(reports) == len(chosen) else 1


def _list() -> None:
    for name in questions.names():
        print(f"{name:<14} {questions.title(name)}")


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        server="url" if options.url else options.server,
        url=options.url,
        user=options.user,
        password=options.password,
        database=options.db,
        form="full" if options.full else "tiny" if options.tiny else "short",
        rounds=options.rounds,
        seed=options.seed,
        is_pinned=not options.no_pin,
    )


def _warn(settings: Settings) -> None:
    for wheel in peers.missing():
        print(f"{wheel} is not installed and not compared: pip install 'arango-jobs[bench]'")
    if machine.is_busy():
        print("The machine has other work to do: expect figures that are too low and vary.")
    if settings.is_pinned and not _can_pin():
        print("Fewer than two cores can be chosen: client and server share what there is.")
    print(flush=True)


def _can_pin() -> bool:
    # In a process of its own, as this one stays where it is.
    code = "from benchmarks.cores import pin_client; print(pin_client(True))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def _ask(name: str, settings: Settings) -> Report | None:
    print(f"── {questions.title(name)} ({name})", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [sys.executable, "-m", "benchmarks.one", name]
        command += [json.dumps(settings.to_json()), str(file)]
        status = _run(command, _PATIENCE[settings.form])
        if status != 0:
            why = "took too long" if status is None else f"failed with status {status}"
            print(f"{name} {why}\n", file=sys.stderr)
            return None
        report = Report.from_json(json.loads(file.read_text()))
    _show(report)
    return report


def _run(command: list[str], seconds: float) -> int | None:
    """Return the status of `command`, `None` where it had to be ended."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            return None


def _show(report: Report) -> None:
    if report.figures:
        print(markdown.text_table(report))
    for goal in report.goals:
        print(goal.line())
    for note in report.notes:
        print(note)
    print(f"({report.seconds:.0f} s)\n", flush=True)


def _conclude(reports: Sequence[Report]) -> None:
    goals = [goal for report in reports for goal in report.goals]
    missed = [goal for goal in goals if goal.is_reached is False]
    if goals:
        reached = sum(goal.is_reached is True for goal in goals)
        print(f"{reached} of {len(goals)} goals reached in {sum(r.seconds for r in reports):.0f} s")
    for goal in missed:
        print(f"missed: {goal.line()}")


def _write(
    folder: Path, reports: Sequence[Report], found: dict[str, object], *, with_plots: bool
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = {"machine": found, "reports": [report.to_json() for report in reports]}
    (folder / "latest.json").write_text(json.dumps(data, indent=1) + "\n")
    plots: list[str] = []
    if with_plots:
        try:
            plots = importlib.import_module("benchmarks.plots").draw(reports, folder)
        except ImportError:
            print("No pictures, as matplotlib is not installed: pip install 'arango-jobs[bench]'")
    (folder / "latest.md").write_text(markdown.document(reports, found, plots))
    print(f"written: {folder / 'latest.md'}")
