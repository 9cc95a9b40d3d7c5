"""Which scripts run for which receiver in which context, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import arango
from differences import ROWS
from records import Pairs
from scripts import COLLECTION, DATABASE, DIRECT, OURS
from world import CONTEXTS, Step, World, steps

import arango_jobs

__all__ = ["CASES", "OUR_CASES", "Case", "Compared", "compared"]

RECEIVERS = ("StandardCollection", "VertexCollection", "EdgeCollection")
SCRIPTS = {**COLLECTION, **DATABASE, **DIRECT, **OURS}
STORED = Step((), "what is stored in the end")


@dataclass(frozen=True)
class Case:
    """One script in one context; `receiver` is the class of `c`."""

    script: str
    receiver: str
    context: str

    def __str__(self) -> str:
        return f"{self.script}-{self.receiver}-{self.context}"

    @property
    def steps(self) -> list[Step]:
        """The lines of the script."""
        return steps(SCRIPTS[self.script])


@dataclass(frozen=True)
class Compared:
    """What both libraries made of one step, and which fields differ."""

    step: Step
    theirs: Any
    ours: Any
    fields: frozenset[str]

    def unexplained(self, context: str) -> frozenset[str]:
        """Return the fields that differ though no row of the table says so."""
        rows = [ROWS[key] for key in self.step.keys]
        return self.fields.difference(*(row.fields for row in rows if context in row.contexts))


# The contexts are the same for every collection, so one of them goes through all.
CASES = [
    *(Case(script, RECEIVERS[0], context) for script in COLLECTION for context in CONTEXTS),
    *(Case(script, receiver, "direct") for script in COLLECTION for receiver in RECEIVERS[1:]),
    *(Case(script, RECEIVERS[0], context) for script in DATABASE for context in CONTEXTS),
    *(Case(script, RECEIVERS[0], "direct") for script in DIRECT),
]
OUR_CASES = [
    Case(script, receiver, context)
    for script in OURS
    for receiver in RECEIVERS
    for context in CONTEXTS
]

_done: dict[Case, list[Compared]] = {}
_theirs: dict[Case, list[Any]] = {}


def compared(case: Case, worlds: tuple[World, World]) -> list[Compared]:
    """Return what came of each step; what has been run once is not run again."""
    if case not in _done:
        theirs = _run_theirs(case, worlds[0])
        ours = worlds[1].run(arango_jobs, case.context, case.steps, case.receiver)
        pairs = Pairs()
        _done[case] = [
            Compared(step, one, other, frozenset(pairs.difference(one, other)))
            for step, one, other in zip([*case.steps, STORED], theirs, ours, strict=True)
        ]
    return _done[case]


def _run_theirs(case: Case, world: World) -> list[Any]:
    # There is no managed context there; what a call gives has to be what it gives directly.
    context = "direct" if case.context == "managed" else case.context
    twin = Case(case.script, case.receiver, context)
    if twin not in _theirs:
        _theirs[twin] = world.run(arango, context, twin.steps, twin.receiver)
    return _theirs[twin]
