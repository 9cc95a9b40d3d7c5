"""Every section and hazard of docs/development/server-protocol.md that the code cites is there."""

from __future__ import annotations

import re

from docs_pages import ROOT

PAGE = ROOT / "docs" / "development" / "server-protocol.md"
_HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", re.MULTILINE)
_HAZARD = re.compile(r"^- \*\*(H-\d+) ", re.MULTILINE)
_RFC = re.compile(r"RFC \d+ §[\d.]*\d")
_CITED = re.compile(r"§(\d+(?:\.\d+)*)|(H-\d+)")


def _cited() -> dict[str, set[str]]:
    """Return each citation of the code, with the files that have it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "arango_jobs").rglob("*.py"):
        text = " ".join(path.read_text(encoding="utf-8").split())
        for section, hazard in _CITED.findall(_RFC.sub("", text)):
            found.setdefault(section or hazard, set()).add(path.name)
    return found


def test_citations() -> None:
    """What cites an RFC names it each time; all others are sections of our page."""
    text = PAGE.read_text(encoding="utf-8")
    there = {*_HEADING.findall(text), *_HAZARD.findall(text)}
    cited = _cited()
    assert len(cited) > 30
    assert {name: files for name, files in cited.items() if name not in there} == {}
