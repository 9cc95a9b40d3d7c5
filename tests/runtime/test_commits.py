"""When the journal writes: before anything is sent, and not more often than is of use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from poller_rig import Rig, kind_of

from arango_jobs._core.job import Job
from arango_jobs.operations import Operation

KIND = kind_of()


class Account:
    """A journal that counts."""

    def __init__(self) -> None:
        self.commits = 0
        self.told: list[str] = []

    def taken(self, future: Any) -> None:
        self.told.append("taken")

    def sending(self, job: Job) -> None:
        self.told.append("sending")

    def accepted(self, jobs: list[Job]) -> None:
        self.told += ["accepted"] * len(jobs)

    def refused(self, job: Job) -> None:
        self.told.append("refused")

    def ended(self, ended: Any) -> None:
        self.told += ["ended"] * ended.count

    def commit(self) -> None:
        self.commits += 1

    def close(self) -> None:
        pass


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig(merge=False)
    rig.poller._telling.journal = Account()  # type: ignore[assignment]  # as much as is used
    rig.engine.hosts[0].window.limit = 1000.0
    yield rig
    rig.close()


def submit(rig: Rig, count: int) -> tuple[int, int]:
    """Hand operations in and make one step; return commits and submissions sent."""
    account: Any = rig.poller._telling.journal
    before, sent = account.commits, len(rig.waiting("POST"))
    for number in range(count):
        rig._future(Operation(KIND, {"n": number}), None)
    rig.poller.step(0.0)
    return account.commits - before, len(rig.waiting("POST")) - sent


def test_at_once_while_nothing_is_under_way(rig: Rig) -> None:
    assert submit(rig, 1) == (1, 1)
    assert submit(rig, 98) == (1, 98)
    assert submit(rig, 1) == (1, 1)


def test_a_little_later_while_the_connections_are_busy(rig: Rig) -> None:
    """It waits for more, but not for long, and the poller does not sleep over it."""
    submit(rig, 100)
    assert submit(rig, 10) == (0, 0)
    assert rig.poller._sending.commit_due == rig.clock.monotonic() + 0.005
    rig.clock.advance(0.004)
    assert submit(rig, 10) == (0, 0)
    rig.poller.step(100.0)
    assert rig.transport.polls[-1] == pytest.approx(0.001)
    rig.clock.advance(0.001)
    assert submit(rig, 10) == (1, 30)
    assert submit(rig, 10) == (0, 0)
    assert rig.poller._sending.commit_due == pytest.approx(rig.clock.monotonic() + 0.005)


def test_many_are_worth_it(rig: Rig) -> None:
    submit(rig, 100)
    assert submit(rig, 255) == (0, 0)
    assert submit(rig, 1) == (1, 256)


def test_what_was_noted_is_committed_though_nothing_is_sent(rig: Rig) -> None:
    """That jobs were accepted is not left to the next submission."""
    submit(rig, 150)
    account: Any = rig.poller._telling.journal
    before = account.commits
    rig.accept("101")
    assert (account.told[-1], account.commits) == ("accepted", before)
    rig.pass_time(0.006)
    assert account.commits > before
