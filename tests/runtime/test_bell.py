"""Bells: what an Event does, and no interrupt that leaves one locked."""

from __future__ import annotations

import signal
import threading

import pytest
from strikes import Struck, strikes_in

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


@pytest.mark.parametrize("timeout", [None, 1.2])
def test_only_the_main_thread_naps(timeout: float | None) -> None:
    """Others hear no signals."""
    asked: list[float] = []

    class Lock:
        def acquire(self, _: bool, seconds: float) -> bool:
            asked.append(seconds)
            return True

    thread = threading.Thread(target=module.wait_for_release, args=(Lock(), timeout))
    thread.start()
    thread.join(PATIENCE)
    assert asked == [threading.TIMEOUT_MAX if timeout is None else timeout]


def test_interrupts_leave_a_usable_bell() -> None:
    """Wherever they strike, another thread can ring it and is not held up."""
    bell = Bell()
    main = threading.get_ident()
    is_over = False

    def ring() -> None:
        while not is_over:
            bell.set()
            bell.clear()
            signal.pthread_kill(main, signal.SIGUSR1)

    codes = [Bell.wait, Bell.sleep, Bell.is_set, module.wait_for_release]
    strikes = 0
    with strikes_in(*[function.__code__ for function in codes]):
        thread = threading.Thread(target=ring, daemon=True)
        thread.start()
        while strikes < 1_000:
            try:
                bell.wait(1e-6)
            except Struck:
                strikes += 1
        is_over = True
        thread.join(PATIENCE)
    assert not thread.is_alive()
