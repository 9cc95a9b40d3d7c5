"""Links lead somewhere, and what pages list is what there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from docs_pages import PAGES, ROOT, anchors, links, name_of

from arango_jobs import errors, loader, signals
from arango_jobs.cli.app import app
from arango_jobs.loader.options import LoadOptions
from arango_jobs.local.faults import Fault
from arango_jobs.manager_options import ManagerOptions

README = (ROOT / "README.md").read_text(encoding="utf-8")
MANAGER = (ROOT / "docs" / "manager.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    """Those within the repository."""
    for link in links(page):
        target, _, anchor = link.partition("#")
        if target.startswith(("http://", "https://")):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


def test_every_page_can_be_found() -> None:
    """From the README, by way of pages that it links to."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += [
                (page.parent / link.partition("#")[0]).resolve()
                for link in links(page)
                if not link.startswith(("http", "#"))
            ]
    assert {page for page in PAGES if page.parent.name == "docs"} <= seen


def cells(text: str, heading: str) -> list[str]:
    """Return the first cells of the table below a heading, one for each name in them."""
    section = re.split(r"\n#+ ", text.partition(f"# {heading}\n")[2])[0]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.M)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_every_option_of_a_manager_is_explained() -> None:
    """And no other."""
    assert sorted(cells(MANAGER, "Options")) == sorted(each.name for each in fields(ManagerOptions))


def test_defaults_are_those_that_are_told() -> None:
    """The numbers in the table."""
    defaults = ManagerOptions()
    table = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", MANAGER, re.M))
    assert len(table) >= 7
    for name, text in table.items():
        assert getattr(defaults, name) == int(text.replace(",", "")), name
    assert (defaults.merge_max_operations, defaults.merge_max_bytes) == (500, 4 << 20)
    assert defaults.max_bytes == 256 << 20


def test_every_signal_is_explained() -> None:
    """And no other."""
    assert sorted(cells(MANAGER, "Callbacks and signals")) == sorted(signals.signals)


def test_every_error_of_ours_is_in_the_tree() -> None:
    """Errors of the server's are named by what they are of."""
    tree = MANAGER.partition("```text\n")[2].partition("```")[0]
    ours = {
        name
        for name in errors.__all__
        if issubclass(getattr(errors, name), errors.ArangoClientError)
        and getattr(errors, name).__module__ in ("arango_jobs.errors.base", errors.client.__name__)
    }
    assert ours <= set(re.findall(r"\w+Error\b", tree))
    for name in re.findall(r"\w+Error\b", tree):
        assert hasattr(errors, name) or hasattr(loader, name), name


def test_every_extra_is_in_the_table() -> None:
    """And no other."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = project.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    extras = re.findall(r"^([\w-]+) = \[", section, re.M)
    table = README.partition("## Extras\n")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", table, re.M)) == sorted(extras)


def test_options_of_a_load_that_are_named_are_there() -> None:
    """Also those of the command."""
    page = (ROOT / "docs" / "loader.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)=", page)) - {"stop", "progress"}
    assert named <= {each.name for each in fields(LoadOptions)}
    options = {each for parameter in app.commands["load"].params for each in parameter.opts}
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for option in re.findall(r"arango-jobs load [^\n]*", page):
        assert set(re.findall(r"--[a-z-]+", option)) <= options


def test_the_fault_of_the_testing_page() -> None:
    """Its parameters are those of `Fault`."""
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    signature = page.partition("`Fault(")[2].partition("…")[0]
    named = [each.partition("=")[0].strip() for each in signature.split(",") if each.strip()]
    assert "coordinator" in named
    assert set(named) <= {each.name for each in fields(Fault)}
