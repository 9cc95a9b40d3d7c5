"""Whoever hands in more than the poller can soon send lets it get on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from poller_rig import Rig, kind_of

from arango_jobs._runtime import poller as poller_module
from arango_jobs.operations import Operation

KIND = kind_of()
PATIENCE = 10.0
"""Seconds after which a test that waits for another thread fails."""


@pytest.fixture(autouse=True)
def _few_are_plenty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(poller_module, "_PLENTY", 10)
    monkeypatch.setattr(poller_module, "_MOMENT", 2 * PATIENCE)
    return


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Return one that does not merge."""
    rig = Rig(merge=False)
    yield rig
    rig.close()


def hand_in(rig: Rig, count: int) -> None:
    futures = [rig._future(Operation(KIND, {"n": number}), None) for number in range(count)]
    assert not any(future.done() for future in futures)


def started(rig: Rig) -> threading.Thread:
    thread = threading.Thread(target=rig.poller.let_catch_up, daemon=True)
    thread.start()
    return thread


def waiter(rig: Rig) -> threading.Thread:
    """Return a thread that waits."""
    thread = started(rig)
    end = time.monotonic() + PATIENCE
    while not rig.poller._caught_up.sleepers:
        assert time.monotonic() < end
        time.sleep(0.001)
    return thread


def waits(rig: Rig) -> bool:
    """Whether a thread waits for longer than this test has patience."""
    thread = started(rig)
    thread.join(PATIENCE)
    return thread.is_alive()


def test_until_it_has_caught_up(rig: Rig) -> None:
    """Not only until it has looked at what there is."""
    hand_in(rig, 30)
    thread = waiter(rig)
    rig.step()
    while rig.engine.waiting.count > 10:
        assert not rig.poller._caught_up.is_set()
        job_id = 101 + rig.news.counts.succeeded
        rig.accept(str(job_id))
        rig.finish({}, job_id=str(job_id))
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_not_for_a_few(rig: Rig) -> None:
    hand_in(rig, 10)
    assert not waits(rig)


def test_not_for_a_server_that_is_slow() -> None:
    """The poller has nothing to do before jobs end."""
    rig = Rig(max_jobs=4, merge=False)
    hand_in(rig, 30)
    rig.step()
    for job_id in range(101, 105):
        rig.accept(str(job_id))
    assert rig.engine.waiting.count == 26
    assert not waits(rig)
    rig.close()


def test_not_where_operations_are_merged() -> None:
    """Many that wait are what arrays are made of."""
    rig = Rig()
    hand_in(rig, 30)
    assert not waits(rig)
    rig.close()


def test_no_longer_than_a_moment(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for another thread of the interpreter: a poller that does not get on stops nobody."""
    monkeypatch.setattr(poller_module, "_MOMENT", 0.001)
    hand_in(rig, 30)
    rig.poller.let_catch_up()
    assert len(rig.poller.inbox) == 30
