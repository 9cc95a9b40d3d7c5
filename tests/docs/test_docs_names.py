"""The public names, the version, and the words that stand nowhere in the repository."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from docs_pages import ROOT

import arango_jobs
from arango_jobs import ArangoClient

PUBLIC = [
    "",
    ".loader",
    ".local",
    ".testing",
    ".signals",
    ".errors",
    ".ledger",
    ".json",
    ".options",
]


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_there_and_explained(module: str) -> None:
    """Each name of `__all__` exists, once, and says what it is."""
    package = importlib.import_module("arango_jobs" + module)
    names = package.__all__
    assert sorted(set(names)) == sorted(names)
    for name in names:
        thing = getattr(package, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name


def test_public_methods_are_explained() -> None:
    """Those of every public class."""
    for name in arango_jobs.__all__:
        thing = getattr(arango_jobs, name)
        if not inspect.isclass(thing) or thing.__module__.startswith("concurrent"):
            continue
        for attribute, value in vars(thing).items():
            if inspect.isfunction(value) and not attribute.startswith("_"):
                first = (inspect.getdoc(value) or "").partition("\n")[0]
                assert first, f"{name}.{attribute}"


def test_one_version() -> None:
    """In pyproject.toml, of the installed package, of the client, in the changelog."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r'^version = "(.+)"$', project, re.M)
    assert declared
    assert version("arango-jobs") == declared[1] == ArangoClient().version
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(declared[1])} ", changelog, re.M)


def files() -> Iterator[Path]:
    """Give the files of the repository that people have written."""
    kinds = {".py", ".md", ".toml", ".cfg", ".yml", ".yaml", ".lark", ".c", ".txt", ""}
    left_out = {"build", "dist", "node_modules", "__pycache__"}
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        is_hidden = any(part.startswith(".") and part not in (".ci", ".github") for part in parts)
        if is_hidden or left_out & set(parts) or any(part.endswith(".egg-info") for part in parts):
            continue
        if path.suffix in kinds and path.is_file() and path != Path(__file__):
            yield path


WORDS = {
    "a place where packages come from": r"pypi\.org|pythonhosted|--index-url|--find-links",
    "a directory of one machine": r"(?<![\w./:])/(?:work|root|opt|home)/\w",
    "the number of a task": r"\bissues? #?\d",
    "who wrote it": r"\bsub-?agents?\b|\b(?:this|last|another|previous) (?:session|agent)\b",
}


@pytest.mark.parametrize("what", WORDS)
def test_the_project_speaks_of_itself_alone(what: str) -> None:
    """Nothing in it is about the place or the way in which it came to be."""
    pattern = re.compile(WORDS[what], re.I)
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files()
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_the_files_that_are_looked_at_are_many() -> None:
    """Else the test above would say nothing."""
    assert len(list(files())) > 400
