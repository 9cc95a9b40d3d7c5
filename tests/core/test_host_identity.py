"""Who a host is: one process told from the next, and what a restart does to its jobs."""

from __future__ import annotations

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of
from core_world import Answer

from arango_jobs._core.actions import Outcome
from arango_jobs._core.host import Identity
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Retry

ONCE = kind_of("document.insert")
AGAIN = kind_of("document.replace", retry=Retry.IDEMPOTENT)
LOST = [(Outcome.LOST, None)]
UNKNOWN = [(Outcome.UNKNOWN, None)]
CLUSTER = 5 << 40


class TestIdentity:
    """A process is known by when it was started, which it tells within the time of an answer."""

    def test_bounds(self) -> None:
        found = Identity(100.0, asked_at=1000.0, answered_at=1000.5)
        assert (found.started_after, found.started_before) == (900.0, 900.5)

    @pytest.mark.parametrize(
        ("moment", "expected"), [(899.0, True), (900.2, False), (901.0, False)]
    )
    def test_younger(self, moment: float, expected: bool) -> None:
        """What happened before it can have been started was in the time of another one."""
        assert Identity(100.0, 1000.0, 1000.5).is_younger_than(moment) is expected

    @pytest.mark.parametrize(
        ("moment", "expected"), [(899.0, False), (900.2, False), (901.0, True)]
    )
    def test_older(self, moment: float, expected: bool) -> None:
        """What happened after it must have been started was in its time."""
        assert Identity(100.0, 1000.0, 1000.5).is_older_than(moment) is expected

    def test_clocks_that_run_apart(self) -> None:
        """Hours later the same process is still the same, with a clock a little off."""
        before = Identity(50.0, 1000.0, 1000.01)
        hours = 5 * 3600.0
        later = Identity(50.0 + hours * 0.9996, 1000.0 + hours, 1000.01 + hours)
        assert later.is_same_as(before)

    def test_successor(self) -> None:
        before = Identity(50.0, 1000.0, 1000.01)
        assert not Identity(0.5, 1010.0, 1010.01).is_same_as(before)

    def test_unknown_before(self) -> None:
        assert not Identity(50.0, 1000.0, 1000.0).is_same_as(None)

    def test_more_precise_statement_is_kept(self) -> None:
        slow, fast = Identity(50.0, 1000.0, 1002.0), Identity(60.0, 1010.0, 1010.1)
        assert fast.narrowed_by(slow) is fast
        assert slow.narrowed_by(fast) is fast


def pending(bench: Bench, *parts: FakePart, first: int = 101) -> None:
    """Let `parts` be jobs that wait on the server, not merged, each with its id."""
    bench.connect()
    bench.submit(*parts)
    bench.know(uptime=3600.0)
    for number, _ in enumerate(parts):
        bench.accept(str(first + number))
    while bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.PENDING)


def test_first_contact_asks_once() -> None:
    """Who it is is asked for with the first submission, and not with the others."""
    bench = Bench()
    bench.submit(FakePart(ONCE), FakePart(ONCE))
    assert len(bench.waiting(Call.IDENTIFY)) == 1
    bench.know()
    bench.submit(FakePart(ONCE))
    assert not bench.waiting(Call.IDENTIFY)


def test_host_that_does_not_tell() -> None:
    """One without statistics is asked for metrics, and then no more until it reconnects."""
    bench = Bench()
    bench.submit(FakePart(ONCE))
    bench.answer(Call.IDENTIFY, Meaning.MALFORMED, None)
    assert bench.waiting(Call.IDENTIFY)[0].ask.count == 1
    bench.answer(Call.IDENTIFY, Meaning.MALFORMED, None)
    for _ in range(5):
        bench.submit(FakePart(ONCE))
    assert not bench.waiting(Call.IDENTIFY)


