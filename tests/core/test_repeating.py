"""What is sent again: only what a second run cannot harm, and never without an end."""

from __future__ import annotations

from typing import Any

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of
from core_world import CONFLICT, Answer, World

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Retry

ONCE = kind_of("document.insert", merge=True)
AGAIN = kind_of("document.replace", merge=True, retry=Retry.IDEMPOTENT)
ORDERED = kind_of("document.update", order="c")
LOST = [(Outcome.LOST, None)]
UNKNOWN = [(Outcome.UNKNOWN, None)]


def test_broken_submission() -> None:
    """It may have run: repeated where that is harmless, else unknown."""
    for kind, retry, is_repeated in (
        (ONCE, None, False),
        (ONCE, Retry.SAFE, True),
        (AGAIN, None, True),
        (AGAIN, Retry.NEVER, False),
    ):
        bench, part = Bench(), FakePart(kind, retry=retry)
        bench.bring(part, "submitting")
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        assert part.ends == ([] if is_repeated else UNKNOWN)
        bench.pass_time(1.0)
        assert bool(bench.waiting(Call.SUBMIT)) is is_repeated


def test_mixed_array() -> None:
    """Of a lost array the harmless operations are repeated, the others end."""
    bench = Bench()
    harmless, once = FakePart(ONCE, retry=Retry.IDEMPOTENT), FakePart(ONCE)
    bench.submit(harmless, once)
    bench.accept()
    bench.answer(Call.FETCH, Meaning.UNKNOWN_JOB)
    assert once.ends == LOST
    bench.pass_time(1.0)
    assert list(bench.waiting(Call.SUBMIT)[0].parts) == [harmless]


def test_repeats_have_an_end() -> None:
    """After `max_repeats` submissions that may have run nobody tries any more."""
    bench = Bench(max_repeats=3)
    part = FakePart(AGAIN)
    bench.submit(part)
    sent = 0
    while bench.waiting(Call.SUBMIT):
        sent += 1
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        bench.pass_time(60.0)
    assert sent == 1 + 3
    assert part.ends == UNKNOWN


def test_refusals_are_no_repeats() -> None:
    """A server whose queue is full refuses as often as it likes: nothing was run."""
    bench = Bench(max_repeats=3)
    part = FakePart(ONCE)
    bench.bring(part, "submitting")
    for _ in range(20):
        bench.answer(Call.SUBMIT, Meaning.QUEUE_FULL)
        bench.pass_time(3.0)
    assert not part.ends
    bench.accept()
    bench.succeed()
    assert part.ends[0][0] == "result"


def test_refused_after_it_may_have_run() -> None:
    """The refusal of a second try is not the operation's outcome: the first may have run."""
    bench = Bench()
    part = FakePart(AGAIN)
    bench.bring(part, "submitting")
    bench.answer(Call.SUBMIT, Meaning.BROKEN)
    bench.pass_time(1.0)
    bench.answer(Call.SUBMIT, Meaning.RESULT, Answer(403))
    assert part.ends == UNKNOWN


def test_question_that_is_never_answered() -> None:
    """Of a job whose fetch broke and of which nothing can be learned, nothing is left behind."""
    bench = Bench()
    part = FakePart(ONCE)
    bench.bring(part, "asking")
    for _ in range(20):
        if not bench.waiting(Call.ASK):
            break
        bench.answer(Call.ASK, Meaning.BROKEN)
        bench.pass_time(10.0)
    assert part.ends == LOST
    bench.answer(Call.DELETE, Meaning.OK)
    assert bench.engine.is_idle


