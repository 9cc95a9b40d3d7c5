"""Hosts that cannot be reached, credentials that are refused: waiting has an end, and is quiet."""

from __future__ import annotations

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of
from core_world import Answer

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Retry

ONCE = kind_of("document.insert")
AGAIN = kind_of("document.replace", retry=Retry.IDEMPOTENT)


def refuse_all(bench: Bench, seconds: float, meaning: Meaning = Meaning.UNREACHABLE) -> int:
    """Let no host answer for so long; return how many calls were tried."""
    end, tried = bench.now + seconds, 0
    while True:
        while bench.waiting():
            bench.answer(bench.waiting()[0].ask.call, meaning)
            tried += 1
        due = bench.engine.next_due(bench.now)
        if due is None or due > end:
            bench.pass_time(end - bench.now)
            return tried
        bench.pass_time(due - bench.now)


def test_wrong_address() -> None:
    """A host that has never answered counts as wrong after seconds; nothing was sent."""
    bench = Bench(patience=60.0)
    part = FakePart(ONCE)
    bench.submit(part)
    refuse_all(bench, 2.0)
    assert not part.ends
    refuse_all(bench, 4.0)
    assert part.ends == [(Outcome.UNSENT, None)]
    assert bench.engine.is_idle


def test_after_a_wrong_address() -> None:
    """What is submitted later is tried: the server may have been started meanwhile."""
    bench = Bench()
    bench.submit(FakePart(ONCE))
    refuse_all(bench, 600.0)
    part = FakePart(ONCE)
    bench.submit(part)
    assert len(bench.waiting(Call.SUBMIT)) == 1
    bench.accept()
    bench.succeed()
    assert part.ends[0][0] == "result"


def test_host_that_goes_away() -> None:
    """What waits on it is waited for as long as patience lasts, then lost, all at once."""
    bench = Bench(patience=60.0)
    once, again = FakePart(ONCE), FakePart(AGAIN)
    bench.bring(once, "pending")
    bench.submit(again)
    refuse_all(bench, 50.0)
    assert not once.ends
    refuse_all(bench, 20.0)
    assert once.ends == [(Outcome.LOST, None)]
    assert again.ends == [(Outcome.UNSENT, None)]
    assert bench.engine.is_idle


def test_host_that_goes_away_after_a_fetch_broke() -> None:
    """The question that follows a broken fetch has the same patience."""
    bench = Bench(patience=60.0)
    part = FakePart(ONCE)
    bench.bring(part, "asking")
    refuse_all(bench, 50.0)
    assert not part.ends
    refuse_all(bench, 20.0)
    assert part.ends == [(Outcome.LOST, None)]


def test_host_that_comes_back() -> None:
    """Within patience nothing is lost."""
    bench = Bench(patience=60.0)
    part = FakePart(ONCE)
    bench.bring(part, "pending")
    refuse_all(bench, 50.0)
    while not bench.waiting(Call.FETCH):
        bench.pass_to_next()
    bench.succeed()
    assert part.ends[0][0] == "result"


def test_host_that_never_gets_ready() -> None:
    """Answers that say 'starting' or 'stopping' are not an end of its absence."""
    bench = Bench(patience=60.0)
    part = FakePart(ONCE)
    bench.connect()
    bench.submit(part)
    bench.know()
    refuse_all(bench, 70.0, Meaning.UNAVAILABLE)
    assert part.ends == [(Outcome.UNSENT, None)]


def test_host_that_is_away_is_asked_seldom() -> None:
    """Attempts get rare: less than two a second each over a minute."""
    bench = Bench(patience=1000.0)
    part = FakePart(ONCE)
    bench.bring(part, "pending")
    assert refuse_all(bench, 60.0) < 60


def test_repeat_that_cannot_be_sent() -> None:
    """It may have run before, so it is not said that it was never sent."""
    bench = Bench(patience=60.0)
    part = FakePart(AGAIN)
    bench.bring(part, "submitting")
    bench.answer(Call.SUBMIT, Meaning.BROKEN)
    refuse_all(bench, 70.0)
    assert part.ends == [(Outcome.UNKNOWN, None)]


def test_request_that_no_connection_carries() -> None:
    """A body that breaks every connection half-way is not tried for ever."""
    bench = Bench()
    part = FakePart(ONCE)
    bench.bring(part, "submitting")
    tried = refuse_all(bench, 1000.0, Meaning.MOVED)
    assert part.ends == [(Outcome.UNSENT, None)]
    assert 5 <= tried <= 20