def test_new_connection() -> None:
    """Nothing is fetched, deleted or submitted until it is known who answers there."""
    bench = Bench()
    part = FakePart(ONCE)
    pending(bench, part)
    bench.connect()
    bench.submit(FakePart(ONCE))
    bench.engine.cancel(part, None, bench.now)
    bench.pass_time(5.0)
    assert [each.ask.call for each in bench.waiting()] == [Call.IDENTIFY]
    bench.know(uptime=3605.0)
    bench.pass_time(0.0)
    assert {each.ask.call for each in bench.waiting()} == {Call.SUBMIT, Call.FETCH, Call.CANCEL}


def test_calls_do_not_go_out_on_newer_connections() -> None:
    """A call that takes or ends a job names the newest connection on which it may go."""
    bench = Bench()
    part = FakePart(ONCE)
    pending(bench, part)
    bench.pass_time(1.0)
    assert bench.waiting(Call.FETCH)[0].ask.epoch == 1


@pytest.mark.parametrize("state", ["pending", "fetching", "asking"])
def test_restart(state: str) -> None:
    """All jobs of the former process end or are repeated at once, in whatever state they are."""
    bench = Bench()
    once, again = FakePart(ONCE), FakePart(AGAIN)
    pending(bench, once, again)
    if state != "pending":
        bench.pass_time(1.0)
    if state == "asking":
        for _ in range(2):
            bench.answer(Call.FETCH, Meaning.BROKEN)
    bench.pass_time(2.0)
    bench.connect()
    bench.know(uptime=0.5)
    assert once.ends == LOST
    assert not again.ends
    bench.pass_time(1.0)
    assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[again]]
    # What was under way to the former process says nothing any more.
    for call in (Call.FETCH, Call.ASK):
        while bench.waiting(call):
            bench.answer(call, Meaning.RESULT if call is Call.FETCH else Meaning.OK, Answer(200))
    assert once.ends == LOST
    assert not again.ends


def test_jobs_of_the_new_process_are_kept() -> None:
    """What was accepted after the new connection had been made is the new process's."""
    bench = Bench()
    old, new = FakePart(ONCE), FakePart(ONCE)
    pending(bench, old)
    bench.submit(new)
    bench.pass_time(2.0)
    bench.connect()
    bench.accept("200")
    bench.know(uptime=0.5)
    assert old.ends == LOST
    assert not new.ends


@pytest.mark.parametrize(("made", "is_its_own"), [(0.5, True), (0.01, False)])
def test_sent_before_the_restart_and_written_after_it(made: float, is_its_own: bool) -> None:
    """What waited for a connection cannot have been accepted before that was made."""
    bench = Bench()
    part = FakePart(ONCE)
    bench.connect()
    bench.submit(part)
    bench.know()
    sent = bench.now
    bench.pass_time(0.6)
    # The new process was started 0.2 seconds after it had been handed to the transport.
    bench.engine.connected(0, bench.now, sent + made)
    bench.world.plan()
    bench.answer(Call.IDENTIFY, Meaning.BROKEN)
    bench.accept("101")
    bench.connect()
    while not bench.waiting(Call.IDENTIFY):
        bench.pass_to_next()
    bench.know(bench.now - sent - 0.2)
    if not is_its_own:
        # The connection that it came on is gone and cannot be asked.
        assert bench.waiting(Call.IDENTIFY)[0].ask.epoch == 2
        bench.answer(Call.IDENTIFY, Meaning.MOVED)
    assert bool(part.ends) is not is_its_own


