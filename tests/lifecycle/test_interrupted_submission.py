"""A submission that is interrupted half-way, or for which no thread can be started."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from life_support import Stage, ends, inserts

from arango_jobs import JobManager
from arango_jobs._runtime import desk, news, poller

PLACES: dict[str, tuple[Any, str]] = {
    "before there is a future": (desk, "JobFuture"),
    "before it is handed over": (news.News, "started"),
    "after it is handed over": (poller.Poller, "wake"),
}


def once(error: BaseException) -> Callable[..., Any]:
    def raises(*_arguments: object, **_more: object) -> None:
        raise error

    return raises


def assert_unharmed(stage: Stage, jobs: JobManager) -> None:
    """Nothing is left of the first submission, and the next is as good as any."""
    assert jobs.stats().in_flight == 0
    assert ends(inserts(jobs, [2])) == {"value": 1}
    jobs.shutdown(timeout=5)
    assert stage.numbers == {2: 1}


@pytest.mark.parametrize("place", PLACES)
def test_ctrl_c_strikes(stage: Stage, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """No permit is lost, and the next submission is as good as any."""
    jobs = JobManager(stage.db, max_in_flight=1)
    with monkeypatch.context() as patch:
        patch.setattr(*PLACES[place], once(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            inserts(jobs, [1])
    assert_unharmed(stage, jobs)


def test_no_thread_can_be_started(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever submits is told; when there are threads again, everything works."""
    jobs = JobManager(stage.db, max_in_flight=1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", once(RuntimeError("can't start new thread")))
        for n in range(3):
            with pytest.raises(RuntimeError, match="new thread"):
                inserts(jobs, [n])
        assert jobs.stats().in_flight == 0
    assert ends(inserts(jobs, [9])) == {"value": 1}
    jobs.shutdown(timeout=5)
    assert stage.numbers == {9: 1}


@pytest.mark.parametrize("has_begun", [True, False])
def test_ctrl_c_strikes_while_the_thread_starts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, has_begun: bool
) -> None:
    """Whether that thread runs after all or not, one and only one works from then on."""
    start = threading.Thread.start

    def begin(thread: threading.Thread) -> None:
        if has_begun:
            start(thread)
        raise KeyboardInterrupt

    jobs = JobManager(stage.db, max_in_flight=1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", begin)
        with pytest.raises(KeyboardInterrupt):
            inserts(jobs, [1])
    assert_unharmed(stage, jobs)
