"""The manual page says what is there, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arango_jobs.local.faults import ACTIONS
from arango_jobs.local.routes import TABLES, missing

MANUAL = (Path(__file__).parents[2] / "docs" / "embedded-server.md").read_text(encoding="utf-8")
ENDPOINTS, _, MISSING = MANUAL.partition("### Missing")
EXAMPLES = [code for code in re.findall(r"```python\n(.*?)```", MANUAL, re.S) if "def " not in code]


def test_every_endpoint_is_in_the_tables_and_no_other():
    """Registered routes against table rows."""
    rows = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", ENDPOINTS, re.M)
    registered = [
        route.name for table in TABLES if table is not missing.route for route in table.routes
    ]
    assert sorted(rows) == sorted(registered)


def test_everything_missing_is_named():
    """And by the same words."""
    rows = dict(re.findall(r"^\| `([^`]*)` \| (.*) \|$", MISSING, re.M))
    assert {re.split(r"/…| \(", name)[0]: what for name, what in rows.items()} == {
        **missing.MISSING,
        **missing.NAMED,
    }


def test_every_action_is_explained():
    """The table of faults."""
    table = MANUAL.partition("| action |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)`(?:,| \|)", table)) - {"respond,"} >= ACTIONS


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_run(code):
    """As they stand."""
    exec(compile(code, "embedded-server.md", "exec"), {})