class TestTwoHosts:
    """Submissions go where there is room; jobs stay where they were accepted."""

    def test_spread(self) -> None:
        bench = Bench(2, merge=False)
        bench.submit(*(FakePart(ONCE) for _ in range(10)))
        hosts = [each.ask.host for each in bench.waiting(Call.SUBMIT)]
        assert hosts.count(0) == hosts.count(1) == 5

    def test_refused_submission_goes_to_the_other_one(self) -> None:
        bench = Bench(2)
        part = FakePart(ONCE)
        bench.submit(part)
        first = bench.answer(Call.SUBMIT, Meaning.UNREACHABLE).ask.host
        assert bench.waiting(Call.SUBMIT)[0].ask.host != first

    def test_host_in_soft_shutdown(self) -> None:
        """It gets no new jobs, and its results are still collected."""
        bench = Bench(2, merge=False)
        first, second = FakePart(ONCE), FakePart(ONCE)
        bench.submit(first)
        home = bench.waiting(Call.SUBMIT)[0].ask.host
        bench.accept()
        bench.submit(second)
        while bench.waiting(Call.SUBMIT):
            ask = bench.waiting(Call.SUBMIT)[0].ask
            if ask.host != home:
                break
            bench.answer(Call.SUBMIT, Meaning.QUEUE_FULL)
            bench.pass_to_next()
        fetches = [each.ask.host for each in bench.waiting(Call.FETCH)]
        assert fetches == [home]

    def test_one_away_for_good(self) -> None:
        """Its jobs are lost; what waits goes to the other one and is not given up."""
        bench = Bench(2, merge=False, patience=60.0)
        parts = [FakePart(ONCE) for _ in range(2)]
        bench.submit(*parts)
        bench.answer(Call.SUBMIT, Meaning.ACCEPTED, "101")
        bench.answer(Call.SUBMIT, Meaning.ACCEPTED, "101")
        end = bench.now + 70.0
        while bench.now < end and not all(part.ends for part in parts):
            for written in list(bench.waiting()):
                meaning = Meaning.UNREACHABLE if written.ask.host == 0 else Meaning.PENDING
                if written in bench.waiting():
                    bench.world.links[written.ask.host].queue.remove(written)
                    bench.world.hear(written, meaning, Answer(204))
            bench.pass_to_next()
        assert [part.ends for part in parts].count([(Outcome.LOST, None)]) == 1


