"""The standard library's waits, line by line: an end or an interrupt between any two of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    TimeoutError,
    as_completed,
    wait,
)
from concurrent.futures import _base as standard
from typing import Any

import pytest
from stepper import LINES, Stepper, interrupt

from arango_jobs._runtime.bell import Bell
from arango_jobs._runtime.future import JobFuture, end_all_with_results

PATIENCE = 30


def on_another_thread(function: Callable[..., Any], *arguments: Any) -> None:
    """Run it there as the poller does, which may not be held up."""
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def end_all(futures: list[JobFuture[int]]) -> None:
    end_all_with_results(futures, range(len(futures)))


def futures_of() -> list[JobFuture[int]]:
    futures = [JobFuture[int]() for _ in range(3)]
    futures[0].set_result(0)
    return futures


WAITS: dict[str, Callable[[list[JobFuture[int]]], Any]] = {
    "wait": lambda futures: wait(futures, 0),
    "as_completed": lambda futures: list(as_completed(futures, 0)),
}


def interrupted(name: str) -> Iterator[list[JobFuture[int]]]:
    """Interrupt a wait at one line after the other; give the futures that it was for."""
    for at in range(LINES):
        futures = futures_of()
        stepper = Stepper(standard, at, interrupt)
        with stepper, contextlib.suppress(KeyboardInterrupt, TimeoutError):
            WAITS[name](futures)
        if not stepper.has_acted:
            break
        yield futures
    assert 10 < at < LINES - 1


@pytest.mark.parametrize("name", WAITS)
def test_interrupt_at_any_line_holds_up_nobody(name: str) -> None:
    """Whatever it left behind, futures end, and can be waited for, by every thread."""
    for futures in interrupted(name):
        on_another_thread(end_all, futures[1:])
        on_another_thread(wait, futures)
        assert wait(futures, PATIENCE).not_done == set()
        assert set(as_completed(futures, PATIENCE)) == set(futures)
        assert [one.result(PATIENCE) for one in futures] == [0, 0, 1]


@pytest.mark.parametrize("name", WAITS)
def test_waits_of_other_threads_hear_of_ends_after_an_interrupt(name: str) -> None:
    """Who began to wait beside a thread that was interrupted is told all the same."""
    for futures in interrupted(name):
        here, there = as_completed(futures, PATIENCE), as_completed(futures, PATIENCE)
        assert next(here) is futures[0]
        on_another_thread(next, there)
        on_another_thread(end_all, futures[1:])
        assert set(here) == set(futures[1:])
        on_another_thread(list, there)


@pytest.mark.parametrize("kind", [ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION])
@pytest.mark.parametrize("count", [1, 3])
def test_end_at_any_line_is_counted_once(
    monkeypatch: pytest.MonkeyPatch, kind: str, count: int
) -> None:
    """What ends while it is looked at is done, or told; never both, never neither."""
    for at in range(LINES):
        futures = [JobFuture[int]() for _ in range(3)]
        ended, left = futures[:count], futures[count:]
        sleeps: list[tuple[bool, bool]] = []

        def note(bell: Bell, _: object, ended: Any = ended, sleeps: Any = sleeps) -> None:
            sleeps.append((bell.is_set(), ended[-1].done()))

        monkeypatch.setattr(Bell, "wait", note)
        stepper = Stepper(standard, at, lambda ended=ended: on_another_thread(end_all, ended))
        with stepper:
            outcome = wait(futures, PATIENCE, kind)
        if not stepper.has_acted:
            break
        assert outcome.done <= set(ended)
        assert outcome.not_done == set(futures) - outcome.done
        if sleeps and sleeps[0][0]:
            assert outcome.done == set(ended)
        is_enough = kind == FIRST_COMPLETED or not left
        assert all(is_rung == (has_ended and is_enough) for is_rung, has_ended in sleeps)
    assert 10 < at < LINES - 1


@pytest.mark.parametrize("at_once", [True, False])
def test_end_at_any_line_is_given_once(at_once: bool) -> None:
    """`as_completed` gives each future once, whenever it ended."""
    for at in range(LINES):
        futures = futures_of()
        first = futures[1:] if at_once else futures[1:2]
        stepper = Stepper(standard, at, lambda first=first: on_another_thread(end_all, first))
        with stepper:
            iterator = as_completed(futures, PATIENCE)
            given = [next(iterator)]
        if not stepper.has_acted:
            break
        end_all([one for one in futures if not one.done()])
        given.extend(iterator)
        assert sorted(map(id, given)) == sorted(map(id, futures))
    assert 5 < at < LINES - 1
