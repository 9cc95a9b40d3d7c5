"""Overload that a gateway tells of: smaller limits, pauses that are obeyed, and an end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from core_bench import Bench, crowded_bench
from core_parts import FakePart, kind_of
from core_world import Answer, Written

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Retry

ONCE = kind_of("document.insert")
AGAIN = kind_of("document.replace", retry=Retry.IDEMPOTENT)
TOO_MANY = ("refused", 429)


def refuse(
    bench: Bench, call: Call, meaning: Meaning, retry_after: float | None = None, status: int = 429
) -> Written:
    """Answer the oldest call of that sort, which is to wait."""
    bench.waiting(call)[0].ask.retry_after = retry_after
    return bench.answer(call, meaning, Answer(status))


def times_of(bench: Bench, call: Call, seconds: float, say: Callable[[], None]) -> list[float]:
    """Let time pass; answer each call by `say`, and return when the calls were made."""
    end, found = bench.now + seconds, []
    while True:
        while bench.waiting(call):
            found.append(bench.now)
            say()
        due = bench.engine.next_due(bench.now)
        if due is None or due > end:
            bench.pass_time(max(0.0, end - bench.now))
            return found
        bench.pass_time(max(0.0, due - bench.now))


class TestSubmission:
    """429 is said before anything runs."""

    def test_is_sent_again(self) -> None:
        bench = Bench()
        part = FakePart(ONCE)
        bench.bring(part, "submitting")
        refuse(bench, Call.SUBMIT, Meaning.TOO_MANY)
        assert not part.ends
        assert bench.host.window.limit == 1.0
        bench.pass_to_next()
        bench.accept()
        bench.succeed()
        assert part.ends[0][0] == "result"

    def test_for_ever(self) -> None:
        """It ends within patience with the answer itself, after few requests, far between."""
        bench = Bench(patience=60.0)
        part = FakePart(ONCE)
        bench.bring(part, "submitting")
        times = times_of(
            bench, Call.SUBMIT, 61.0, lambda: refuse(bench, Call.SUBMIT, Meaning.TOO_MANY) and None
        )
        assert part.ends == [("result", TOO_MANY)]
        assert len(times) < 150
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert sum(gaps[:4]) < 0.5 < sum(gaps[-4:])

    def test_for_ever_to_many(self) -> None:
        """What waits behind them ends with them, and not one patience after another."""
        bench = Bench(patience=60.0, merge=False)
        parts = [FakePart(ONCE) for _ in range(500)]
        bench.connect()
        bench.submit(*parts)
        bench.know()
        times_of(
            bench, Call.SUBMIT, 70.0, lambda: refuse(bench, Call.SUBMIT, Meaning.TOO_MANY) and None
        )
        assert all(part.ends for part in parts)
        outcomes = {part.ends[0][0] for part in parts}
        assert outcomes == {"result", Outcome.UNSENT}
        assert bench.engine.is_idle

    def test_retry_after(self) -> None:
        """Nothing is sent to the host before that time."""
        bench = Bench(patience=60.0)
        part = FakePart(ONCE)
        bench.bring(part, "submitting")
        refuse(bench, Call.SUBMIT, Meaning.TOO_MANY, 20.0)
        bench.submit(FakePart(ONCE))
        bench.pass_time(19.0)
        assert not bench.waiting(Call.SUBMIT)
        bench.pass_time(2.0)
        assert bench.waiting(Call.SUBMIT)

    @pytest.mark.parametrize("kind", [ONCE, AGAIN], ids=["once", "again"])
    def test_retry_after_that_is_longer_than_patience(self, kind: object) -> None:
        bench = Bench(patience=60.0)
        part = FakePart(ONCE if kind is ONCE else AGAIN)
        bench.bring(part, "submitting")
        refuse(bench, Call.SUBMIT, Meaning.TOO_MANY, 61.0)
        assert part.ends == [("result", TOO_MANY)]

    def test_another_host_takes_it(self) -> None:
        bench = Bench(2, patience=60.0)
        part = FakePart(ONCE)
        bench.submit(part)
        first = refuse(bench, Call.SUBMIT, Meaning.TOO_MANY, 500.0).ask.host
        assert not part.ends
        bench.pass_time(1.0)
        assert bench.waiting(Call.SUBMIT)[0].ask.host != first

    def test_no_room_is_waited_for(self) -> None:
        """For as long as it takes, less than twice a second."""
        bench = Bench(patience=60.0)
        part = FakePart(ONCE)
        bench.bring(part, "submitting")
        times = times_of(
            bench,
            Call.SUBMIT,
            1000.0,
            lambda: refuse(bench, Call.SUBMIT, Meaning.QUEUE_FULL) and None,
        )
        assert not part.ends
        assert 1500 < len(times) < 3000

    def test_overload_of_what_may_have_run(self) -> None:
        """A 503 that is not ArangoDB's: it stays unknown, but the host is given less."""
        bench = Bench(merge=False)
        parts = [FakePart(ONCE) for _ in range(6)]
        bench.connect()
        bench.submit(*parts)
        bench.know()
        before = bench.host.window.limit
        refuse(bench, Call.SUBMIT, Meaning.OVERLOADED, status=503)
        assert parts[0].ends == [(Outcome.UNKNOWN, None)]
        assert bench.host.window.limit < before


@pytest.mark.parametrize("call", [Call.FETCH, Call.ASK])
@pytest.mark.parametrize("meaning", [Meaning.TOO_MANY, Meaning.QUEUE_FULL, Meaning.UNAVAILABLE])
class TestLook:
    """An accepted job is asked for later, and in time."""

    def asking(self, call: Call, **options: float) -> tuple[Bench, FakePart]:
        bench = Bench(**options)
        part = FakePart(ONCE)
        bench.bring(part, "fetching" if call is Call.FETCH else "asking")
        return bench, part

    def test_retry_after(self, call: Call, meaning: Meaning) -> None:
        bench, part = self.asking(call, patience=60.0)
        refuse(bench, call, meaning, 20.0)
        bench.pass_time(19.0)
        assert not bench.waiting(call)
        bench.pass_time(2.0)
        assert bench.waiting(call)
        assert not part.ends

    def test_retry_after_that_is_longer_than_patience(self, call: Call, meaning: Meaning) -> None:
        bench, part = self.asking(call, patience=60.0)
        refuse(bench, call, meaning, 61.0)
        assert part.ends == [(Outcome.LOST, None)]

    def test_for_ever(self, call: Call, meaning: Meaning) -> None:
        bench, part = self.asking(call, patience=60.0)
        times = times_of(bench, call, 61.0, lambda: refuse(bench, call, meaning) and None)
        assert part.ends == [(Outcome.LOST, None)]
        assert 10 < len(times) < 60


def test_one_listed_as_done_is_not_fetched_before_its_time() -> None:
    """Its own pause counts, whatever lists say."""
    bench = crowded_bench()
    while bench.waiting(Call.FETCH):
        refuse(bench, Call.FETCH, Meaning.ODD, status=403)
        while bench.waiting(Call.ASK):
            refuse(bench, Call.ASK, Meaning.ODD, status=403)
    held = [job for job in bench.host.watch.jobs.values() if job.rounds]
    assert held
    for job in held:
        job.held_until = bench.now + 3.0
    for _ in range(200):
        if bench.waiting(Call.LIST):
            break
        bench.pass_to_next()
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
    bench.answer(Call.LIST, Meaning.OK, [job.job_id for job in held])
    assert not {each.ask.job for each in bench.waiting(Call.FETCH)} & set(held)
