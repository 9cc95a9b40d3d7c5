"""The pages of the documentation, taken apart: blocks of code, links, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^\n]+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.S
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page; `why` says why it is not run, where it is not."""

    page: Path
    line: int
    kind: str
    text: str
    why: str | None

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page.name}:{self.line}"


def name_of(page: Path) -> str:
    """Return what a test of a page is called."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, *kinds: str) -> list[Block]:
    """Return the blocks of these kinds, in order, those that are not run too."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, _line(text, found.start("text")), *found.group("kind", "text", "why"))
        for found in _BLOCK.finditer(text)
        if found["kind"] in kinds
    ]


def links(page: Path) -> list[str]:
    """Return where a page links to."""
    return _LINK.findall(_prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", _prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _prose(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
