"""Every command in README.md and docs/ works, and the two of the README to the letter."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_pages import PAGES, ROOT, Block, blocks, name_of

from arango_jobs.cli import main

USUAL = "http://127.0.0.1:8529"
SHELL = ("bash", "console", "sh", "shell")
# Commands that are no part of this package, by their first words.
FOREIGN = ("pip install", "python -m pytest", "python examples/", "export ARANGO_", 'eval "$(')
WITH_COMMANDS = [page for page in PAGES if blocks(page, *SHELL)]


def commands(block: Block) -> Iterator[str]:
    """Give the commands of a block, one line each, without prompts."""
    text = block.text.replace("\\\n", " ")
    lines = text.splitlines()
    if block.kind == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    for line in lines:
        if line.strip() and not line.startswith("#"):
            yield from (part.strip() for part in line.split("&&"))


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_commands_work(page: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They end with 0; what is not ours is a command that we know of."""
    for block in blocks(page, *SHELL):
        if block.why is not None:
            continue
        for command in commands(block):
            if command.startswith("export "):
                for pair in shlex.split(command.replace(USUAL, url))[1:]:
                    monkeypatch.setenv(*pair.split("=", 1))
            elif command.startswith("arango-jobs "):
                assert main(shlex.split(command.replace(USUAL, url))[1:]) == 0, command
            else:
                assert command.startswith(FOREIGN), command
        for name in [name for name in os.environ if name.startswith("ARANGO_")]:
            monkeypatch.delenv(name)


def test_the_readmes_two_commands() -> None:
    """One that loads real data, one that runs the tests."""
    one_liners = [block.text.strip() for block in blocks(ROOT / "README.md", "bash")]
    load, test = one_liners
    assert re.fullmatch(r"pip install '\.\[all\]' && arango-jobs load \S+ .*", load)
    assert test == "pip install -e '.[dev]' && python -m pytest"


def test_what_is_checked_before_a_change_lands_begins_with_the_readmes_command() -> None:
    """`.ci/run` and the workflows run the tests as the README tells everybody to."""
    test = blocks(ROOT / "README.md", "bash")[1].text.strip()
    assert test in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert f"- run: {test}\n" in (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")


def test_inline_commands_exist() -> None:
    """A command that is named in a sentence is there, with the options that go with it."""
    from arango_jobs.cli.app import app

    for page in PAGES:
        for words in re.findall(r"`arango-jobs ([a-z]+)(?: [^`]*)?`", page.read_text("utf-8")):
            assert words in app.commands, (page.name, words)
