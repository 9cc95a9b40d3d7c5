"""Submissions whose answer broke: adopted where no second reading is possible, and only there."""

from __future__ import annotations

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of
from core_world import Answer

from arango_jobs._core import searching
from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs.operations import Retry

ONCE = kind_of("document.insert")
AGAIN = kind_of("document.replace", retry=Retry.IDEMPOTENT)
MERGED = kind_of("document.insert", merge=True)
QUERY = kind_of("aql.write", is_query=True, retry=Retry.NEVER)
UNKNOWN = [(Outcome.UNKNOWN, None)]
SEARCHES = (Call.SEARCH_PENDING, Call.SEARCH_DONE, Call.SEARCH_HOST)
UPTIME = 1e6
FLOOR = 101


class Search(Bench):
    """A host that has given the id 101 to a job, and answers what it is searched for."""

    def __init__(self, hosts: int = 1, **options: object) -> None:
        super().__init__(hosts, **{"exclusive_user": True, **options})
        self.known = FakePart(ONCE)
        self.bring(self.known, "fetching")
        self.succeed()
        self.pending: list[int] = []
        self.done: list[int] = []
        self.uptime: float | None = UPTIME

    def lose(self, *parts: FakePart, connection: int = 1) -> None:
        """Send `parts`, and let the answers break on one connection."""
        self.submit(*parts)
        queue = self.world.links[0].queue
        for written in self.waiting(Call.SUBMIT):
            queue.remove(written)
            written.ask.connection = connection
            self.world.hear(written, Meaning.BROKEN, ConnectionError("cable cut"))
        self.world.plan()

    def break_submission(self, connection: int = 1) -> None:
        self.waiting(Call.SUBMIT)[0].ask.connection = connection
        self.answer(Call.SUBMIT, Meaning.BROKEN, ConnectionError("cable cut"))

    def is_searching(self) -> bool:
        return any(self.waiting(call) for call in SEARCHES)

    def list_both(self) -> None:
        self.answer(Call.SEARCH_PENDING, Meaning.OK, list(self.pending))
        self.answer(Call.SEARCH_DONE, Meaning.OK, list(self.done))

    def say_who(self) -> None:
        self.answer(Call.SEARCH_HOST, Meaning.OK, self.uptime)

    def round(self) -> None:
        """Answer one round, if need be after the pause before it."""
        while not self.is_searching():
            self.pass_to_next()
        self.list_both()
        self.say_who()

    def rounds_to_the_end(self) -> int:
        """Answer rounds until there are no more; return how many there were."""
        count = 0
        while any(job.state is State.SEARCHING for job in self.engine._book.submitting):
            count += 1
            assert count < 100
            self.round()
        return count


def history(part: FakePart) -> list[str]:
    assert part.job is not None
    return list(part.job.attempts or ())