class TestJustStarted:
    """A process has taken a job on one connection and says on the next that it has just started.

    Whether it did or the process before it is said by the older connection, if that stands.
    """

    @pytest.fixture
    def part(self) -> FakePart:
        return FakePart(ONCE)

    @pytest.fixture
    def bench(self, part: FakePart) -> Bench:
        bench = Bench()
        old = FakePart(ONCE)
        pending(bench, old, first=500)
        bench.pass_time(2.0)
        bench.submit(part)
        bench.engine.connected(0, bench.now, bench.now)  # Number 2, on which it goes out.
        bench.world.plan()
        bench.accept("1")
        assert old.ends == LOST
        bench.connect()  # Number 3.
        bench.answer(Call.IDENTIFY, Meaning.MOVED)
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
        while not bench.waiting(Call.IDENTIFY):
            bench.pass_to_next()
        bench.pass_time(0.03)
        bench.answer_on(3, uptime=bench.now - sent_at(part) - 0.01)
        assert bench.waiting(Call.IDENTIFY)[0].ask.epoch == 2
        assert not bench.waiting(Call.FETCH)
        return bench

    def test_says_so_on_the_older_one(self, bench: Bench, part: FakePart) -> None:
        bench.answer_on(2, uptime=bench.now - sent_at(part) - 0.01)
        assert not part.ends
        bench.pass_time(0.0)
        assert bench.waiting(Call.FETCH)

    def test_older_one_is_gone(self, bench: Bench, part: FakePart) -> None:
        bench.answer(Call.IDENTIFY, Meaning.MOVED)
        assert part.ends == LOST

    @pytest.mark.parametrize("meaning", [Meaning.UNAVAILABLE, Meaning.QUEUE_FULL, Meaning.ODD])
    def test_says_nothing_yet(self, bench: Bench, part: FakePart, meaning: Meaning) -> None:
        """It is asked again, from the beginning."""
        bench.answer(Call.IDENTIFY, meaning)
        assert not part.ends
        while not bench.waiting(Call.IDENTIFY):
            bench.pass_to_next()
        assert bench.waiting(Call.IDENTIFY)[0].ask.epoch == 3

    def test_several_coordinators(self, bench: Bench, part: FakePart) -> None:
        """Meanwhile it is heard that the address leads to several: nothing is said of a restart."""
        bench.engine.behind_balancer(0)
        bench.answer_on(2, uptime=3600.0)
        assert not part.ends
        bench.pass_time(0.0)
        assert bench.waiting(Call.FETCH)

    def test_another_one_answers_there(self, bench: Bench, part: FakePart) -> None:
        """One that has been up for longer is not the one that has just been started."""
        bench.answer_on(2, uptime=3600.0)
        assert part.ends == LOST


def sent_at(part: FakePart) -> float:
    assert part.job is not None
    return part.job.sent_at or 0.0


def test_slow_answer_of_a_process_that_has_just_been_started() -> None:
    """A process is not known by it: its successor could have been started at the same time."""
    bench = Bench()
    part = FakePart(ONCE)
    bench.connect()
    bench.submit(part)
    bench.accept()
    bench.answer(Call.FETCH, Meaning.PENDING)
    bench.pass_time(2.0)
    while bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.BROKEN)
    # It gave this answer when it had been up for so long, two seconds ago, and ended then.
    bench.know(uptime=0.1)
    bench.answer(Call.IDENTIFY, Meaning.BROKEN)
    bench.connect()
    bench.know(uptime=1.4)
    assert part.ends == LOST
    assert not bench.waiting(Call.FETCH)


@pytest.mark.parametrize(("uptime", "answers"), [(0.05, 1), (0.3, 0), (3.0, 0)])
def test_how_often_it_is_asked(uptime: float, answers: int) -> None:
    """Only a process that is younger than its answer was slow has to answer again."""
    bench = Bench()
    bench.connect()
    bench.submit(FakePart(ONCE))
    bench.pass_time(0.1)
    bench.know(uptime)
    assert len(bench.waiting(Call.IDENTIFY)) == answers


def test_slow_answer() -> None:
    """An answer too slow to tell whose a job is is asked for again, and nothing ends of it."""
    bench = Bench()
    part = FakePart(ONCE)
    bench.connect()
    bench.submit(part)
    bench.know(uptime=0.0)
    bench.accept()
    bench.answer(Call.FETCH, Meaning.PENDING)
    bench.connect()
    bench.pass_time(10.0)
    bench.know(uptime=10.0)
    assert not part.ends
    bench.know(uptime=10.0)
    assert not part.ends
    bench.pass_time(0.0)
    assert bench.waiting(Call.FETCH)


