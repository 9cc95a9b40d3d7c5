"""Every figure in seconds that the manual promises, held on a clock that the test moves.

| promise                                                            | held by             |
| ------------------------------------------------------------------ | ------------------- |
| a host that has never answered is given 3 seconds                  | test_hosts_away     |
| one that has answered is waited for as long as `patience` says     | test_hosts_away     |
| what can be repeated waits `failover` seconds for its host         | here                |
| a query that only reads does so, too, whatever is away             | here                |
| `deadline` ends an operation in each of its states                 | test_deadlines      |
| a cancel without a word ends after 30 seconds, or the timeout      | test_cancel         |
| a lost submission is looked for for about three seconds            | test_searching      |
| pauses grow and end within `patience`                              | test_endless_answers |
| one request and its answer: `request_timeout`                      | test_endless_servers |
| one job is looked at 45 times in a second at most                  | test_schedule       |
| long jobs are given room while no queue time is told               | here                |
"""

from __future__ import annotations

import pytest
from core_bench import Bench
from core_parts import FakePart, kind_of

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.window import Window
from arango_jobs.operations import Retry

QUERY = kind_of("aql.execute", is_query=True, retry=Retry.NEVER)
READ = kind_of("document.get", retry=Retry.SAFE)


def away(bench: Bench, part: FakePart, seconds: float, *, explains: list[object]) -> list[float]:
    """Let host 0 be away for so long; return when submissions to the other host were made.

    The other host gives `explains` to the questions it is asked, one after the other.
    """
    began, again = bench.now, list[float]()
    while bench.now - began < seconds and not part.ends:
        for each in bench.waiting():
            call = each.ask.call
            if each.ask.host == 0:
                bench.answer(call, Meaning.UNREACHABLE)
            elif call is Call.SUBMIT:
                again.append(bench.now - began)
                bench.accept("201")
            elif call is Call.EXPLAIN:
                said = explains.pop(0) if len(explains) > 1 else explains[0]
                meaning = said if isinstance(said, Meaning) else Meaning.OK
                bench.answer(call, meaning, None if meaning is said else said)
            elif call is Call.FETCH:
                bench.answer(call, Meaning.PENDING)
            else:
                bench.answer(call, Meaning.OK, 1e6)
        due = bench.engine.next_due(bench.now)
        if due is not None and not part.ends:
            bench.pass_time(max(0.0, min(due, began + seconds) - bench.now))
    return again


def pending(kind: object, failover: float, retry: Retry | None = None) -> tuple[Bench, FakePart]:
    """Return a job that host 0 has accepted."""
    bench = Bench(2, patience=60.0, failover=failover)
    part = FakePart(kind, retry=retry)  # type: ignore[arg-type]  # one of the kinds above
    bench.submit(part)
    bench.accept()
    return bench, part


@pytest.mark.parametrize("failover", [0.5, 3.0, 20.0])
@pytest.mark.parametrize("kind", [READ, QUERY], ids=["read", "query"])
def test_failover_is_kept(kind: object, failover: float) -> None:
    """What only reads runs elsewhere after `failover` seconds, not when patience is over."""
    bench, part = pending(kind, failover)
    again = away(bench, part, 50.0, explains=[True])
    assert len(again) == 1
    assert failover <= again[0] <= failover + 0.3


@pytest.mark.parametrize(
    "explains",
    [
        [Meaning.QUEUE_FULL, True],
        [Meaning.BROKEN, Meaning.BROKEN, True],
        [Meaning.UNAVAILABLE, Meaning.QUEUE_TIME, True],
    ],
)
def test_failover_where_the_answer_comes_late(explains: list[object]) -> None:
    """The question is asked before `failover` is over, so that there is time to ask it again."""
    bench, part = pending(QUERY, 3.0)
    again = away(bench, part, 50.0, explains=explains)
    assert len(again) == 1
    assert 3.0 <= again[0] <= 4.0


@pytest.mark.parametrize("said", [False, Meaning.ODD, Meaning.MALFORMED, Meaning.BROKEN])
def test_a_query_that_may_write_is_waited_for(said: object) -> None:
    """As long as patience lasts, and asked about a few times only."""
    bench, part = pending(QUERY, 3.0)
    assert away(bench, part, 59.0, explains=[said]) == []
    assert not part.ends
    assert away(bench, part, 60.0, explains=[said]) == []
    assert [end[0] for end in part.ends] == [Outcome.LOST]


def test_a_host_that_is_back_in_time_keeps_its_jobs() -> None:
    """That was asked what a second run would do changes nothing."""
    bench, part = pending(QUERY, 5.0)
    assert away(bench, part, 2.7, explains=[True]) == []
    for _ in range(50):
        while bench.waiting():
            call = bench.waiting()[0].ask.call
            if call is Call.FETCH:
                bench.succeed()
            else:
                bench.answer(call, Meaning.OK, 1e6)
        if part.ends:
            break
        bench.pass_to_next()
    assert part.ends[0][0] == "result"
    assert not bench.waiting(Call.SUBMIT)


def grown(window: Window, seconds: float, *, queue: float | None = 0.0, ends: bool = False) -> int:
    """Accept whatever has room for `seconds`; return how many that was."""
    now, accepted = 0.0, 0
    while now < seconds:
        if queue is not None:
            window.queue_time(queue, now, now)
        room = int(window.limit) - accepted
        for _ in range(room):
            accepted += 1
            window.accepted(accepted)
        if ends and accepted:
            window.finished(now)
            accepted -= 1
        window.awaited(now)
        now += 0.01
    return accepted


def test_long_jobs_are_given_room_by_being_accepted() -> None:
    """Where no queue time is told five hundred are sent within a second, though none has ended."""
    assert grown(Window(1024, 5.0), 1.0) >= 500


@pytest.mark.parametrize("queue", [None, 0.1, 1.0])
def test_no_trust_where_jobs_wait_or_nothing_is_told(queue: float | None) -> None:
    """The server comes first: one more a second, as before."""
    assert grown(Window(1024, 5.0), 3.0, queue=queue) <= 36


def test_no_trust_after_a_refusal() -> None:
    """A ceiling is not gone beyond on trust."""
    window = Window(1024, 5.0)
    grown(window, 0.1)
    window.refused(0.1, 20, 0.2)
    assert grown(window, 3.0) <= 24


def test_trust_is_taken_back() -> None:
    """With the first job that is seen to have waited, the window is what it was before."""
    window = Window(1024, 5.0)
    grown(window, 1.0)
    assert window.limit >= 500
    window.queue_time(1.0, 1.0, 1.0)
    assert window.limit <= 32
    assert window.is_sharing


@pytest.mark.parametrize("maximum", [8, 100, 1024])
def test_the_maximum_is_kept(maximum: int) -> None:
    """And there is nothing to wake up for any more."""
    window = Window(maximum, 5.0)
    assert grown(window, 5.0) == maximum
    assert window.due == float("inf")