class TestSplit:
    """An array that was refused as a whole goes out again in two; none of it has run."""

    def test_halves(self) -> None:
        bench = Bench()
        parts = [FakePart(ONCE) for _ in range(5)]
        bench.submit(*parts)
        bench.answer(Call.SUBMIT, Meaning.ARRAY_REFUSED, Answer(413))
        sent = [each.parts for each in bench.waiting(Call.SUBMIT)]
        assert sent == [parts[:3], parts[3:]]
        assert not any(part.ends for part in parts)

    def test_down_to_one(self) -> None:
        """One operation alone that is too large gets the server's answer."""
        bench = Bench()
        large, small = FakePart(ONCE), FakePart(ONCE)
        bench.submit(large, small)
        bench.answer(Call.SUBMIT, Meaning.ARRAY_REFUSED, Answer(413))
        bench.answer(Call.SUBMIT, Meaning.RESULT, Answer(413))
        assert large.ends == [("result", ("refused", 413))]
        bench.accept()
        bench.succeed()
        assert small.ends[0][0] == "result"

    def test_is_no_repeat(self) -> None:
        """It has not run, so that what may not be repeated is sent all the same."""
        bench = Bench(max_repeats=0)
        parts = [FakePart(ONCE) for _ in range(2)]
        bench.submit(*parts)
        bench.answer(Call.SUBMIT, Meaning.ARRAY_REFUSED, Answer(413))
        assert [each.ask.job and each.ask.job.tries for each in bench.waiting(Call.SUBMIT)] == [
            0,
            0,
        ]

    def test_by_the_result_of_its_job(self) -> None:
        """A job may be refused as well, before it has run any of it."""
        bench = Bench()
        parts = [FakePart(ONCE) for _ in range(3)]
        bench.submit(*parts)
        bench.accept()
        bench.answer(Call.FETCH, Meaning.ARRAY_REFUSED, Answer(400))
        assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [parts[:2], parts[2:]]
        assert [part.job.attempts for part in parts] == [
            ["an array of 3 was refused as a whole: HTTP 400"]
        ] * 3
        assert not any(part.ends for part in parts)

    def test_of_ordered_operations(self) -> None:
        """Followers wait until the halves have ended."""
        kind = kind_of("document.update", merge=True, order="c")
        bench = Bench()
        first, other, follower = (FakePart(kind, key=key) for key in ("a", "b", "a"))
        bench.submit(first, other, follower)
        bench.answer(Call.SUBMIT, Meaning.ARRAY_REFUSED, Answer(413))
        assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[first], [other]]
        bench.accept("1")
        bench.succeed()
        assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[other], [follower]]

    def test_with_a_deadline(self) -> None:
        """Who is late meanwhile is left out."""
        bench = Bench()
        parts = [FakePart(ONCE) for _ in range(3)]
        bench.submit(*parts, deadline=5.0)
        parts[0].ends.append((Outcome.DEADLINE, None))
        bench.answer(Call.SUBMIT, Meaning.ARRAY_REFUSED, Answer(413))
        assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[parts[1]], [parts[2]]]


class TestConfirmation:
    """A repeated insert that finds our own key reads back what the first run wrote."""

    def repeated(self) -> tuple[Bench, FakePart]:
        bench = Bench()
        part = FakePart(ONCE, key="k", made_key=True)
        bench.bring(part, "submitting")
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        bench.world.documents["k"] = ("ran", part.number)
        bench.world.runs[part] = 1
        bench.pass_time(1.0)
        bench.accept()
        bench.answer(Call.FETCH, Meaning.RESULT, Answer(409, {part: CONFLICT}))
        assert not part.ends
        assert not bench.engine.is_idle
        return bench, part

    def test_found(self) -> None:
        bench, part = self.repeated()
        bench.answer(Call.CONFIRM, Meaning.OK, bench.world.documents | {part: ("ran", part.number)})
        assert part.ends == [("result", ("ran", part.number))]
        assert bench.engine.is_idle

    def test_no_answer(self) -> None:
        """It is asked again, and lost in the end."""
        bench, part = self.repeated()
        for _ in range(30):
            if part.ends:
                break
            bench.answer(Call.CONFIRM, Meaning.BROKEN)
            bench.pass_time(10.0)
        assert part.ends == LOST
        assert bench.engine.is_idle

    def test_credentials_expire(self) -> None:
        bench, part = self.repeated()
        bench.answer(Call.CONFIRM, Meaning.UNAUTHORIZED, Answer(401))
        bench.answer(Call.RENEW, Meaning.OK, True)
        bench.pass_time(1.0)
        bench.answer(Call.CONFIRM, Meaning.OK, {part: ("ran", part.number)})
        assert part.ends[0][0] == "result"

    def test_first_try_finds_the_key(self) -> None:
        """Then it is somebody else's, and the conflict is the operation's own error."""
        bench = Bench()
        part = FakePart(ONCE, key="k", made_key=True)
        bench.bring(part, "fetching")
        bench.answer(Call.FETCH, Meaning.RESULT, Answer(409, {part: CONFLICT}))
        assert not bench.waiting(Call.CONFIRM)
        assert part.ends == [("result", CONFLICT)]