@pytest.mark.parametrize(
    "meaning",
    [Meaning.BROKEN, Meaning.UNREACHABLE, Meaning.MOVED, Meaning.UNAVAILABLE, Meaning.QUEUE_FULL,
     Meaning.QUEUE_TIME, Meaning.ODD, Meaning.FORWARD_FAILED],
)  # fmt: skip
def test_no_answer_to_who_it_is(meaning: Meaning) -> None:
    """Whatever keeps it from answering, it is asked again before anything is fetched."""
    bench = Bench()
    part = FakePart(ONCE)
    pending(bench, part)
    bench.connect()
    bench.answer(Call.IDENTIFY, meaning)
    assert not bench.waiting(Call.FETCH)
    bench.pass_time(1.0)
    assert [each.ask.call for each in bench.waiting()] == [Call.IDENTIFY]


def test_host_that_never_says_who_it_is() -> None:
    """When patience ends its jobs are lost rather than fetched from who knows whom."""
    bench = Bench(patience=60.0)
    once, again = FakePart(ONCE), FakePart(AGAIN)
    pending(bench, once, again)
    bench.connect()
    end = bench.now + 61.0
    while bench.now < end:
        while bench.waiting(Call.IDENTIFY):
            bench.answer(Call.IDENTIFY, Meaning.QUEUE_FULL)
        bench.pass_to_next()
        assert not bench.waiting(Call.FETCH)
        if bench.waiting(Call.SUBMIT):
            break
    assert once.ends == LOST
    assert list(bench.waiting(Call.SUBMIT)[0].parts) == [again]


def test_two_new_connections() -> None:
    """An answer that was asked for before the newest connection does not speak for it."""
    bench = Bench()
    part = FakePart(ONCE)
    pending(bench, part)
    bench.connect()
    bench.connect()
    bench.know(uptime=3600.0)
    assert not bench.waiting(Call.FETCH)
    assert bench.waiting(Call.IDENTIFY)[0].ask.epoch == 3
    bench.know(uptime=3600.0)
    bench.pass_time(0.0)
    assert bench.waiting(Call.FETCH)


def test_question_that_was_asked_before_there_was_a_connection() -> None:
    """It may have gone out on any connection since, so its answer speaks for none."""
    bench = Bench()
    part = FakePart(ONCE)
    bench.submit(part)
    bench.connect()
    bench.accept()
    bench.answer(Call.FETCH, Meaning.PENDING)
    bench.pass_time(5.0)
    if bench.waiting(Call.FETCH):
        bench.answer(Call.FETCH, Meaning.PENDING)
    bench.connect()
    bench.know(uptime=0.5)
    assert not part.ends
    assert bench.waiting(Call.IDENTIFY)[0].ask.epoch == 2
    bench.know(uptime=0.5)
    assert part.ends == LOST


