"""Cancelling on the server: asked for in each state, it ends in a true word within a time."""

from __future__ import annotations

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of
from core_world import Answer

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Retry

QUERY = kind_of("aql.execute", is_query=True, retry=Retry.NEVER)
REPEATABLE = kind_of("document.replace", retry=Retry.IDEMPOTENT)


def cancelled(state: str, part: FakePart) -> Bench:
    bench = Bench(cancel_patience=30.0)
    bench.bring(part, state)
    bench.engine.cancel(part, 1.0, bench.now)
    bench.world.act()
    return bench


@pytest.mark.parametrize("state", ["submitting", "pending", "fetching", "asking"])
def test_in_each_state(state: str) -> None:
    """The server is asked as soon as the job's id is known and no other call is under way."""
    part = FakePart(QUERY)
    bench = cancelled(state, part)
    assert bool(bench.waiting(Call.CANCEL)) is (state == "pending")
    if state == "submitting":
        bench.accept()
    elif state != "pending":
        bench.answer(bench.waiting()[0].ask.call, Meaning.PENDING)
    bench.answer(Call.CANCEL, Meaning.OK)
    if not bench.waiting(Call.FETCH):
        bench.pass_time(0.0)
    bench.answer(Call.FETCH, Meaning.RESULT, Answer(410))
    assert part.ends == [(Outcome.CANCELLED, None)]
    assert bench.engine.is_idle


def test_result_comes_all_the_same() -> None:
    """Cancelling only asks: what has run to its end gives its result."""
    part = FakePart(QUERY)
    bench = cancelled("pending", part)
    bench.answer(Call.CANCEL, Meaning.OK)
    bench.pass_time(0.0)
    bench.succeed()
    assert part.ends == [("result", ("ran", part.number))]


def test_stuck_pending() -> None:
    """A job that stays pending for ever ends after a time, and is deleted (protocol §5)."""
    part = FakePart(QUERY)
    bench = cancelled("pending", part)
    bench.answer(Call.CANCEL, Meaning.OK)
    for _ in range(1000):
        if part.ends:
            break
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
        bench.pass_to_next()
    assert part.ends == [(Outcome.LOST, None)]
    if bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.PENDING)
    bench.answer(Call.DELETE, Meaning.OK)
    assert bench.engine.is_idle


def test_no_word_on_the_submission() -> None:
    """Without an id it is not lost but unknown, and it is deleted if the id comes at last."""
    part = FakePart(QUERY)
    bench = cancelled("submitting", part)
    bench.pass_time(31.0)
    assert part.ends == [(Outcome.UNKNOWN, None)]
    bench.accept()
    bench.answer(Call.CANCEL, Meaning.OK)
    bench.answer(Call.DELETE, Meaning.OK)
    assert bench.engine.is_idle


@pytest.mark.parametrize("meaning", [Meaning.QUEUE_FULL, Meaning.UNREACHABLE, Meaning.MOVED])
def test_refused_submission(meaning: Meaning) -> None:
    """It was not run, and is not sent again."""
    part = FakePart(REPEATABLE)
    bench = cancelled("submitting", part)
    bench.answer(Call.SUBMIT, meaning)
    assert part.ends == [(Outcome.CANCELLED, None)]
    bench.pass_time(60.0)
    assert not bench.waiting(Call.SUBMIT)


def test_broken_submission() -> None:
    """It may have run: it is not repeated, and nobody says that it was cancelled."""
    part = FakePart(REPEATABLE)
    bench = cancelled("submitting", part)
    bench.answer(Call.SUBMIT, Meaning.BROKEN)
    assert part.ends == [(Outcome.UNKNOWN, None)]


@pytest.mark.parametrize(
    ("meaning", "outcome"),
    [(Meaning.QUEUE_FULL, Outcome.CANCELLED), (Meaning.BROKEN, Outcome.UNKNOWN)],
)
def test_while_it_waits_to_be_sent_again(meaning: Meaning, outcome: Outcome) -> None:
    """It is not sent; whether it may have run before decides what is said."""
    part = FakePart(REPEATABLE)
    bench = Bench()
    bench.bring(part, "submitting")
    bench.answer(Call.SUBMIT, meaning)
    bench.engine.cancel(part, 1.0, bench.now)
    bench.world.act()
    assert part.ends == [(outcome, None)]
    bench.pass_time(60.0)
    assert not bench.waiting(Call.SUBMIT)
    assert bench.engine.is_idle


def test_second_try_that_is_cancelled() -> None:
    """410 of a second try says nothing about the first."""
    part = FakePart(REPEATABLE)
    bench = Bench()
    bench.bring(part, "submitting")
    bench.answer(Call.SUBMIT, Meaning.BROKEN)
    bench.pass_time(1.0)
    bench.accept("102")
    bench.engine.cancel(part, 1.0, bench.now)
    bench.world.act()
    bench.answer(Call.FETCH, Meaning.RESULT, Answer(410))
    assert part.ends == [(Outcome.UNKNOWN, None)]


def test_twice() -> None:
    """The server is asked once."""
    part = FakePart(QUERY)
    bench = cancelled("pending", part)
    bench.engine.cancel(part, 1.0, bench.now)
    bench.world.act()
    assert len(bench.waiting(Call.CANCEL)) == 1


def test_one_of_an_array() -> None:
    """An array cannot be cancelled for one of its operations."""
    kind = kind_of(merge=True)
    first, second = FakePart(kind), FakePart(kind)
    bench = Bench()
    bench.submit(first, second)
    bench.accept()
    bench.engine.cancel(first, 1.0, bench.now)
    bench.world.act()
    assert not bench.waiting(Call.CANCEL)
    bench.succeed()
    assert first.ends[0][0] == second.ends[0][0] == "result"


def test_before_it_was_sent() -> None:
    """A part that ended while it waited is left out of its job; the others go."""
    kind = kind_of(merge=True)
    first, second = FakePart(kind), FakePart(kind)
    bench = Bench()
    bench.world.add(first)
    bench.world.add(second)
    first.ends.append(("cancelled", None))
    bench.world.plan()
    assert list(bench.waiting(Call.SUBMIT)[0].parts) == [second]


def test_all_before_they_were_sent() -> None:
    """A job without anybody is dropped, and its key is free."""
    kind = kind_of("document.update", order="c")
    first, second = FakePart(kind, key="k"), FakePart(kind, key="k")
    bench = Bench()
    bench.world.add(first)
    bench.world.add(second)
    first.ends.append(("cancelled", None))
    bench.world.plan()
    assert list(bench.waiting(Call.SUBMIT)[0].parts) == [second]
    assert bench.host.in_flight == 1
