"""The one moment that matters: something happens just before the module's lock is taken."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

import pytest

from arango_jobs._runtime import future as module
from arango_jobs._runtime.future import JobFuture, end_all_with_results, start_all


class Meddler:
    """The module's lock; does something the first time, before it is taken."""

    def __init__(self, meddle: Callable[[], Any]) -> None:
        self.meddle: Callable[[], Any] | None = meddle
        self.lock = module._lock

    def __enter__(self) -> None:
        meddle, self.meddle = self.meddle, None
        if meddle is not None:
            meddle()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


@pytest.fixture
def before_the_lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Meddler]:
    def install(meddle: Callable[[], Any]) -> Meddler:
        meddler = Meddler(meddle)
        monkeypatch.setattr(module, "_lock", meddler)
        return meddler

    return install


Install = Callable[[Callable[[], Any]], Meddler]

ENDS: dict[str, Callable[[JobFuture[Any]], Any]] = {
    "result": lambda future: future.end_with_result(1),
    "error": lambda future: future.end_with_error(ValueError()),
    "cancelled": lambda future: future.end_cancelled(),
    "cancel": lambda future: future.cancel(),
    "batch": lambda future: end_all_with_results([future], [1]),
}


@pytest.mark.parametrize("end", ENDS)
def test_callback_added_then_is_called(end: str, before_the_lock: Install) -> None:
    """An end looks for an attachment under the lock, not before it."""
    future = JobFuture[int]()
    seen: list[Any] = []
    meddler = before_the_lock(lambda: future.add_done_callback(seen.append))
    ENDS[end](future)
    assert meddler.meddle is None
    assert seen == [future]


def test_attachment_made_then_is_the_one_used(before_the_lock: Install) -> None:
    """Two who begin to wait at once share one lock."""
    future = JobFuture[int]()
    made: list[Any] = []
    before_the_lock(lambda: made.append(future._condition))
    assert future._condition is made[0]
    assert future._condition is made[0]


@pytest.mark.parametrize("end", ["result", "batch"])
def test_end_that_comes_then_is_not_slept_through(end: str, before_the_lock: Install) -> None:
    """Who begins to wait looks again once it has the lock."""
    future = JobFuture[int]()
    meddler = before_the_lock(lambda: ENDS[end](future))
    assert future.result(30) == 1
    assert meddler.meddle is None


def test_end_that_comes_then_still_calls_back(before_the_lock: Install) -> None:
    """A callback that comes too late to be kept is called at once."""
    future = JobFuture[int]()
    seen: list[Any] = []
    before_the_lock(lambda: future.end_with_result(1))
    future.add_done_callback(seen.append)
    assert seen == [future]


def test_end_that_comes_then_is_seen_by_wait(before_the_lock: Install) -> None:
    """The standard library's `wait` reads states after it has all locks."""
    futures = [JobFuture[int]() for _ in range(3)]
    before_the_lock(lambda: end_all_with_results(futures, [1, 2, 3]))
    assert wait(futures, 30).not_done == set()


def test_cancel_that_comes_then_is_not_started(before_the_lock: Install) -> None:
    """What was cancelled is not sent."""
    future = JobFuture[int]()
    before_the_lock(future.cancel)
    assert start_all([future]) == []
    assert future.cancelled()