class TestIds:
    """Ids of one process only grow: one that goes back is another process's (protocol §2.1)."""

    def test_id_that_goes_back(self) -> None:
        bench = Bench()
        old, new = FakePart(ONCE), FakePart(ONCE)
        pending(bench, old)
        bench.pass_time(0.01)
        bench.submit(new)
        bench.accept("50")
        assert old.ends == LOST
        assert not new.ends

    def test_many_that_were_under_way(self) -> None:
        """The former process's highest id says nothing about those that follow the first."""
        bench = Bench(merge=False)
        old = FakePart(ONCE)
        new = [FakePart(ONCE) for _ in range(3)]
        pending(bench, old)
        bench.pass_time(0.01)
        bench.submit(*new)
        for job_id in ("50", "51", "52"):
            bench.accept(job_id)
        assert old.ends == LOST
        assert not any(part.ends for part in new)

    def test_the_same_id_twice(self) -> None:
        """An answer came twice: neither operation is given what may be the other's result."""
        bench = Bench()
        old, new = FakePart(ONCE), FakePart(ONCE)
        bench.connect()
        bench.submit(old)
        bench.know()
        bench.submit(new)
        bench.accept("101")
        bench.accept("101")
        assert old.ends == new.ends == UNKNOWN
        bench.succeed()
        assert old.ends == new.ends == UNKNOWN

    def test_ids_that_come_out_of_order(self) -> None:
        """Jobs that were under way at one time may be told their ids in any order."""
        bench = Bench(merge=False)
        parts = [FakePart(ONCE) for _ in range(3)]
        bench.submit(*parts)
        for job_id in ("103", "101", "102"):
            bench.accept(job_id)
        assert not any(part.ends for part in parts)

    def test_ids_of_several_coordinators(self) -> None:
        """They show that the address is a balancer's: jobs are asked for by id from then on."""
        bench = Bench(merge=False)
        parts = [FakePart(ONCE) for _ in range(2)]
        bench.connect()
        bench.submit(*parts)
        bench.know()
        bench.accept(str((5 << 40) + 1000))
        bench.accept(str((2 << 40) + 7))
        assert bench.host.watch.by_id_only
        assert not any(part.ends for part in parts)
        bench.connect()
        assert not bench.host.is_suspect


class TestBalancer:
    """One address for several Coordinators: another uptime is not a restart (protocol §2.3)."""

    def suspected(self) -> tuple[Bench, FakePart]:
        bench = Bench()
        part = FakePart(ONCE)
        pending(bench, part, first=CLUSTER + 1)
        bench.pass_time(10.0)
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
        bench.connect()
        bench.know(uptime=1.0)
        assert not part.ends
        return bench, part

    def test_another_coordinator_answers(self) -> None:
        """A question that is forwarded shows it: the job is still there."""
        bench, part = self.suspected()
        bench.answer(Call.OWNER, Meaning.PENDING, True)
        assert bench.host.watch.by_id_only
        assert not part.ends
        bench.pass_time(0.0)
        assert bench.waiting(Call.FETCH)[0].ask.epoch == 0

    @pytest.mark.parametrize("meaning", [Meaning.UNKNOWN_JOB, Meaning.PENDING, Meaning.OK])
    def test_the_owner_itself_answers(self, meaning: Meaning) -> None:
        """It has restarted; an id that it knows is somebody else's by now."""
        bench, part = self.suspected()
        bench.answer(Call.OWNER, meaning, False)
        assert part.ends == LOST

    def test_nobody_answers(self) -> None:
        """Nothing is known, so it is asked again who it is."""
        bench, part = self.suspected()
        bench.answer(Call.OWNER, Meaning.BROKEN, None)
        bench.pass_time(1.0)
        assert not part.ends
        assert [each.ask.call for each in bench.waiting()] == [Call.IDENTIFY]

    def test_forwarded_answers(self) -> None:
        """Where the header tells of forwarding, lists are not asked for."""
        bench = Bench()
        bench.engine.behind_balancer(0)
        assert bench.host.watch.by_id_only


def test_list_of_the_next_process() -> None:
    """Ids in a list that came after a new connection are fetched only when it is known whose."""
    bench = Bench(max_jobs=100, merge=False)
    bench.host.window.limit = 100.0
    pending(bench, *(FakePart(ONCE) for _ in range(50)))
    while not bench.waiting(Call.LIST):
        bench.pass_to_next()
        while bench.waiting(Call.FETCH):
            bench.answer(Call.FETCH, Meaning.PENDING)
    bench.connect()
    bench.answer(Call.LIST, Meaning.OK, ["101", "102"])
    assert not bench.waiting(Call.FETCH)
