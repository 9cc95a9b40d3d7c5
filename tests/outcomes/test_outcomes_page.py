"""The manual's table of outcomes is the one that the code decides by."""

from __future__ import annotations

from outcome_support import BREAKS
from outcomes_page import PAGE, page

from arango_jobs._core.meanings import DECISIONS, Call, Meaning
from arango_jobs._wire.job_api import _WITHOUT_HEADER


def test_the_page_is_up_to_date() -> None:
    """If not: `python tests/outcomes/outcomes_page.py`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_answer_of_a_job_call_has_a_decision() -> None:
    """No meaning that such a call can have falls through."""
    meanings = set(Meaning) - {
        Meaning.ACCEPTED,
        Meaning.ARRAY_REFUSED,
        Meaning.OK,
        Meaning.RESULT,
        Meaning.PENDING,
    }
    calls = (Call.SUBMIT, Call.FETCH, Call.ASK, Call.LIST, Call.CANCEL, Call.DELETE)
    assert [(call, m) for call in calls for m in meanings if (call, m) not in DECISIONS] == []


def test_every_answer_that_is_known_is_walked() -> None:
    """Each status and number of the table is one of the breaks, or a twin of one."""
    twins = {(503, 503): (503, 30), (405, 405): (400, 400)}
    walked = {(way.status, way.number) for way in BREAKS.values()}
    assert {twins.get(answer, answer) for answer in _WITHOUT_HEADER} <= walked
