"""What a question gives: figures, goals and notes. Knows neither how they came nor how they look.

Everything goes to JSON and back, as each question runs in a process of its own.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

__all__ = ["TIMES", "Figure", "Goal", "Report"]

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table: a name, the columns' values and, for plots, single values."""

    name: str
    values: dict[str, float | str | None]
    series: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Goal:
    """What was to be reached and what was measured; `measured` is `None` where it was not."""

    text: str
    limit: float
    measured: float | None
    unit: str = TIMES
    is_least: bool = True
    """Whether the limit is the least that will do, or else the most."""
    digits: int = 2

    @property
    def is_reached(self) -> bool | None:
        """Whether it was; `None` where that was not measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit

    def line(self) -> str:
        """Say it in one line."""
        sign = "≥" if self.is_least else "≤"
        measured = "nothing" if self.measured is None else self.quantity(self.measured)
        answer = {True: "yes", False: "NO", None: "not measured"}[self.is_reached]
        limit = self.quantity(self.limit)
        return f"goal {sign} {limit} ({self.text}) measured {measured} reached {answer}"

    def quantity(self, value: float) -> str:
        """Return a value with its unit."""
        digits = 0 if abs(value) >= 100 or value == int(value) else self.digits
        return f"{value:,.{digits}f} {self.unit}".strip()


@dataclass(slots=True)
class Report:
    """The answer to one question."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, name: str, **values: float | str | None) -> None:
        """Add a line; the columns' names have spaces where the arguments have underscores."""
        self.figures.append(Figure(name, {key.replace("_", " "): v for key, v in values.items()}))

    def to_json(self) -> dict[str, Any]:
        """Return it as something that JSON can carry."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """Return what `to_json` was called on."""
        return cls(
            data["name"],
            data["title"],
            [Figure(**each) for each in data["figures"]],
            [Goal(**each) for each in data["goals"]],
            data["notes"],
            data["seconds"],
        )