class TestAdoption:
    def test_one(self) -> None:
        """The only done job that nobody told us of is that of the only submission that broke."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        assert not part.ends
        search.done = [102]
        search.round()
        fetched = search.waiting(Call.FETCH)[0].ask
        assert (fetched.job, part.job.job_id) == (part.job, "102")  # type: ignore[union-attr]
        search.succeed()
        assert part.ends == [("result", ("ran", part.number))]
        assert history(part) == [
            "http://host0: submit: sent, and the answer is missing or incomplete (cable cut); "
            "job 102 was found to be its own, and adopted"
        ]
        assert search.engine.is_idle
        assert search.world.adopted == 1

    def test_pending_comes_first(self) -> None:
        """A job that ends between the two lists is in the second one; the other order misses it."""
        search = Search()
        search.lose(FakePart(ONCE))
        assert [each.ask.call for each in search.waiting()] == [Call.SEARCH_PENDING]
        search.answer(Call.SEARCH_PENDING, Meaning.OK, [102])
        assert [each.ask.call for each in search.waiting()] == [Call.SEARCH_DONE]
        search.answer(Call.SEARCH_DONE, Meaning.OK, [102])
        search.say_who()
        assert search.waiting(Call.FETCH)

    def test_idempotent(self) -> None:
        """It is not sent again, so that nothing of the first run is left behind."""
        search, part = Search(), FakePart(AGAIN)
        search.lose(part)
        search.done = [102]
        search.round()
        search.succeed()
        assert part.ends == [("result", ("ran", part.number))]
        assert search.world.asked[Call.SUBMIT] == 2

    def test_array(self) -> None:
        """Several operations that travelled as one have one job."""
        search, parts = Search(), [FakePart(MERGED) for _ in range(3)]
        search.lose(*parts)
        search.done = [102]
        search.round()
        search.succeed()
        assert [part.ends for part in parts] == [
            [("result", ("ran", part.number))] for part in parts
        ]

    def test_several_of_one_connection(self) -> None:
        """In the order in which they were written the server gave them their ids."""
        search, parts = Search(), [FakePart(ONCE) for _ in range(3)]
        search.lose(*parts)
        search.done = [109, 105, 107]
        search.round()
        assert [part.job.job_id for part in parts] == ["105", "107", "109"]  # type: ignore[union-attr]

    def test_taken_late(self) -> None:
        """What the server had in its buffer when its lists were made comes in a later round."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        for _ in range(3):
            search.round()
        search.done = [102]
        search.round()
        assert search.waiting(Call.FETCH)

    def test_waits_for_its_end(self) -> None:
        """A pending one is not touched: that of a full queue stays pending for ever."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.pending = [102]
        for _ in range(30):
            search.round()
        assert not part.ends
        assert not search.world.asked[Call.FETCH] > 1
        search.pending, search.done = [], [102]
        search.round()
        assert search.waiting(Call.FETCH)

    def test_pending_for_ever(self) -> None:
        """Whatever a full queue has left behind ends with `patience`, as everything has to."""
        search, part = Search(patience=20.0), FakePart(ONCE)
        search.lose(part)
        search.pending = [102]
        began = search.now
        search.rounds_to_the_end()
        assert 20.0 <= search.now - began < 22.0
        assert part.ends == UNKNOWN
        assert search.engine.is_idle

    def test_refused_ones_do_not_count(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.pending, search.done = [102, 104], [103]
        search.round()
        assert part.job.job_id == "103"  # type: ignore[union-attr]

    def test_on_a_host_in_doubt(self) -> None:
        """A connection made meanwhile leaves open who answers: it is asked, then fetched."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [102]
        search.connect()
        search.round()
        assert not search.waiting(Call.FETCH)
        search.know(UPTIME)
        assert search.waiting(Call.FETCH)[0].ask.epoch == 2
        assert part.job.acceptance.epoch == 2  # type: ignore[union-attr]