class TestRenewal:
    """Credentials that are refused are renewed once, before anything else is sent."""

    def test_many_refusals_one_renewal(self) -> None:
        bench = Bench(merge=False)
        parts = [FakePart(ONCE) for _ in range(5)]
        bench.submit(*parts)
        for _ in parts:
            bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        assert len(bench.waiting(Call.RENEW)) == 1
        assert not bench.waiting(Call.SUBMIT)
        bench.answer(Call.RENEW, Meaning.OK, True)
        assert len(bench.waiting(Call.SUBMIT)) == 5

    def test_nothing_is_fetched_meanwhile(self) -> None:
        bench = Bench()
        part = FakePart(ONCE)
        bench.bring(part, "fetching")
        bench.answer(Call.FETCH, Meaning.UNAUTHORIZED, Answer(401))
        bench.pass_time(30.0)
        assert [each.ask.call for each in bench.waiting()] == [Call.RENEW]
        bench.answer(Call.RENEW, Meaning.OK, True)
        bench.pass_time(0.0)
        bench.succeed()
        assert part.ends[0][0] == "result"

    def test_server_refuses_to_renew(self) -> None:
        """The operation's own error is the end, and the server is not asked over and over."""
        bench = Bench()
        part = FakePart(ONCE)
        bench.submit(part)
        bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        bench.answer(Call.RENEW, Meaning.OK, False)
        bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        assert part.ends == [("result", ("refused", 401))]
        for _ in range(10):
            bench.engine.begin_renewal(bench.now)
        bench.world.act()
        assert not bench.waiting(Call.RENEW)
        bench.pass_time(60.0)
        bench.engine.begin_renewal(bench.now)
        bench.world.act()
        assert bench.waiting(Call.RENEW)

    def test_renewal_that_gets_no_answer(self) -> None:
        """It is tried again, seldom, while everything waits."""
        bench = Bench(patience=1000.0)
        part = FakePart(ONCE)
        bench.submit(part)
        bench.know()
        bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        assert 3 < refuse_all(bench, 60.0, Meaning.BROKEN) < 40
        assert not part.ends

    def test_long_job_and_two_expiries(self) -> None:
        """Each answer in between makes the next refusal a first one again."""
        bench = Bench()
        part = FakePart(ONCE)
        bench.bring(part, "fetching")
        for _ in range(5):
            bench.answer(Call.FETCH, Meaning.UNAUTHORIZED, Answer(401))
            bench.answer(Call.RENEW, Meaning.OK, True)
            bench.pass_time(2.0)
            bench.answer(Call.FETCH, Meaning.PENDING)
            while not bench.waiting(Call.FETCH):
                bench.pass_to_next()
        assert not part.ends

    @pytest.mark.parametrize(
        ("state", "call"),
        [("submitting", Call.SUBMIT), ("fetching", Call.FETCH), ("asking", Call.ASK)],
    )
    def test_new_ones_are_refused_at_once(self, state: str, call: Call) -> None:
        """They are renewed again a second after the last time, and nothing is sent before."""
        bench = Bench()
        bench.engine.begin_renewal(bench.now)
        bench.world.act()
        bench.answer(Call.RENEW, Meaning.OK, True)
        bench.pass_time(0.1)
        part = FakePart(ONCE)
        bench.bring(part, state)
        bench.answer(call, Meaning.UNAUTHORIZED, Answer(401))
        bench.pass_time(0.8)
        assert not bench.waiting()
        bench.pass_time(0.11)
        assert [each.ask.call for each in bench.waiting()] == [Call.RENEW]
        bench.answer(Call.RENEW, Meaning.OK, True)
        assert [each.ask.call for each in bench.waiting()] == [call]
        assert not part.ends

    def test_refused_with_older_ones(self) -> None:
        """It is sent again with those of now, and may still have them renewed once."""
        bench = Bench(merge=False)
        first, second = FakePart(ONCE), FakePart(ONCE)
        bench.submit(first, second)
        bench.know()
        bench.pass_time(0.1)
        bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        bench.answer(Call.RENEW, Meaning.OK, True)
        bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        assert not bench.waiting(Call.RENEW)
        assert {each.parts[0] for each in bench.waiting(Call.SUBMIT)} == {first, second}
        bench.accept()
        bench.pass_time(1.0)
        bench.answer(Call.SUBMIT, Meaning.UNAUTHORIZED, Answer(401))
        bench.answer(Call.RENEW, Meaning.OK, True)
        bench.accept("102")
        assert not first.ends
        assert not second.ends

    def test_server_that_refuses_whatever_it_gives(self) -> None:
        """Each operation ends, and a token is asked for once a second at most."""
        bench = Bench(merge=False, patience=1000.0)
        parts = [FakePart(ONCE) for _ in range(50)]
        began, renewals = bench.now, 0
        for part in parts:
            bench.submit(part)
            while not part.ends:
                if bench.waiting(Call.RENEW):
                    renewals += 1
                    bench.answer(Call.RENEW, Meaning.OK, True)
                elif bench.waiting():
                    call = bench.waiting()[0].ask.call
                    bench.answer(call, Meaning.UNAUTHORIZED, Answer(401))
                else:
                    bench.pass_to_next()
        assert all(part.ends == [("result", ("refused", 401))] for part in parts)
        assert renewals <= bench.now - began + 1

    def test_result_is_not_left_behind(self) -> None:
        """A fetch refused for good ends its future; the job is deleted if that is possible."""
        bench = Bench(can_renew=False)
        part = FakePart(ONCE)
        bench.bring(part, "fetching")
        bench.answer(Call.FETCH, Meaning.UNAUTHORIZED, Answer(401))
        assert part.ends == [(Outcome.LOST, None)]
        bench.answer(Call.DELETE, Meaning.OK)
        assert bench.engine.is_idle


@pytest.mark.parametrize("linger", [0.0, 0.5])
def test_nothing_outstanding(linger: float) -> None:
    """An idle engine wants nothing, ever."""
    bench = Bench(linger=linger)
    part = FakePart(kind_of(merge=True))
    bench.submit(part)
    bench.world.settle()
    assert bench.engine.is_idle
    assert bench.engine.next_due(bench.now) is None
    bench.pass_time(1e6)
    assert not bench.waiting()
