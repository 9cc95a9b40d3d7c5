"""The waiting room: what is merged, whose turn it is, what has to wait for its key."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from core_parts import FakePart, kind_of

from arango_jobs._core.job import Job
from arango_jobs._core.waiting import WaitingRoom
from arango_jobs.operations import OperationKind

MERGED = kind_of(merge=True)
PLAIN = kind_of("aql.execute")


def room(**changes: Any) -> WaitingRoom:
    settings: dict[str, Any] = {
        "merge": True,
        "max_operations": 5,
        "max_bytes": 1000,
        "linger": 0.0,
        **changes,
    }
    return WaitingRoom(**settings)


def take(
    waiting: WaitingRoom, count: int = 1000, *, room: int = 1 << 40, result: int = 0, now: float = 0
) -> list[Job]:
    return waiting.take(count, room, lambda _kind: result, now)


def one(waiting: WaitingRoom) -> Job | None:
    """Take the next job, if one may go."""
    jobs = take(waiting, 1)
    return jobs[0] if jobs else None


def sizes(waiting: WaitingRoom, now: float = 0.0) -> list[int]:
    """Take everything that may go; return how many operations each job has."""
    return [len(job.parts) for job in take(waiting, now=now)]


def fill(waiting: WaitingRoom, *parts: FakePart) -> list[FakePart]:
    waiting.add(parts, 0.0)
    return list(parts)


def test_many_of_one_kind() -> None:
    """Operations of one kind leave as arrays of at most so many."""
    waiting = room()
    fill(waiting, *(FakePart(MERGED) for _ in range(12)))
    assert sizes(waiting) == [5, 5, 2]
    assert waiting.count == 0


def test_large_bodies() -> None:
    """An array stays below the limit in bytes, commas counted; a larger single one goes alone."""
    waiting = room(max_bytes=100)
    fill(waiting, *(FakePart(MERGED, size=size) for size in (49, 50, 49, 300, 10)))
    assert sizes(waiting) == [2, 1, 1, 1]


def test_turn_is_kept_until_the_answer_is_read() -> None:
    """The next one of the key goes when it is known that the one before is not sent again."""
    kind = kind_of("document.update", order="c")
    waiting = room()
    first, second, third = fill(waiting, *(FakePart(kind, key="k") for _ in range(3)))
    job = one(waiting)
    assert job is not None
    assert job.parts == (first,)
    waiting.answered([first])
    waiting.keep(first)
    waiting.turn(0.0)
    assert one(waiting) is None
    waiting.answered([first])
    waiting.turn(0.0)
    job = one(waiting)
    assert job is not None
    assert job.parts == (second,)
    waiting.answered([second])
    assert waiting.drain() == [third]
    waiting.turn(0.0)
    assert one(waiting) is None


def test_two_kinds_with_equal_settings() -> None:
    """Only the same kind object merges: equal ones may differ in what they decode."""
    waiting = room()
    fill(waiting, FakePart(kind_of(merge=True)), FakePart(kind_of(merge=True)))
    assert sizes(waiting) == [1, 1]


def test_kind_without_plan() -> None:
    """What has no array form leaves one by one."""
    waiting = room()
    fill(waiting, FakePart(PLAIN), FakePart(PLAIN))
    assert sizes(waiting) == [1, 1]


def test_merging_switched_off() -> None:
    """Without merging every operation goes alone."""
    waiting = room(merge=False)
    fill(waiting, FakePart(MERGED), FakePart(MERGED))
    assert sizes(waiting) == [1, 1]


@pytest.mark.parametrize(("kind", "each"), [(PLAIN, 1), (MERGED, 5)])
def test_as_many_as_there_is_room_for(kind: OperationKind[Any], each: int) -> None:
    """Results count as well, with one for each operation; the last job may carry more."""
    waiting = room()
    parts = fill(waiting, *(FakePart(kind, size=100) for _ in range(10 * each)))
    first = take(waiting, 3)
    assert [job.size for job in first] == [256 if each == 1 else 512] * 3
    second = take(waiting, room=2 * first[0].size)
    third = take(waiting, room=2 * 1024 * each + 1, result=1024 - 256)
    assert (len(second), len(third)) == (2, 3)
    assert take(waiting, room=0) == []
    rest = take(waiting)
    taken = [part for job in (*first, *second, *third, *rest) for part in job.parts]
    assert (taken, waiting.count) == (parts, 0)


def test_same_key_twice() -> None:
    """One key is never twice in an array, whose elements may run side by side."""
    waiting = room()
    fill(waiting, *(FakePart(MERGED, key=key) for key in ("a", "b", "a", "c", None, None)))
    assert sizes(waiting) == [2, 4]


def test_lines_take_turns() -> None:
    """A long line does not hold up a short one."""
    waiting = room()
    fill(waiting, *(FakePart(PLAIN) for _ in range(3)), FakePart(MERGED))
    names = [job.kind.name for job in take(waiting, 4)]
    assert names == ["aql.execute", "document.insert", "aql.execute", "aql.execute"]


def test_every_line_gets_a_part_of_the_room() -> None:
    """In turns of several where there is room for many; none is left out."""
    waiting = room()
    kinds = [kind_of(f"kind {number}") for number in range(5)]
    for kind in kinds:
        fill(waiting, *(FakePart(kind) for _ in range(1000)))
    counts = Counter(job.kind for job in take(waiting, 100))
    assert set(counts) == set(kinds)
    assert max(counts.values()) < 2 * min(counts.values())


def test_lingering() -> None:
    """A line lingers for company, until its time is up."""
    waiting = room(linger=0.1)
    fill(waiting, FakePart(MERGED))
    assert sizes(waiting, 0.05) == []
    assert waiting.next_due() == pytest.approx(0.1)
    assert sizes(waiting, 0.1) == [1]
    assert waiting.next_due() is None


def test_lingering_ends_when_there_is_enough() -> None:
    """A line that fills an array does not linger."""
    waiting = room(linger=0.1)
    fill(waiting, *(FakePart(MERGED) for _ in range(5)))
    assert sizes(waiting, 0.0) == [5]


@pytest.mark.parametrize("linger", [0.1, 0.3, 1 / 3, 0.7])
def test_due_when_it_says(linger: float) -> None:
    """At the time that it names something may go, whatever rounding does."""
    waiting = room(linger=linger)
    waiting.add((FakePart(MERGED),), 1234.567)
    due = waiting.next_due()
    assert due is not None
    assert sizes(waiting, due) == [1]


class TestOrder:
    """Where the user asks for order, one operation a key is under way at a time."""

    kind = kind_of("document.update", merge=True, order="c")

    def parts(self, count: int) -> list[FakePart]:
        return [FakePart(self.kind, key="k") for _ in range(count)]

    def test_followers_are_parked(self) -> None:
        waiting = room()
        fill(waiting, *self.parts(3))
        assert sizes(waiting) == [1]
        assert waiting.count == 2

    def test_release_lets_the_next_one_in(self) -> None:
        waiting = room()
        first, second, third = fill(waiting, *self.parts(3))
        taken = []
        for _ in range(3):
            job = one(waiting)
            assert job is not None
            taken += job.parts
            assert one(waiting) is None
            waiting.release(job.parts, 0.0)
        assert taken == [first, second, third]
        assert waiting.count == 0

    def test_a_second_release_passes_no_turn(self) -> None:
        """Whoever has passed the turn on cannot do so again while another one has it."""
        waiting = room()
        first, _second, _third = fill(waiting, *self.parts(3))
        assert sizes(waiting) == [1]
        waiting.release([first], 0.0)
        waiting.release([first], 0.0)
        assert sizes(waiting) == [1]
        assert waiting.count == 1

    def test_other_keys_and_other_orders_do_not_wait(self) -> None:
        waiting = room()
        fill(waiting, FakePart(self.kind, key="a"), FakePart(self.kind, key="b"))
        fill(waiting, FakePart(kind_of("document.delete", order="other"), key="a"))
        assert sorted(sizes(waiting)) == [1, 2]

    def test_other_kinds_of_the_same_order_wait(self) -> None:
        """An update and a delete of one document keep their order too."""
        waiting = room()
        delete = FakePart(kind_of("document.delete", order="c"), key="k")
        first, _ = fill(waiting, FakePart(self.kind, key="k"), delete)
        assert sizes(waiting) == [1]
        waiting.release([first], 0.0)
        job = one(waiting)
        assert job is not None
        assert list(job.parts) == [delete]

    def test_drain_takes_the_parked_ones(self) -> None:
        waiting = room()
        parts = fill(waiting, *self.parts(3))
        assert set(waiting.drain()) == set(parts)
        assert waiting.count == 0
        assert waiting.parts() == []
