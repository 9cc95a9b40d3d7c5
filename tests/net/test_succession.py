"""Which connections have a number of their own, and which go on with one."""

from __future__ import annotations

from typing import Any

import pytest

from arango_jobs._net.succession import Succession


def unkept(count: int) -> Succession:
    """Return a host's after so many connections that carried one answer each, a millisecond each.

    The last was made at `count` milliseconds.
    """
    succession = Succession()
    for n in range(1, count + 1):
        succession.made(n / 1000)
        succession.ended(n / 1000, 1)
    return succession


def test_each_has_its_own() -> None:
    """As long as connections are kept, or not enough have ended to call it a rule."""
    succession = unkept(15)
    assert succession.number == 15
    assert succession.made(0.016)
    assert succession.number == 16


def test_goes_on() -> None:
    """A server that keeps none: the next ones have the number of those before."""
    succession = unkept(100)
    assert succession.number == 16
    assert not succession.made(1.0)
    assert succession.number == 16


def test_not_in_time() -> None:
    """The server may have been restarted since the last one that was answered was made."""
    succession = unkept(16)
    assert succession.made(1.016)
    assert succession.number == 17
    # It has not answered yet.
    assert succession.made(1.017)
    succession.ended(1.017, 1)
    assert not succession.made(2.0)
    assert succession.number == 18


def ours() -> Succession:
    """Return a host's after we have closed the only connection, asked at one second."""
    succession = Succession()
    succession.made(0.0)
    succession.ended(1.0, 3, is_ours=True)
    return succession


def test_closed_by_us() -> None:
    """That tells of no other process: the next one has the same number, if it is made at once."""
    assert not ours().made(1.04)
    assert ours().made(1.05)


def test_closed_by_us_and_broken_meanwhile() -> None:
    """Any other end may be that of the process."""
    succession = ours()
    succession.ended(1.01, 2)
    assert succession.made(1.02)
    succession = ours()
    succession.ended(1.01, 2, is_broken=True)
    succession.ended(1.02, 1, is_ours=True)
    assert succession.made(1.03)


def test_late_end() -> None:
    """What counts is when it was made: its answer may have been read long after it came."""
    succession = unkept(16)
    assert not succession.made(0.02)
    assert not succession.made(0.5)
    succession.ended(0.5, 1)
    succession.ended(0.02, 1)
    assert not succession.made(1.49)
    assert succession.made(1.5)


class TestAnnounced:
    """A server that ends connections after many answers, and says so in the last one."""

    def announced(self, count: int) -> Succession:
        succession = Succession()
        for n in range(1, count + 1):
            succession.made(n / 1000)
            succession.ended(n / 1000, 100, is_announced=True)
        return succession

    def test_goes_on(self) -> None:
        succession = self.announced(40)
        assert not succession.made(0.5)
        assert succession.number == 16

    def test_not_enough(self) -> None:
        """No more than a server that is shut down may have."""
        assert self.announced(15).made(0.016)

    def test_not_in_time(self) -> None:
        assert self.announced(16).made(1.016)

    @pytest.mark.parametrize(
        "end",
        [
            {"answers": 100},
            {"answers": 99, "is_announced": True},
            {"answers": 7, "is_broken": True},
            {"answers": 0, "is_announced": True},
        ],
        ids=["not announced", "at another time", "broken", "before it answered"],
    )
    def test_another_end(self, end: dict[str, Any]) -> None:
        """A process that dies announces nothing."""
        succession = self.announced(16)
        succession.ended(0.016, **end)
        assert succession.made(0.017)


@pytest.mark.parametrize(
    ("how", "answers"), [("refused", 0), ("in the midst", 1), ("before it answered", 0)]
)
def test_broken(how: str, answers: int) -> None:
    """A break is a sign of a restart; what comes after it goes on from there."""
    succession = unkept(16)
    if how == "refused":
        succession.broke()
    else:
        succession.ended(0.016, answers, is_broken=how == "in the midst")
    assert succession.made(0.017)
    assert not succession.made(0.018)
    assert succession.number == 17


def test_kept_after_all() -> None:
    """A connection that went on after an answer: the rule does not hold here."""
    succession = unkept(16)
    succession.ended(0.016, 2)
    assert succession.made(0.017)
    assert succession.made(0.018)
