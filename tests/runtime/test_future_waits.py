"""The standard library's waits, line by line: an end or an interrupt between any two of them."""

from __future__ import annotations

import contextlib
import sys
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
from types import FrameType
from typing import Any

import pytest
from stepper import LINES, Stepper, interrupt

from arango_jobs._runtime.attachment import Attachment
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


class OpcodeStepper:
    """Does `action` before one instruction of what `function` does in our modules."""

    def __init__(self, at: int, action: Callable[[], Any]) -> None:
        self._left = at
        self._action = action
        self.has_acted = False

    def run(self, function: Callable[[], Any]) -> Any:
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return function()
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if "arango_jobs" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, _frame: FrameType, event: str, _argument: object) -> Any:
        if event == "opcode":
            if self._left == 0:
                self.has_acted = True
                self._action()
            self._left -= 1
        return self._step


def test_a_thread_that_lets_go_hides_no_waiter() -> None:
    """However far the list of waiters has been read: whoever was skipped would wait for ever."""
    # Python 3.13 steps through what it has been told to step through before it was called.
    OpcodeStepper(-1, interrupt).run(lambda: Attachment().waiters)
    at, acted = 0, True
    while acted:
        attachment = Attachment()
        for note in (1, 2, "waiter"):
            list.append(attachment, note)
        stepper = OpcodeStepper(at, lambda held=attachment: list.remove(held, 1))  # type: ignore[misc]
        assert stepper.run(lambda held=attachment: held.waiters) == ["waiter"]  # type: ignore[misc]
        acted, at = stepper.has_acted, at + 1
    assert at > 5


ENDS: dict[str, Callable[[JobFuture[int]], Any]] = {
    "one": lambda future: future.set_result(1),
    "many": lambda future: end_all_with_results([future], [1]),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_a_thread_sees_does_not_change_while_it_looks(how: str) -> None:
    """At no moment of an end: counted as ended and told of as well, a wait would be over early."""
    at, acted = 0, True
    while acted:
        future = JobFuture[int]()
        seen: list[str] = []
        with future._condition:
            stepper = OpcodeStepper(at, lambda: seen.append(future._state))  # noqa: B023
            # The thread that ends it is another one: this one only looks on.
            stepper.run(lambda: ENDS[how](future))  # noqa: B023
            seen.append(future._state)
            waiter = standard._AsCompletedWaiter()
            future._waiters.append(waiter)
        assert not {standard.FINISHED} & set(seen)
        assert waiter.finished_futures == [future]
        assert future._state == standard.FINISHED
        acted, at = stepper.has_acted, at + 1
    assert at > 20