@pytest.mark.parametrize("end", ["result", "cancelled", "lost", "unknown", "deadline", "unsent"])
def test_ordered_follower_goes_on(end: str) -> None:
    """However an operation ends, the next one of its key gets its turn."""
    bench = Bench(patience=5.0)
    first, second = FakePart(ORDERED, key="k"), FakePart(ORDERED, key="k")
    bench.bring(first, "submitting", deadline=30.0 if end == "deadline" else None)
    bench.submit(second)
    assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[first]]
    if end == "cancelled":
        bench.engine.cancel(first, None, bench.now)
    if end in ("result", "cancelled", "lost", "deadline"):
        bench.accept()
    if end == "result":
        bench.succeed()
    elif end == "cancelled":
        bench.answer(Call.FETCH, Meaning.RESULT, Answer(410))
    elif end == "lost":
        bench.answer(Call.FETCH, Meaning.UNKNOWN_JOB)
    elif end == "unknown":
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
    elif end == "deadline":
        bench.pass_time(31.0)
        bench.answer(Call.FETCH, Meaning.PENDING)
        bench.answer(Call.DELETE, Meaning.OK)
    else:
        for _ in range(20):
            if first.ends:
                break
            bench.answer(Call.SUBMIT, Meaning.MOVED)
            bench.pass_time(6.0)
    assert first.ends
    assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[second]]


class TestOrderedWrites:
    """An ordered write is not repeated while its first run may be under way.

    Else the next one of its key could take effect, be acknowledged, and then be undone.
    """

    KIND = kind_of("document.replace", order="c", retry=Retry.IDEMPOTENT)

    @pytest.mark.parametrize("meaning", [Meaning.BROKEN, Meaning.ODD, Meaning.FORWARD_FAILED])
    @pytest.mark.parametrize("made_key", [False, True])
    def test_answer_to_the_submission_is_lost(self, meaning: Meaning, made_key: bool) -> None:
        bench = Bench()
        first, second = (FakePart(self.KIND, key="k", made_key=made_key) for _ in range(2))
        bench.bring(first, "submitting")
        bench.submit(second)
        bench.answer(Call.SUBMIT, meaning)
        assert first.ends == UNKNOWN
        assert [each.parts for each in bench.waiting(Call.SUBMIT)] == [[second]]

    def test_late_first_run(self) -> None:
        """The world in which it matters: the second write is not undone behind its result."""
        world = World()
        first, second = (FakePart(self.KIND, key="k") for _ in range(2))
        world.add(first)
        world.add(second)
        link = world.links[0]
        world.plan()
        link.dial()
        link.write()
        link.serve(link.connections[0])
        (slow,) = link.process.pending()
        link.break_off(link.connections[0])
        world.plan()
        slow.is_stuck = True
        world.settle()
        link.process.finish(slow)
        assert second.ends[0][0] == "result"
        assert first.ends == UNKNOWN

    def test_first_run_is_over(self) -> None:
        """The result was handed out and lost, or the process is no more: it is repeated."""
        for restarts in (False, True):
            bench = Bench()
            part = FakePart(self.KIND, key="k")
            bench.bring(part, "pending" if restarts else "asking")
            if restarts:
                bench.pass_time(2.0)
                bench.connect()
                bench.know(uptime=0.5)
            else:
                bench.answer(Call.ASK, Meaning.UNKNOWN_JOB)
            assert not part.ends
            bench.pass_time(1.0)
            assert bench.waiting(Call.SUBMIT)[0].parts == [part]

    def test_somebody_has_said_that_it_may_be(self) -> None:
        bench = Bench()
        part = FakePart(self.KIND, key="k", retry=Retry.IDEMPOTENT)
        bench.bring(part, "submitting")
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        assert not part.ends

    def test_reads(self) -> None:
        bench = Bench()
        part = FakePart(kind_of("document.get", order="c", retry=Retry.SAFE), key="k")
        bench.bring(part, "submitting")
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        assert not part.ends

    def test_host_that_is_away(self) -> None:
        """It may have the job still: that is not run elsewhere, and lost when patience ends."""
        bench = Bench(2, patience=60.0, failover=3.0)
        part = FakePart(self.KIND, key="k")
        bench.submit(part)
        bench.accept()
        began = bench.now
        while not part.ends:
            for each in bench.waiting():
                call = each.ask.call
                bench.answer(call, Meaning.UNREACHABLE if call is Call.FETCH else Meaning.OK, 1e6)
            bench.pass_to_next()
        assert part.ends == LOST
        assert bench.now - began >= 60.0
        assert not bench.waiting(Call.SUBMIT)