class TestNoAdoption:
    """Each ends as if nobody had searched."""

    def test_option_off(self) -> None:
        search, part = Search(exclusive_user=False), FakePart(ONCE)
        search.lose(part)
        assert part.ends == UNKNOWN
        assert search.engine.is_idle
        assert not any(search.world.asked[call] for call in SEARCHES)
        assert history(part) == [
            "http://host0: submit: sent, and the answer is missing or incomplete (cable cut)"
        ]

    def test_option_off_leaves_no_timer(self) -> None:
        search = Search(exclusive_user=False)
        search.lose(FakePart(ONCE))
        assert search.engine.next_due(search.now) is None

    def test_never_taken(self) -> None:
        """After about three seconds; what is idempotent is sent again then."""
        search, once, again = Search(), FakePart(ONCE), FakePart(AGAIN)
        search.lose(once, again)
        began = search.now
        assert search.rounds_to_the_end() == 7
        assert 1.0 < search.now - began < 5.0
        assert once.ends == UNKNOWN
        assert "its job was not found: 0 jobs could be those of 2" in history(once)
        search.pass_time(1.0)
        assert [each.parts for each in search.waiting(Call.SUBMIT)] == [[again]]

    def test_two_submissions_and_one_job(self) -> None:
        search, parts = Search(), [FakePart(ONCE), FakePart(ONCE)]
        search.lose(*parts)
        search.done = [102]
        search.rounds_to_the_end()
        assert [part.ends for part in parts] == [UNKNOWN, UNKNOWN]
        assert not search.waiting(Call.FETCH)

    def test_one_more_than_there_can_be(self) -> None:
        """Somebody else has jobs of this user, whatever was promised."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [102, 103]
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN

    def test_below_the_floor(self) -> None:
        """What was there before it was sent is of an earlier program."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [FLOOR - 1]
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN

    def test_no_floor(self) -> None:
        """Before an id has been told, nobody knows which jobs were there."""
        bench, part = Bench(exclusive_user=True), FakePart(ONCE)
        bench.bring(part, "submitting")
        bench.waiting(Call.SUBMIT)[0].ask.connection = 1
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        assert part.ends == UNKNOWN
        assert not bench.world.asked[Call.SEARCH_PENDING]

    def test_floor_of_an_earlier_process_of_ours(self) -> None:
        """It may have had more jobs than it was told of."""
        bench = Bench(exclusive_user=True)
        bench.connect()
        bench.engine.adopt([FakePart(ONCE)], 0, "101", bench.now)
        bench.world.act()
        bench.know()
        part = FakePart(ONCE)
        bench.submit(part)
        bench.waiting(Call.SUBMIT)[0].ask.connection = 1
        bench.answer(Call.SUBMIT, Meaning.BROKEN)
        assert part.ends == UNKNOWN

    def test_several_connections(self) -> None:
        """Nothing says whose job is whose."""
        search, parts = Search(), [FakePart(ONCE) for _ in range(3)]
        search.submit(*parts)
        for connection in (1, 1, 2):
            search.break_submission(connection)
        assert [part.ends for part in parts] == [UNKNOWN] * 3

    def test_unknown_connection(self) -> None:
        """A transport that does not say may have sent it twice."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part, connection=0)
        assert part.ends == UNKNOWN

    @pytest.mark.parametrize("meaning", [Meaning.ODD, Meaning.FORWARD_FAILED])
    def test_answered(self, meaning: Meaning) -> None:
        """It may be a job of another Coordinator; and where it was written is not known."""
        search, part = Search(), FakePart(ONCE)
        search.submit(part)
        search.answer(Call.SUBMIT, meaning, Answer(503))
        assert part.ends == UNKNOWN
        assert not search.is_searching()

    def test_sent_as_no_job(self) -> None:
        """It has none to be found, and is in nobody's way."""
        search, direct, part = Search(), FakePart(kind_of(is_direct=True)), FakePart(ONCE)
        search.lose(direct)
        assert direct.ends == UNKNOWN
        search.lose(part)
        search.done = [102]
        search.round()
        assert search.waiting(Call.FETCH)

    def test_balancer(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.engine.behind_balancer(0)
        search.lose(part)
        assert part.ends == UNKNOWN

    def test_turns_out_to_be_a_balancer(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.engine.behind_balancer(0)
        search.done = [102]
        search.round()
        assert part.ends == UNKNOWN

    def test_ids_of_another_coordinator(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [(7 << 40) + 5]
        search.round()
        assert part.ends == UNKNOWN

    def test_cut_list(self) -> None:
        """A list that is full says nothing; a longer one is asked for."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        room = search.waiting(Call.SEARCH_PENDING)[0].ask.count
        assert room > 1000
        search.pending = [FLOOR - 1] * room
        search.done = [102]
        search.answer(Call.SEARCH_PENDING, Meaning.OK, search.pending)
        assert not search.waiting(Call.SEARCH_DONE)
        search.pass_to_next()
        assert search.waiting(Call.SEARCH_PENDING)[0].ask.count == 4 * room
        search.round()
        assert search.waiting(Call.FETCH)

    def test_cut_list_of_done_jobs(self) -> None:
        search = Search()
        search.lose(FakePart(ONCE))
        search.answer(Call.SEARCH_PENDING, Meaning.OK, [])
        room = search.waiting(Call.SEARCH_DONE)[0].ask.count
        search.answer(Call.SEARCH_DONE, Meaning.OK, [*[FLOOR - 1] * (room - 1), 102])
        assert not search.waiting()

    def test_lists_that_are_too_long(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        while not part.ends:
            asked = search.waiting(Call.SEARCH_PENDING)[0].ask.count
            search.answer(Call.SEARCH_PENDING, Meaning.OK, list(range(asked)))
            if not part.ends:
                search.pass_to_next()
        assert asked == searching.LIST_LIMIT

    def test_no_lists(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        while not part.ends:
            search.answer(Call.SEARCH_PENDING, Meaning.MALFORMED, Answer(400))
            if not part.ends:
                search.pass_to_next()
        assert search.engine.is_idle

    def test_a_host_that_does_not_say_who_it_is(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done, search.uptime = [102], None
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN


class TestRestart:
    def test_since_it_broke(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.pass_time(5.0)
        search.done, search.uptime = [102], 1.0
        search.round()
        assert part.ends == UNKNOWN
        assert "http://host0 has restarted since" in history(part)[0]

    def test_that_cannot_be_told(self) -> None:
        """A server that was started at about the time may be the one that took it, or the next."""
        search, part = Search(), FakePart(ONCE)
        search.submit(part)
        sent_at = search.now
        search.pass_time(10.0)
        search.break_submission()
        search.done = [102]
        while not part.ends:
            if not search.is_searching():
                search.pass_to_next()
            search.uptime = search.now - (sent_at + 5.0)
            search.round()
        assert part.ends == UNKNOWN
        assert not search.waiting(Call.FETCH)

    def test_connection_made_while_it_answers(self) -> None:
        """Whoever answered may have been replaced since, and the id be another one's."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [102]
        search.list_both()
        search.connect()
        search.say_who()
        assert not search.waiting(Call.FETCH)
        assert part.job.job_id is None  # type: ignore[union-attr]

    def test_after_it_was_adopted(self) -> None:
        """The job is lost, as any other one would be."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [102]
        search.round()
        search.answer(Call.FETCH, Meaning.PENDING)
        search.pass_time(5.0)
        search.connect()
        search.know(uptime=1.0)
        assert part.ends == [(Outcome.LOST, None)]

    def test_before_it_was_sent(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.submit(part)
        search.host.restarted_at = search.now + 1.0
        search.break_submission()
        assert part.ends == UNKNOWN


class TestOthersOfOurs:
    """Jobs of ours that are in the lists too."""

    def test_known(self) -> None:
        """One that waits for its end, or whose result is on its way, is not looked for."""
        search, other, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(part, other)
        search.break_submission()
        search.accept("102")
        search.done = [102]
        for _ in range(3):
            search.round()
        search.done = [102, 103]
        search.round()
        assert part.job.job_id == "103"  # type: ignore[union-attr]

    def test_told_while_it_is_searched(self) -> None:
        """And fetched before the search looks at what was listed."""
        search, other, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(part)
        search.break_submission()
        search.submit(other)
        search.done = [102]
        search.list_both()
        search.accept("102")
        search.succeed()
        search.say_who()
        assert part.job.job_id is None  # type: ignore[union-attr]
        search.done = []
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN

    def test_under_way(self) -> None:
        """One that has no answer yet may be whose job is listed: it is waited for."""
        search, other, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(part, other)
        search.break_submission()
        search.done = [102]
        search.round()
        for _ in range(5):
            search.pass_to_next()
        assert not search.is_searching()
        assert part.job.job_id is None  # type: ignore[union-attr]
        search.accept("102")
        search.succeed()
        search.done = []
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN

    def test_under_way_and_another(self) -> None:
        search, other, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(part, other)
        search.break_submission()
        search.done = [102]
        search.round()
        search.accept("103")
        search.pass_time(1.0)
        assert part.job.job_id == "102"  # type: ignore[union-attr]

    def test_under_way_as_no_job(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.submit(FakePart(kind_of(is_direct=True)))
        search.done = [102]
        search.round()
        assert part.job.job_id == "102"  # type: ignore[union-attr]

    def test_sent_after_the_lists(self) -> None:
        """It cannot be in them, and nobody waits for it."""
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.done = [102]
        search.list_both()
        search.pass_time(0.1)
        search.submit(FakePart(ONCE))
        search.say_who()
        assert part.job.job_id == "102"  # type: ignore[union-attr]

    def test_broke_while_it_is_searched(self) -> None:
        """The lists were read for one, and there are two now."""
        search, parts = Search(), [FakePart(ONCE), FakePart(ONCE)]
        search.submit(*parts)
        search.break_submission()
        search.done = [102]
        search.list_both()
        search.break_submission()
        search.say_who()
        assert not search.waiting(Call.FETCH)
        search.done = [102, 103]
        search.round()
        assert [part.job.job_id for part in parts] == ["102", "103"]  # type: ignore[union-attr]

    def test_left_behind(self) -> None:
        """A job that was given up may be there still, under an id that we were told."""
        search, other, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(part, other, deadline=30.0)
        written = search.waiting(Call.SUBMIT)
        assert [each.parts for each in written] == [[part], [other]]
        search.world.links[0].queue.reverse()
        search.accept("102")
        search.answer(Call.FETCH, Meaning.PENDING)
        search.pass_time(0.5)
        while search.waiting(Call.FETCH):
            search.answer(Call.FETCH, Meaning.UNKNOWN_JOB)
        assert other.ends == [(Outcome.LOST, None)]
        search.break_submission()
        search.done = [102]
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN

    def test_let_go(self) -> None:
        """So may one that nobody waits for, and that could not be deleted."""
        search, other, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(part)
        search.submit(other, deadline=1.0)
        search.world.links[0].queue.reverse()
        search.accept("102")
        search.answer(Call.FETCH, Meaning.PENDING)
        search.pass_time(1.0)
        while search.host.watch.jobs:
            if search.waiting(Call.DELETE):
                search.answer(Call.DELETE, Meaning.ODD, Answer(500))
            else:
                search.pass_to_next()
        search.break_submission()
        search.done = [102]
        search.rounds_to_the_end()
        assert part.ends == UNKNOWN

    def test_of_another_process(self) -> None:
        """What a restart has cost is in no list, and its ids may be higher than the new ones."""
        search, part = Search(), FakePart(ONCE)
        search.engine.adopt([FakePart(ONCE)], 0, "4000", search.now)
        search.world.act()
        search.know()
        search.submit(FakePart(ONCE))
        search.accept("5000")
        for _ in range(2):
            search.answer(Call.FETCH, Meaning.PENDING)
        search.pass_time(5.0)
        search.connect()
        search.know(uptime=1.0)
        assert not search.host.watch.jobs
        search.pass_time(1.0)
        new = FakePart(ONCE)
        search.submit(new)
        search.accept("50")
        search.succeed()
        search.lose(part)
        search.done, search.uptime = [51], 2.0
        search.round()
        assert part.job.job_id == "51"  # type: ignore[union-attr]


class TestGivenUpBefore:
    """A submission that was given up may have a job, which looks like that of the next one."""

    def give_one_up(self, search: Search) -> None:
        search.lose(FakePart(ONCE), connection=0)

    def use(self, search: Search, job_id: str) -> None:
        """Run an operation that nothing goes wrong with."""
        part = FakePart(ONCE)
        search.submit(part)
        search.accept(job_id)
        search.succeed()
        assert part.ends

    def test_nothing_is_adopted(self) -> None:
        search, part = Search(), FakePart(ONCE)
        self.give_one_up(search)
        search.lose(part)
        search.done = [102]
        search.round()
        assert part.ends == UNKNOWN
        assert "another submission was lost before" in history(part)[0]

    def test_another_process(self) -> None:
        """One that was started since has no job of it."""
        search, part = Search(), FakePart(ONCE)
        self.give_one_up(search)
        search.pass_time(100.0)
        search.lose(part)
        search.done, search.uptime = [102], 50.0
        search.round()
        assert part.job.job_id == "102"  # type: ignore[union-attr]

    def test_another_process_of_a_cluster(self) -> None:
        """What one Coordinator got it may have passed on to this one."""
        search, part = Search(hosts=2), FakePart(ONCE)
        search.host.down_since = None
        self.give_one_up(search)
        search.pass_time(100.0)
        search.lose(part)
        search.done, search.uptime = [102], 50.0
        search.round()
        assert part.ends == UNKNOWN

    def test_much_later(self) -> None:
        """When it can come no more, and an id has been told that is above its own."""
        search, early, late = Search(), FakePart(ONCE), FakePart(ONCE)
        self.give_one_up(search)
        search.pass_time(searching._LATE + 1.0)
        search.lose(early)
        assert early.ends == UNKNOWN, "its job may be 102"
        search.pass_time(searching._LATE + 1.0)
        self.use(search, "105")
        search.lose(late)
        search.done = [102, 106]
        search.round()
        assert late.job.job_id == "106"  # type: ignore[union-attr]

    def test_it_is_over_while_another_is_looked_for(self) -> None:
        """That one was sent before: what it was told as its floor does not leave out the other."""
        search, part = Search(), FakePart(ONCE)
        self.give_one_up(search)
        search.pass_time(searching._LATE - 1.0)
        search.lose(part)
        over = search.now + 2.0
        while search.now < over:
            if search.waiting(Call.SEARCH_PENDING):
                search.answer(Call.SEARCH_PENDING, Meaning.UNREACHABLE)
            search.pass_to_next()
        search.done = [102]
        search.round()
        assert part.ends == UNKNOWN

    def test_one_under_way_for_as_long(self) -> None:
        """What is told of one that was sent before is no floor."""
        search, slow, part = Search(), FakePart(ONCE), FakePart(ONCE)
        search.submit(slow)
        search.submit(FakePart(ONCE))
        search.world.links[0].queue.reverse()
        search.break_submission(0)
        search.pass_time(searching._LATE + 1.0)
        search.accept("103")
        search.succeed()
        search.lose(part)
        search.done = [104]
        search.round()
        assert part.ends == UNKNOWN


class TestNobodyWaits:
    def test_deadline(self) -> None:
        """The future ends in time; the job is found all the same, and deleted."""
        search, part = Search(), FakePart(ONCE)
        search.submit(part, deadline=0.5)
        search.break_submission()
        search.pass_time(0.5)
        assert part.ends == [(Outcome.DEADLINE, None)]
        search.pending = [102]
        search.round()
        assert search.waiting(Call.DELETE)[0].ask.job is part.job
        search.answer(Call.DELETE, Meaning.OK)
        assert search.engine.is_idle
        assert not search.waiting(Call.FETCH)

    def test_cancel(self) -> None:
        """It ends with its result if that comes in time, and else as unknown."""
        search, part = Search(), FakePart(QUERY)
        search.lose(part)
        search.engine.cancel(part, None, search.now)
        search.done = [102]
        search.round()
        search.answer(Call.FETCH, Meaning.RESULT, Answer(410))
        assert part.ends == [(Outcome.CANCELLED, None)]

    def test_cancel_without_an_end(self) -> None:
        search, part = Search(cancel_patience=5.0), FakePart(QUERY)
        search.lose(part)
        search.engine.cancel(part, None, search.now)
        search.pending = [103]
        while not part.ends:
            search.round()
        assert part.ends == UNKNOWN
        search.answer(Call.CANCEL, Meaning.OK)
        search.answer(Call.DELETE, Meaning.OK)
        assert search.engine.is_idle

    def test_cancelled_and_not_found(self) -> None:
        """What is cancelled is not sent again."""
        search, part = Search(), FakePart(kind_of("aql.read", is_query=True, retry=Retry.SAFE))
        search.lose(part)
        search.engine.cancel(part, None, search.now)
        search.rounds_to_the_end()
        search.pass_time(30.0)
        assert part.ends == UNKNOWN
        assert not search.waiting(Call.SUBMIT)

    def test_abandon_all(self) -> None:
        search, parts = Search(), [FakePart(ONCE), FakePart(AGAIN)]
        search.lose(*parts)
        assert [part for part in search.engine.open_parts() if part in parts]
        for part in parts:
            part.ends.append(("shut down", None))
        search.engine.abandon_all(search.now)
        assert not search.engine.is_idle
        search.pending, search.done = [102], [103]
        search.round()
        assert [each.ask.job.job_id for each in search.waiting(Call.DELETE)] == ["102", "103"]  # type: ignore[union-attr]
        search.answer(Call.DELETE, Meaning.OK)
        search.answer(Call.DELETE, Meaning.OK)
        assert search.engine.is_idle

    def test_abandoned_and_not_found(self) -> None:
        """Neither sent again nor ended twice, and not for long in the way of the end."""
        search, part = Search(), FakePart(AGAIN)
        search.lose(part)
        part.ends.append(("shut down", None))
        search.engine.abandon_all(search.now)
        began = search.now
        search.rounds_to_the_end()
        assert search.now - began < 5.0
        assert part.ends == [("shut down", None)]
        assert search.engine.is_idle


class TestTrouble:
    def test_host_is_away(self) -> None:
        """It is waited for, as for any job of ours."""
        search, part = Search(patience=60.0), FakePart(ONCE)
        search.lose(part)
        began = search.now
        while search.now - began < 30.0:
            search.answer(Call.SEARCH_PENDING, Meaning.UNREACHABLE)
            search.pass_to_next()
        assert not part.ends
        search.done = [102]
        search.round()
        assert search.waiting(Call.FETCH)

    def test_host_stays_away(self) -> None:
        search, part = Search(patience=10.0), FakePart(ONCE)
        search.lose(part)
        while not part.ends:
            search.answer(Call.SEARCH_PENDING, Meaning.UNREACHABLE)
            if not part.ends:
                search.pass_to_next()
        assert part.ends == UNKNOWN
        assert search.engine.is_idle

    def test_another_host_is_there(self) -> None:
        """What can be repeated is, after `failover` seconds."""
        search, part = Search(hosts=2, failover=3.0), FakePart(AGAIN)
        search.lose(part)
        began = search.now
        while not search.waiting(Call.SUBMIT):
            if search.waiting(Call.SEARCH_PENDING):
                search.answer(Call.SEARCH_PENDING, Meaning.UNREACHABLE)
            search.pass_to_next()
        assert 3.0 <= search.now - began < 10.0
        assert search.waiting(Call.SUBMIT)[0].ask.host == 1

    def test_credentials(self) -> None:
        search, part = Search(), FakePart(ONCE)
        search.lose(part)
        search.answer(Call.SEARCH_PENDING, Meaning.UNAUTHORIZED, Answer(401))
        search.answer(Call.RENEW, Meaning.OK, True)
        search.done = [102]
        search.round()
        assert search.waiting(Call.FETCH)
