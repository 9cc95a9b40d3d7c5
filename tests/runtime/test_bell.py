"""Bells: what an Event does, and no interrupt that leaves one locked."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from arango_jobs._runtime import bell as module
from arango_jobs._runtime.bell import Bell

PATIENCE = 30


def test_bell_that_was_rung_lets_everybody_pass() -> None:
    """Until it is cleared."""
    bell = Bell()
    assert not bell.wait(0)
    assert not bell.wait(-1)
    bell.set()
    assert bell.is_set()
    assert bell.wait()
    bell.clear()
    assert not bell.wait(0.001)
    assert bell.sleepers == ()


def test_ring_wakes_all_who_wait() -> None:
    """Wherever they were between looking and sleeping."""
    bell = Bell()
    heard: list[bool] = []
    threads = [threading.Thread(target=lambda: heard.append(bell.wait(PATIENCE))) for _ in "123"]
    for thread in threads:
        thread.start()
    bell.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert heard == [True] * 3


@pytest.mark.parametrize(("timeout", "naps"), [(None, 3), (1.2, 3), (0.5, 1), (0.0, 0), (-1, 0)])
def test_wait_is_cut_into_naps(timeout: float | None, naps: int) -> None:
    """A signal that comes just before the system call is heard after half a second."""
    asked: list[float] = []

    class Lock:
        def acquire(self, _: bool, seconds: float) -> bool:
            asked.append(seconds)
            return len(asked) == 3

    module.wait_for_release(Lock(), timeout)
    assert len(asked) == naps
    assert sum(asked) == pytest.approx(1.5 if timeout is None else max(0, timeout))


class Struck(Exception):
    """What the handler of a signal raises, as that of Ctrl-C does."""


@contextlib.contextmanager
def struck_often() -> Iterator[None]:
    def strike(_: int, frame: Any) -> None:
        if frame.f_code.co_filename == module.__file__:
            raise Struck

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_interrupts_leave_a_usable_bell() -> None:
    """Wherever they strike, another thread can ring it and is not held up."""
    bell = Bell()
    is_over = False

    def ring() -> None:
        while not is_over:
            bell.set()
            bell.clear()

    thread = threading.Thread(target=ring, daemon=True)
    thread.start()
    strikes = 0
    with struck_often():
        while strikes < 1_000:
            try:
                bell.wait(1e-6)
            except Struck:
                strikes += 1
    is_over = True
    thread.join(PATIENCE)
    assert not thread.is_alive()
