"""The manual page lists exactly the functions that there are."""

from __future__ import annotations

import re
from pathlib import Path

from arango_jobs.local.aql.functions import REGISTRY, UNSUPPORTED

PAGE = Path(__file__).parents[3] / "docs" / "aql-coverage.md"


def section(title):
    text = PAGE.read_text("utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([A-Z][A-Z0-9_]*)`", text))


def test_functions_that_are_there():
    """Every function of the registry is in the table, and nothing else."""
    assert section("Functions") == set(REGISTRY)


def test_functions_that_are_not_there():
    """Every function that is refused by name is listed."""
    assert section("Functions that are not there") == UNSUPPORTED