class TestAbandonAll:
    """At the end what waits is forgotten, and what the server has of ours is deleted by id."""

    def test_in_every_state(self) -> None:
        bench = Bench(merge=False)
        parts = [FakePart(ONCE) for _ in range(4)]
        bench.connect()
        bench.submit(*parts)
        bench.know()
        for job_id in ("101", "102", "103"):
            bench.accept(job_id)
        bench.answer(Call.FETCH, Meaning.PENDING)
        bench.answer(Call.FETCH, Meaning.BROKEN)
        bench.world.add(FakePart(ONCE))
        for part in bench.world.parts:
            part.ends.append(("closed", None))
        bench.engine.abandon_all(bench.now)
        bench.world.act()
        for call, meaning in (
            (Call.ASK, Meaning.PENDING),
            (Call.FETCH, Meaning.PENDING),
            (Call.SUBMIT, Meaning.ACCEPTED),
        ):
            bench.answer(call, meaning, "104" if call is Call.SUBMIT else None)
        assert len(bench.waiting(Call.DELETE)) == 4
        for _ in range(4):
            bench.answer(Call.DELETE, Meaning.OK)
        assert bench.engine.is_idle
        assert bench.engine.next_due(bench.now) is None

    def test_twice(self) -> None:
        """Nothing is deleted twice."""
        bench = Bench()
        part = FakePart(ONCE)
        bench.bring(part, "pending")
        part.ends.append(("closed", None))
        for _ in range(2):
            bench.engine.abandon_all(bench.now)
        bench.world.act()
        assert len(bench.waiting(Call.DELETE)) == 1

    def test_host_that_is_away(self) -> None:
        """It is waited for, so that nothing is left when it comes back within patience."""
        bench = Bench(patience=60.0)
        part = FakePart(ONCE)
        bench.bring(part, "pending")
        part.ends.append(("closed", None))
        bench.engine.abandon_all(bench.now)
        bench.world.act()
        end = bench.now + 30.0
        while bench.now < end:
            if bench.waiting():
                bench.answer(Call.DELETE, Meaning.UNREACHABLE)
            bench.pass_to_next()
        bench.answer(Call.DELETE, Meaning.OK)
        assert bench.engine.is_idle


class TestExplanation:
    """A query whose result is lost is run again if the server says that it only reads."""

    QUERY = kind_of("aql.read", is_query=True)

    def lost(self, **options: Any) -> tuple[Bench, FakePart]:
        bench = Bench(2, **options)
        part = FakePart(self.QUERY)
        bench.submit(part)
        bench.accept()
        bench.answer(Call.FETCH, Meaning.UNKNOWN_JOB)
        return bench, part

    def test_two_hosts(self) -> None:
        """The next try goes to another host than the one that gave no answer of use."""
        bench, part = self.lost()
        asked = [bench.answer(Call.EXPLAIN, Meaning.BROKEN).ask.host]
        bench.pass_time(1.0)
        asked.append(bench.answer(Call.EXPLAIN, Meaning.OK, True).ask.host)
        assert sorted(asked) == [0, 1]
        bench.pass_time(1.0)
        assert bench.waiting(Call.SUBMIT)[0].parts == [part]

    @pytest.mark.parametrize("meaning", [Meaning.BROKEN, Meaning.MOVED, Meaning.FORWARD_FAILED])
    def test_no_host_answers(self, meaning: Meaning) -> None:
        """The query does not wait long for hosts that take connections and say nothing."""
        bench, part = self.lost()
        began = bench.now
        while not part.ends:
            bench.answer(Call.EXPLAIN, meaning)
            if not part.ends:
                bench.pass_to_next()
        assert part.ends == LOST
        assert 1.0 < bench.now - began < 5.0

    def test_impatient(self) -> None:
        """Nor longer than `patience`, whatever the hosts say."""
        bench, part = self.lost(patience=0.5)
        began = bench.now
        while not part.ends:
            bench.answer(Call.EXPLAIN, Meaning.QUEUE_FULL)
            if not part.ends:
                bench.pass_to_next()
        assert part.ends == LOST
        assert bench.now - began == pytest.approx(0.5)

    def test_hosts_that_are_away(self) -> None:
        """They are waited for, as long as `patience` lasts, and not asked without a pause."""
        bench, part = self.lost(patience=60.0)
        began, asked = bench.now, 0
        while bench.now < began + 50.0:
            for _ in bench.waiting(Call.EXPLAIN):
                asked += 1
                bench.answer(Call.EXPLAIN, Meaning.UNREACHABLE)
            bench.pass_to_next()
        assert not part.ends
        assert 20 < asked < 80
        bench.answer(Call.EXPLAIN, Meaning.OK, True)
        bench.pass_time(1.0)
        assert bench.waiting(Call.SUBMIT)[0].parts == [part]
