"""Reads the tables of queries and what they give: one a line, ``query => JSON``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).with_name("cases")


def cases(name: str) -> list[Any]:
    """Return the pairs of a table; lines that begin with # are headings."""
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    pairs = [line.rpartition(" => ") for line in lines if line.strip() and line[0] != "#"]
    return [pytest.param(query, json.loads(text), id=query) for query, _, text in pairs]


def tokens() -> list[str]:
    """Return the tokens that random queries are made of."""
    return (_FOLDER / "tokens.txt").read_text("utf-8").splitlines()
