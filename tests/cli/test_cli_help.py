"""Help, completion, and that every example in the help runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli_support import AIRPORTS, Cli, end, start

import arango_jobs.cli as package
from arango_jobs.cli.app import app
from arango_jobs.local import LocalServer

ROOT = Path(AIRPORTS).parents[2]
COMMANDS = ["", *app.commands]


def examples(name: str) -> list[str]:
    """Return the example commands of a command's help."""
    command = app.commands[name] if name else app
    text = re.sub(r"\\\n\s+", "", command.epilog or "")
    text = re.sub(r"\n       SORT", " SORT", text)
    return [line.strip() for line in text.splitlines() if line.startswith("  arango-jobs ")]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples(cli: Cli, name: str) -> None:
    """Each command's help shows its effect and how to call it."""
    done = cli(*([name] if name else []), "--help")
    assert done.code == 0
    assert done.out.startswith("Usage: arango-jobs")
    assert "Examples:" in done.out
    assert len(examples(name)) >= 2


def test_every_option_has_a_help_that_fits() -> None:
    """Every sub-command has a sentence."""
    for command in app.commands.values():
        for each in getattr(command, "commands", {"": command}).values():
            assert each.help, each.name


@pytest.mark.parametrize("name", ["", "load", "query", "doctor", "top"])
def test_examples_run(cli: Cli, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, beside the data of this project."""
    Path("examples").symlink_to(ROOT / "examples")
    Path("airports.csv").symlink_to(AIRPORTS)
    Path("airports.csv.failed.jsonl").write_text('{"row": {"iata": "X"}, "line": 1, "error": {}}\n')
    Path("big.jsonl.gz").write_text('{"n": 1}\n')
    with LocalServer() as server:
        for example in examples(name):
            arguments = shlex.split(example)[1:]
            if arguments[0] == "serve" or arguments == ["top"]:
                continue
            if arguments[0] in ("doctor", "top") or "--checkpoint" in arguments:
                monkeypatch.setenv("ARANGO_URL", server.url)
            if "http://127.0.0.1:8529" in arguments:
                arguments[arguments.index("http://127.0.0.1:8529")] = server.url
            assert cli(*arguments).code == 0, example
            monkeypatch.delenv("ARANGO_URL", raising=False)


def test_serve_with_data(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its URL is on a line of its own; load and query find it; Ctrl-C ends it."""
    with start("serve", "--load", f"{AIRPORTS}:airports", "--password", "s") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        access = ("--url", url, "--password", "s")
        assert cli("query", "RETURN LENGTH(airports)", *access).rows == [3376]
        process.send_signal(2)
        done = end(process)
    assert done.code == 0
    assert "airports: 3,376 documents, 0 errors" in done.err
    assert "gone after that" in done.err


def test_serve_on_an_open_address(cli: Cli) -> None:
    """Not without a password."""
    done = cli("serve", "--host", "0.0.0.0")
    assert done.code == 2
    assert "set a password, or use 127.0.0.1" in done.err


def test_serve_on_a_port_that_is_taken(cli: Cli) -> None:
    """One line."""
    with LocalServer() as server:
        done = cli("serve", "--port", server.url.rpartition(":")[2])
    assert done.code == 1
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    """A script for each shell."""
    environment = {**os.environ, "_ARANGO_JOBS_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-c", "from arango_jobs.cli import main; raise SystemExit(main())"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_ARANGO_JOBS_COMPLETE" in done.stdout


def test_version(cli: Cli) -> None:
    """The package's own."""
    assert re.fullmatch(r"arango-jobs, version \d+\.\d+\.\d+\S*\n", cli("--version").out)


def test_unknown_command(cli: Cli) -> None:
    """Usage, exit code 2."""
    done = cli("laod")
    assert done.code == 2
    assert "No such command 'laod'" in done.err


def test_without_its_libraries() -> None:
    """What is missing is named, with the command that installs it."""
    code = (
        "import sys; sys.modules['click'] = None\n"
        "from arango_jobs.cli import main; raise SystemExit(main(['--help']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "arango-jobs: the command line needs: pip install arango-jobs[cli]\n"


def test_errors_of_ours_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program itself still shows where it is."""

    @click.command("broken")
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(app.commands, "broken", broken)
    with pytest.raises(ZeroDivisionError):
        package.main(["broken"])
