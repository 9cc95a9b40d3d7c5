"""Every row of the table of outcomes: what follows in the engine, and how the future ends.

Each row is walked three times: for an operation that must not be repeated, for one that may,
and for one that is abandoned, whose end nobody waits for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from core_bench import Bench, crowded_bench
from core_parts import FakePart, kind_of
from core_world import Answer

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import DECISIONS, Call, Decision, Meaning
from arango_jobs._core.states import State
from arango_jobs.operations import Retry

ONCE = kind_of("document.insert")
AGAIN = kind_of("document.replace", retry=Retry.IDEMPOTENT)
STATE_FOR = {Call.SUBMIT: "submitting", Call.FETCH: "fetching", Call.ASK: "asking"}
ROWS = sorted(DECISIONS, key=lambda row: (row[0].value, row[1].name))
OF_JOBS = [row for row in ROWS if row[0] in STATE_FOR]
TIDYING = [row for row in ROWS if row[0] in (Call.CANCEL, Call.DELETE)]
LISTS = [row for row in ROWS if row[0] is Call.LIST]


def name_of(row: tuple[Call, Meaning]) -> str:
    return f"{row[0].value}-{row[1].name.lower()}"


def detail_of(row: tuple[Call, Meaning]) -> object:
    if row[1] is Meaning.ACCEPTED:
        return "101"
    if row[1] in (Meaning.UNREACHABLE, Meaning.MOVED, Meaning.BROKEN):
        return ConnectionError("cable cut")
    return Answer(404)


def taken(bench: Bench, part: FakePart) -> None:
    """It is watched, and looked at at once."""
    assert part.job is not None
    assert part.job.job_id == "101"
    assert bench.waiting(Call.FETCH)


def ended_with_answer(bench: Bench, part: FakePart) -> None:
    assert part.ends == [("result", ("refused", 404))]
    assert bench.engine.is_idle


def looked_at_later(bench: Bench, part: FakePart) -> None:
    assert part.job is not None
    assert part.job.state is State.PENDING
    assert not bench.waiting()
    bench.pass_to_next()
    assert bench.waiting(Call.FETCH)


def submitted_later(bench: Bench, part: FakePart) -> None:
    assert not part.ends
    assert not bench.host.in_flight
    bench.pass_to_next()
    assert len(bench.waiting(Call.SUBMIT)) == 1
    assert part.job is not None
    assert part.job.tries == 0


def renewed(bench: Bench, part: FakePart) -> None:
    """New credentials come first, then the same call again; a second refusal is for good."""
    assert [each.ask.call for each in bench.waiting()] == [Call.RENEW]
    bench.answer(Call.RENEW, Meaning.OK, True)
    bench.pass_time(1.0)
    assert len(bench.waiting()) == 1
    call = bench.waiting()[0].ask.call
    assert call in STATE_FOR
    bench.answer(call, Meaning.UNAUTHORIZED, Answer(401))
    assert not bench.waiting(Call.RENEW)
    bench.world.settle()
    if part.kind is ONCE:
        expected = ("refused", 401) if call is Call.SUBMIT else None
        outcome = "result" if call is Call.SUBMIT else Outcome.LOST
        assert part.ends == [(outcome, expected)]


def asked(bench: Bench, _part: FakePart) -> None:
    assert [each.ask.call for each in bench.waiting()] == [Call.ASK]


def fetched(bench: Bench, _part: FakePart) -> None:
    assert [each.ask.call for each in bench.waiting()] == [Call.FETCH]


def asked_again(bench: Bench, part: FakePart) -> None:
    call = Call.ASK if part.job is not None and part.job.state is State.ASKING else Call.FETCH
    assert not bench.waiting()
    bench.pass_to_next()
    assert [each.ask.call for each in bench.waiting()] == [call]


def ended_or_repeated(outcome: Outcome) -> Callable[[Bench, FakePart], None]:
    def check(bench: Bench, part: FakePart) -> None:
        if part.kind is ONCE:
            assert part.ends == [(outcome, None)]
            assert bench.engine.is_idle
            return
        assert not part.ends
        bench.pass_to_next()
        assert len(bench.waiting(Call.SUBMIT)) == 1
        assert part.job is not None
        assert part.job.tries == 1

    return check


def waited_for_host(bench: Bench, part: FakePart) -> None:
    job = part.job
    assert job is not None
    if job.state is State.WAITING:
        submitted_later(bench, part)
    else:
        asked_again(bench, part)


def by_way_of_another_database(bench: Bench, part: FakePart) -> None:
    """Jobs belong to no database; where `_system` does not help either, it is lost."""
    job = part.job
    assert job is not None
    call = Call.ASK if job.state is State.ASKING else Call.FETCH
    bench.pass_time(0.0)
    assert job.database == "_system"
    bench.answer(call, Meaning.DATABASE_GONE, Answer(404))
    ended_or_repeated(Outcome.LOST)(bench, part)


FOLLOWS = {
    Decision.TAKE_ID: taken,
    Decision.TAKE_RESULT: ended_with_answer,
    Decision.HALVE: ended_with_answer,  # there is nothing to halve: it is alone
    Decision.KEEP: looked_at_later,
    Decision.BACK_OFF: submitted_later,
    Decision.HOLD_BACK: submitted_later,
    Decision.WAIT_FOR_HOST: waited_for_host,
    Decision.RENEW: renewed,
    Decision.ASK: asked,
    Decision.FETCH: fetched,
    Decision.LOST: ended_or_repeated(Outcome.LOST),
    Decision.SEARCH: ended_or_repeated(Outcome.UNKNOWN),
    Decision.UNKNOWN: ended_or_repeated(Outcome.UNKNOWN),
    Decision.AGAIN: asked_again,
    Decision.ELSEWHERE: by_way_of_another_database,
}


def test_no_row_is_left_out() -> None:
    """All calls of the table are walked below."""
    assert len(OF_JOBS) + len(TIDYING) + len(LISTS) == len(DECISIONS)
    for call, meanings in {call: set() for call in STATE_FOR}.items():
        possible = {meaning for each, meaning in DECISIONS if each is call}
        assert possible >= set(Meaning) - {
            Meaning.ACCEPTED,
            Meaning.ARRAY_REFUSED,
            Meaning.RESULT,
            Meaning.OK,
            Meaning.PENDING,
            Meaning.QUEUE_TIME,
        }
        assert not meanings


@pytest.mark.parametrize("kind", [ONCE, AGAIN], ids=["once", "again"])
@pytest.mark.parametrize("row", OF_JOBS, ids=name_of)
def test_row(row: tuple[Call, Meaning], kind: object) -> None:
    bench = Bench()
    part = FakePart(ONCE if kind is ONCE else AGAIN)
    bench.bring(part, STATE_FOR[row[0]])
    bench.answer(*row, detail_of(row))
    FOLLOWS[DECISIONS[row]](bench, part)


@pytest.mark.parametrize("row", OF_JOBS, ids=name_of)
def test_row_of_an_abandoned_job(row: tuple[Call, Meaning]) -> None:
    """Nobody waits for it: it is tidied up, and no future is ended a second time."""
    bench = Bench()
    part = FakePart(AGAIN)
    bench.bring(part, STATE_FOR[row[0]])
    part.ends.append((Outcome.DEADLINE, None))
    bench.engine.abandon_all(bench.now)
    bench.world.act()
    bench.answer(*row, detail_of(row))
    bench.world.settle()
    assert not bench.world.ends
    assert bench.engine.is_idle
    assert not bench.engine._book.bytes
    # What may still be on the server has been deleted by its id.
    if DECISIONS[row] in (Decision.TAKE_ID, Decision.KEEP):
        assert bench.world.asked[Call.DELETE] == 1


@pytest.mark.parametrize("row", TIDYING, ids=name_of)
def test_row_of_tidying(row: tuple[Call, Meaning]) -> None:
    """Cancelling and deleting never end a future; what got no answer is tried again."""
    call, meaning = row
    bench = Bench()
    part = FakePart(kind_of("aql.execute", is_query=True))
    bench.bring(part, "pending")
    bench.engine.cancel(part, None, bench.now)
    if call is Call.DELETE:
        part.ends.append(("deadline", None))
        bench.engine.abandon_all(bench.now)
    bench.world.act()
    if call is Call.DELETE:
        bench.answer(Call.CANCEL, Meaning.OK)
    bench.answer(call, meaning, detail_of(row))
    assert not bench.world.ends
    decision = DECISIONS[row]
    if decision is Decision.DONE:
        assert not bench.waiting(call)
        assert bench.engine.is_idle is (call is Call.DELETE)
        return
    if decision is Decision.RENEW:
        bench.answer(Call.RENEW, Meaning.OK, True)
    for _ in range(400):
        if bench.waiting(call):
            break
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
        bench.pass_to_next()
    assert len(bench.waiting(call)) == 1


@pytest.mark.parametrize("row", LISTS, ids=name_of)
def test_row_of_lists(row: tuple[Call, Meaning]) -> None:
    """A list that fails in whatever way ends nothing, and is not the last one."""
    bench = crowded_bench()
    while bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.PENDING)
    bench.pass_to_next()
    for _ in range(50):
        if bench.waiting(Call.LIST):
            break
        bench.pass_to_next()
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
    if row[1] is Meaning.OK:
        written = bench.waiting(Call.LIST)[0]
        bench.world.links[0].queue.remove(written)
        bench.engine.heard(written.ask, *(Meaning.OK, None), bench.now)
    else:
        bench.answer(*row, detail_of(row))
    if DECISIONS[row] is Decision.RENEW:
        bench.answer(Call.RENEW, Meaning.OK, True)
    for _ in range(1000):
        if bench.waiting(Call.LIST):
            break
        bench.pass_to_next()
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
    assert bench.waiting(Call.LIST)
    assert not bench.world.ends
    assert len(bench.host.watch.jobs) == 50
