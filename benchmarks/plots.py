"""Draws the answers: `python -m benchmarks.plots [FOLDER]` draws latest.json once more."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FuncFormatter, NullLocator

from benchmarks.results import TIMES, Report

__all__ = ["draw"]

_OURS, _OTHERS, _THIRD, _INK = "#1b6ca8", "#b8bfc6", "#d9822b", "#30363d"
_STYLE: Any = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(reports: Sequence[Report], folder: Path) -> list[str]:
    """Write the pictures that the reports have data for; return their names."""
    by_name = {report.name: report for report in reports if report.figures}
    drawn = []
    with mpl.rc_context(_STYLE):
        for name, painter in _PAINTERS.items():
            if name not in by_name:
                continue
            picture = painter(by_name[name])
            picture.savefig(folder / f"{name}.png", dpi=110)
            drawn.append(f"{name}.png")
    return drawn


def _picture(height: float, title: str) -> tuple[Picture, Axes]:
    picture = Picture(figsize=(7.2, height), layout="constrained")
    # Above the names on the left as well, which a title of the axes is not.
    picture.suptitle(title, x=0.012, ha="left", fontsize=10, fontweight="bold")
    return picture, picture.add_subplot()


def _thousands(value: float, _position: object = None) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _short(value: float, _position: object = None) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} million"
    return f"{value:,.0f}"


def _throughput(report: Report) -> Picture:
    lines = sorted(report.figures, key=lambda each: float(each.values["per second"] or 0))
    picture, axes = _picture(0.9 + 0.33 * len(lines), f"{report.title}: operations a second")
    rates = [float(each.values["per second"] or 0) for each in lines]
    is_ours = [each.name.startswith("arango_jobs") for each in lines]
    axes.barh(
        range(len(lines)), rates, color=[_OURS if mine else _OTHERS for mine in is_ours], height=0.7
    )
    axes.set_yticks(range(len(lines)), [each.name for each in lines])
    axes.set_xscale("log")
    axes.set_xlim(10 ** math.floor(math.log10(min(rates))), max(rates) * 90)
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("operations a second (logarithmic scale)")
    for place, (each, rate) in enumerate(zip(lines, rates, strict=True)):
        times = each.values.get(f"{TIMES} loop")
        more = "" if not isinstance(times, float) else f"  ({_times(times)} {TIMES} loop)"
        axes.text(rate * 1.08, place, f"{rate:,.0f}{more}", va="center", fontsize=8)
    return picture


def _times(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _latency(report: Report) -> Picture:
    picture, axes = _picture(2.6, f"{report.title}")
    lines = [each for each in report.figures if each.series.get("added ms")]
    lines.reverse()
    ends: list[float] = []
    for place, each in enumerate(lines):
        color = _OURS if "arango_jobs" in each.name else _OTHERS
        box = axes.boxplot(
            each.series["added ms"],
            orientation="horizontal",
            positions=[place],
            widths=0.6,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
        )
        for part in box["boxes"]:
            part.set_facecolor(color)
            part.set_edgecolor(_INK)
        for part in box["medians"]:
            part.set_color(_INK)
        middle = float(each.values["median ms"] or 0)
        ends.append(float(max(box["whiskers"][1].get_xdata())))
        axes.text(ends[-1], place, f"  {middle:.2f} ms", va="center", fontsize=8)
    axes.set_yticks(range(len(lines)), [each.name for each in lines])
    axes.set_xlim(0, 1.15 * max(ends))
    axes.set_xlabel("ms added (box: quartiles, line: 5 % to 95 %, number: median)", loc="right")
    picture.set_size_inches(7.2, 1.1 + 0.32 * len(lines))
    return picture


def _growth(report: Report) -> Picture:
    picture = Picture(figsize=(7.2, 2.8), layout="constrained")
    left, right = picture.subplots(1, 2)
    for word, color in (("merged", _OURS), ("not merged", _THIRD)):
        lines = [each for each in report.figures if each.name.startswith(f"{word}, ")]
        counts = [each.series["count"][0] for each in lines]
        for axes, column in ((left, "µs each"), (right, "bytes each")):
            values = [float(each.values[column] or 0) for each in lines]
            axes.plot(counts, values, "o-", color=color, label=word)
    for axes, title, unit in (
        (left, "Time of an operation", "µs"),
        (right, "Memory of an operation, all kept", "bytes"),
    ):
        axes.set_title(title)
        axes.set_xscale("log")
        axes.set_ylim(0, None)
        axes.set_xlabel("operations (logarithmic scale)")
        axes.set_ylabel(unit)
        axes.xaxis.set_major_formatter(FuncFormatter(_short))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
        axes.grid(axis="y", color="#e4e7ea")
        axes.legend(frameon=False, fontsize=8)
    return picture


def _few(report: Report) -> Picture:
    lines = list(reversed(report.figures))
    picture, axes = _picture(0.9 + 0.42 * len(lines), f"{report.title}")
    for shift, column, color, label in (
        (0.19, "arango jobs", _OURS, "arango_jobs"),
        (-0.19, "python arango", _OTHERS, "python-arango, synchronous"),
    ):
        values = [float(each.values.get(column) or 0) for each in lines]
        places = [place + shift for place in range(len(lines))]
        axes.barh(places, values, height=0.36, color=color, label=label)
        for place, value in zip(places, values, strict=True):
            if value:
                axes.text(value * 1.06, place, f"{value:,.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(lines)), [each.name for each in lines])
    axes.set_xscale("log")
    axes.set_xlim(50, 3 * axes.get_xlim()[1])
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("operations a second (logarithmic scale)")
    picture.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=2)
    return picture


def _window(report: Report) -> Picture:
    series = report.figures[0].series
    picture = Picture(figsize=(7.2, 3.4), layout="constrained")
    upper, lower = picture.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    seconds = series["seconds"]
    third = seconds[-1] / 3
    title = "Jobs given to a server while another load comes and goes (8 workers, 5 ms each)"
    picture.suptitle(title, x=0.012, ha="left", fontsize=10, fontweight="bold")
    upper.plot(seconds, series["window"], color=_OURS)
    upper.set_ylabel("window, jobs")
    lower.plot(seconds, series["queue time ms"], color=_INK)
    lower.set_ylabel("queue time, ms")
    lower.set_xlabel("seconds")
    for axes in (upper, lower):
        axes.axvspan(third, 2 * third, color="#f3efe6", zorder=0)
        axes.set_ylim(0, 1.15 * axes.get_ylim()[1])
        axes.margins(x=0)
    height = 0.92 * upper.get_ylim()[1]
    upper.text(1.5 * third, height, "another load: 900/s of 1,600/s", ha="center", fontsize=8)
    return picture


_PAINTERS: dict[str, Callable[[Report], Picture]] = {
    "throughput": _throughput,
    "latency": _latency,
    "few_callers": _few,
    "growth": _growth,
    "window": _window,
}


def main() -> None:
    """Draw what has been measured last once more."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "results"
    data = json.loads((folder / "latest.json").read_text())
    print(*draw([Report.from_json(each) for each in data["reports"]], folder))


if __name__ == "__main__":
    main()
