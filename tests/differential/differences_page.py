# ruff: noqa: E501 - a page of prose, in lines as long as the manual has
"""Writes docs/differences.md from the table that the tests compare both libraries by.

Run it (`python tests/differential/differences_page.py`) after a change of the table.
"""

from __future__ import annotations

from pathlib import Path

from differences import DIFFERENCES, Difference

PAGE = Path(__file__).parents[2] / "docs" / "differences.md"

_INTRODUCTION = """\
# Differences from python-arango

<!-- Written by tests/differential/differences_page.py from the table that the tests compare by. -->

Names, parameters, defaults, results and errors of the wrappers are those of python-arango 8. The tests call every method of both
libraries with the same arguments, against two embedded servers, in the direct, the async and the managed context, and compare what
comes of it: results, the errors with all their attributes, and the documents that are stored afterwards. A managed call gives what
python-arango gives directly. These are all the differences; each has its reason.

| call | python-arango | arango_jobs | why | contexts |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page's text."""
    return _INTRODUCTION + "".join(_row(row) for row in DIFFERENCES)


def _row(row: Difference) -> str:
    contexts = "all" if len(row.contexts) == 3 else ", ".join(row.contexts)
    cells = (row.call, row.theirs, row.ours, row.why, contexts)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
