"""Deadlines: whatever state a job is in, its future ends in time and nothing is left behind."""

from __future__ import annotations

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Retry

INSERT = kind_of("document.insert")
STATES = ["submitting", "pending", "fetching", "asking"]
ENDED = [(Outcome.DEADLINE, None)]


@pytest.mark.parametrize("state", STATES)
def test_in_each_state(state: str) -> None:
    """The future ends at its deadline; what the server then has of it is deleted by id."""
    bench = Bench()
    part = FakePart(INSERT)
    bench.bring(part, state, deadline=5.0)
    bench.pass_time(4.9)
    assert not part.ends
    bench.pass_time(0.2)
    assert part.ends == ENDED
    for link in bench.world.links:
        link.process.entries.clear()
    if state == "submitting":
        bench.accept()
    elif state != "pending":
        bench.answer(bench.waiting()[0].ask.call, Meaning.PENDING)
    elif bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.PENDING)
    bench.answer(Call.DELETE, Meaning.OK)
    assert bench.engine.is_idle
    assert part.ends == ENDED


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("is_query", [True, False])
def test_what_is_said_of_it(state: str, is_query: bool) -> None:
    """What becomes of the job: cancelled where that works, and deleted where there is one."""
    bench = Bench()
    part = FakePart(kind_of("aql.execute" if is_query else "document.insert", is_query=is_query))
    bench.bring(part, state, deadline=5.0)
    bench.pass_time(5.0)
    end = bench.world.ends[-1]
    assert 0 < end.due <= bench.now
    reason = end.reason
    assert reason.startswith("if " if state == "submitting" else "on ")
    assert ("cancelled and deleted" in reason) is is_query
    assert ("deleted, though the server runs it to its end" in reason) is not is_query
    assert (str(part.job and part.job.job_id) in reason) is (state != "submitting")


def test_what_is_said_where_nothing_is_deleted() -> None:
    """It was never sent, or others of its array go on."""
    bench = Bench(max_jobs=1)
    bench.submit(FakePart(INSERT))
    bench.submit(FakePart(INSERT), deadline=1.0)
    bench.pass_time(1.0)
    assert bench.world.ends[-1].reason == "it was never sent"
    kind = kind_of(merge=True)
    bench = Bench()
    bench.world.add(FakePart(kind), 1.0)
    bench.world.add(FakePart(kind))
    bench.world.plan()
    bench.accept()
    bench.pass_time(1.0)
    assert "sent in an array" in bench.world.ends[-1].reason


def test_while_it_waits() -> None:
    """What has not been sent is never sent after its deadline."""
    bench = Bench(max_jobs=1)
    first, second = FakePart(INSERT), FakePart(INSERT)
    bench.submit(first)
    bench.submit(second, deadline=1.0)
    bench.pass_time(1.0)
    assert second.ends == ENDED
    bench.accept()
    bench.succeed()
    assert first.ends
    assert not bench.waiting(Call.SUBMIT)
    bench.know()
    assert bench.engine.is_idle


def test_of_a_query() -> None:
    """A query is cancelled before it is deleted, so that it stops working."""
    bench = Bench()
    part = FakePart(kind_of("aql.execute", is_query=True))
    bench.bring(part, "fetching", deadline=5.0)
    bench.pass_time(5.0)
    bench.answer(Call.FETCH, Meaning.PENDING)
    bench.answer(Call.CANCEL, Meaning.OK)
    bench.answer(Call.DELETE, Meaning.OK)
    assert bench.engine.is_idle


def test_of_one_in_an_array() -> None:
    """The others go on; the array is not given up for one that is late."""
    kind = kind_of(merge=True)
    bench, late, other = Bench(), FakePart(kind), FakePart(kind)
    bench.world.add(late, 1.0)
    bench.world.add(other)
    bench.world.plan()
    bench.accept()
    bench.pass_time(1.0)
    assert late.ends == ENDED
    assert not other.ends
    bench.succeed()
    assert other.ends[0][0] == "result"
    assert late.ends == ENDED


def test_while_it_waits_to_be_repeated() -> None:
    """A repeat that would come too late is not sent."""
    bench = Bench()
    part = FakePart(kind_of("document.replace", retry=Retry.IDEMPOTENT))
    bench.bring(part, "submitting", deadline=0.01)
    bench.answer(Call.SUBMIT, Meaning.BROKEN)
    bench.pass_time(1.0)
    assert part.ends == ENDED
    assert not bench.waiting(Call.SUBMIT)
    assert bench.engine.is_idle


def test_that_has_passed() -> None:
    """A deadline in the past ends it before anything is sent."""
    bench = Bench()
    part = FakePart(INSERT)
    bench.submit(part, deadline=-1.0)
    assert part.ends == ENDED
    assert not bench.waiting(Call.SUBMIT)


def test_ordered_follower_goes_on() -> None:
    """The next operation on the key enters when the late one has left the server."""
    kind = kind_of("document.update", order="c")
    bench = Bench()
    first, second = FakePart(kind, key="k"), FakePart(kind, key="k")
    bench.bring(first, "pending", deadline=1.0)
    bench.submit(second)
    bench.pass_time(1.0)
    assert first.ends == ENDED
    if bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.PENDING)
    assert not bench.waiting(Call.SUBMIT)
    bench.answer(Call.DELETE, Meaning.OK)
    assert len(bench.waiting(Call.SUBMIT)) == 1


def test_timers_of_what_has_ended_are_let_go() -> None:
    """A long deadline does not keep a thousand results in memory."""
    bench = Bench()
    for _ in range(10_000):
        part = FakePart(INSERT)
        part.ends.append(("cancelled", None))
        bench.engine.add(part, bench.now, bench.now + 3600.0)
        bench.engine.waiting.drain()
    assert len(bench.engine._timers) < 3000
