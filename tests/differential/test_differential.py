"""Both libraries give the same for the same call, or a row of the table says why not."""

from __future__ import annotations

import arango
import pytest
from differences import DIFFERENCES, Difference
from differences_page import PAGE, page
from plan import CASES, OUR_CASES, Case, compared
from records import Pairs
from world import World

import arango_jobs

pytestmark = pytest.mark.local_only

Worlds = tuple[World, World]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_results_errors_and_documents(case: Case, worlds: Worlds) -> None:
    """Step by step, and what is stored in the end."""
    unexplained = [
        f"{each.step.text}\n  {sorted(each.unexplained(case.context))}\n"
        f"  theirs: {each.theirs}\n  ours: {each.ours}"
        for each in compared(case, worlds)
        if each.unexplained(case.context)
    ]
    assert not unexplained, "\n".join(unexplained)


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: row.key)
def test_every_row_is_true(row: Difference, worlds: Worlds) -> None:
    """It shows in just the contexts that it names, and in just these fields."""
    seen = {
        (case.context, field)
        for case in CASES
        if any(row.key in step.keys for step in case.steps)
        for each in compared(case, worlds)
        if row.key in each.step.keys
        for field in each.fields
    }
    assert {context for context, _ in seen} == set(row.contexts)
    assert {field for _, field in seen} == row.fields


@pytest.mark.parametrize("case", OUR_CASES, ids=str)
def test_what_only_we_have(case: Case, worlds: Worlds) -> None:
    """It is the same in every context, but for how an async job's error came."""
    _, ours = worlds
    direct = ours.run(arango_jobs, "direct", case.steps, case.receiver)
    found = ours.run(arango_jobs, case.context, case.steps, case.receiver)
    pairs, of_the_fetch = Pairs(), {"http_method", "url", "response"}
    differing = [
        (step.text, one, other)
        for step, one, other in zip(case.steps, direct, found, strict=False)
        if pairs.difference(one, other) - (of_the_fetch if case.context == "async" else set())
    ]
    assert differing == []


def test_the_page_is_up_to_date() -> None:
    """If not: `python tests/differential/differences_page.py`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_difference_in_the_stored_documents_is_found(worlds: Worlds) -> None:
    """The comparison itself can fail."""
    script = Case("insert", "StandardCollection", "direct")
    theirs = worlds[0].run(arango, "direct", script.steps, script.receiver)
    changed = [step for step in script.steps if "'ü'" not in step.text]
    assert len(changed) == len(script.steps) - 1
    ours = worlds[1].run(arango_jobs, "direct", changed, script.receiver)
    assert Pairs().difference(theirs[-1], ours[-1]) == {"result"}
