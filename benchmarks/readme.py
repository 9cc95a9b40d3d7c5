"""Puts the figures into README.md: `python -m benchmarks.readme` after `python -m benchmarks`.

What stands between the two marks is written anew from results/latest.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.results import TIMES, Report

__all__ = ["main", "section"]

_HERE = Path(__file__).resolve().parent
_README = _HERE.parent / "README.md"
_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_COLUMNS = ("per second", f"{TIMES} loop", "CPU µs each", "requests each")
_PLOTS = {
    "throughput": "Operations a second, ours and others",
    "latency": "Milliseconds added to a job by looking for its result",
    "few_callers": "Operations a second of callers that wait for each result",
    "window": "The window shrinks while another load is there",
}


def section(reports: list[Report], machine: dict[str, Any]) -> str:
    """Return what goes between the marks."""
    by_name = {report.name: report for report in reports}
    goals = [goal for report in reports for goal in report.goals]
    reached = sum(goal.is_reached is True for goal in goals)
    parts = [markdown.head(machine)]
    if report := by_name.get("throughput"):
        rows = [["Single-document inserts, a result for each", *_COLUMNS]]
        for each in report.figures:
            rows.append([each.name, *(markdown.in_words(each.values[key]) for key in _COLUMNS)])
        parts.append(markdown.table(rows))
    parts += [
        f"![{text}](benchmarks/results/{name}.png)"
        for name, text in _PLOTS.items()
        if name in by_name
    ]
    parts.append(
        f"{reached} of {len(goals)} goals reached; "
        "[all figures and goals](benchmarks/results/latest.md)."
    )
    return "\n\n".join(parts)


def main() -> None:
    """Write the section."""
    data = json.loads((_HERE / "results" / "latest.json").read_text())
    text = section([Report.from_json(each) for each in data["reports"]], data["machine"])
    before, begin, rest = _README.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise SystemExit(f"README.md has no {_BEGIN} … {_END}")
    _README.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}")


if __name__ == "__main__":
    main()
