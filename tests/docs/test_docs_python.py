"""Every block of Python in README.md and docs/ runs as it stands, page by page, in order."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import PAGES, ROOT, Block, blocks, name_of

from arango_jobs.local import LocalServer

WITH_CODE = [page for page in PAGES if blocks(page, "python")]
USUAL = "http://127.0.0.1:8529"


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page, "python") if block.why is None]


def is_for_pytest(block: Block) -> bool:
    return "def test_" in block.text


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_blocks_run(page: Path, url: str) -> None:
    """One after the other, with what the blocks before have defined."""
    # A page about a server with an empty password brings no server of its own: one of those, too.
    with LocalServer() as server:
        names: dict[str, object] = {"__name__": "page", "url": server.url}
        for block in runnable(page):
            if not is_for_pytest(block):
                # So many empty lines before it that a traceback has the page's own numbers.
                code = "\n" * (block.line - 1) + block.text.replace(USUAL, url)
                exec(compile(code, str(page), "exec"), names)
        names.clear()
        gc.collect()


@pytest.mark.parametrize("page", [p for p in WITH_CODE if any(map(is_for_pytest, runnable(p)))],
                         ids=name_of)  # fmt: skip
def test_blocks_of_tests_pass(page: Path, here: Path) -> None:
    """In a pytest of their own, with the plugin and nothing else; warnings are errors."""
    tests = 0
    for number, block in enumerate(filter(is_for_pytest, runnable(page))):
        (here / f"test_page_{number}.py").write_text(block.text, encoding="utf-8")
        tests += block.text.count("def test_")
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(here)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(here)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests} passed" in done.stdout


def test_blocks_that_are_not_run_are_few() -> None:
    """Each of them says why; all others run."""
    assert [block.name for page in PAGES for block in blocks(page, "python") if block.why] == []


def test_the_readme_has_ten_lines() -> None:
    """The first program fits on a screen and needs no server."""
    first = blocks(ROOT / "README.md", "python")[0].text
    assert USUAL not in first
    assert len([line for line in first.splitlines() if line and "import" not in line]) <= 10
