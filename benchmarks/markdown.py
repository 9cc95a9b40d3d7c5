"""Writes the answers down: as text for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.results import Goal, Report

__all__ = ["document", "goals_table", "head", "in_words", "table", "text_table"]


def in_words(value: float | str | None) -> str:
    """Return a value with as many digits as mean something."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    size = abs(value)
    if size >= 1_000_000 or size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}".removesuffix(".0")
    if size >= 1:
        return f"{value:.2f}".removesuffix(".00")
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def _rows(report: Report) -> list[list[str]]:
    columns = list(dict.fromkeys(key for each in report.figures for key in each.values))
    rows = [[f"{report.name}", *columns]]
    for each in report.figures:
        rows.append([each.name, *(in_words(each.values.get(column)) for column in columns)])
    return rows


def text_table(report: Report) -> str:
    """Return the figures in columns, for a terminal."""
    rows = _rows(report)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table; the first is the head, numbers stand to the right."""
    head, *body = rows
    line = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, line, *body))


def goals_table(goals: Iterable[Goal]) -> str:
    """Return goals as a Markdown table."""
    rows = [["what", "goal", "measured", "reached"]]
    for goal in goals:
        sign = "≥" if goal.is_least else "≤"
        measured = "-" if goal.measured is None else goal.quantity(goal.measured)
        answer = {True: "yes", False: "**no**", None: "-"}[goal.is_reached]
        rows.append([goal.text, f"{sign} {goal.quantity(goal.limit)}", measured, answer])
    return table(rows)


def head(machine: dict[str, Any]) -> str:
    """Say in a few lines where and with what it was measured."""
    settings = machine["settings"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    revision = f" (revision {machine['revision']})" if machine["revision"] else ""
    server = {"stub": "the stub (benchmarks/stub.c)", "local": "LocalServer"}.get(
        settings["server"], settings["url"]
    )
    return (
        f"{machine['date']}{revision}, {machine['machine']}, {machine['python']}; {versions}. "
        f"Against {server}, {settings['form']} form, seed {settings['seed']}; medians of rounds "
        f"that take turns. Load of the machine at the start: {machine['load']}."
    )


def document(reports: Sequence[Report], machine: dict[str, Any], plots: Sequence[str]) -> str:
    """Return everything as one Markdown document."""
    goals = [goal for report in reports for goal in report.goals]
    parts = ["# How fast", head(machine)]
    if goals:
        reached = sum(goal.is_reached is True for goal in goals)
        parts += [f"## Goals: {reached} of {len(goals)} reached", goals_table(goals)]
    parts += [f"![{name.partition('.')[0].replace('_', ' ')}]({name})" for name in plots]
    for report in reports:
        parts.append(f"## {report.title}")
        if report.figures:
            parts.append(table(_rows(report)))
        parts += report.notes
        parts.append(f"`python -m benchmarks --only {report.name}`, {report.seconds:.0f} s")
    return "\n\n".join(parts) + "\n"
