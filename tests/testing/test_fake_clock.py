"""The clock that a test moves itself."""

from __future__ import annotations

import threading

import pytest

from arango_jobs.testing import FakeClock


def waiting_thread(clock: FakeClock, timeout: float | None, event: threading.Event):
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(clock.wait(event, timeout)))
    thread.start()
    clock.wait_for_waiters()
    return thread, results


def test_it_stands_still():
    """Reading it moves nothing; advancing moves both times."""
    clock = FakeClock(100.0)
    assert [clock.monotonic(), clock.time()] == [0.0, 100.0]
    clock.advance(5)
    assert [clock.monotonic(), clock.time()] == [5.0, 105.0]
    assert repr(clock) == "<FakeClock at 5 s, 0 waiting>"


def test_time_does_not_go_back():
    """ValueError."""
    with pytest.raises(ValueError, match="-1"):
        FakeClock().advance(-1)


def test_wait_ends_when_the_clock_has_moved_far_enough():
    """Not before; returns False."""
    clock = FakeClock()
    thread, results = waiting_thread(clock, 10, threading.Event())
    clock.advance(9.5)
    assert clock.waiting == 1
    clock.advance(0.5)
    thread.join(5)
    assert results == [False]
    assert clock.waiting == 0


def test_wait_ends_when_the_event_is_set():
    """Without the clock moving; returns True."""
    clock, event = FakeClock(), threading.Event()
    thread, results = waiting_thread(clock, None, event)
    event.set()
    thread.join(5)
    assert results == [True]
    assert clock.monotonic() == 0.0


def test_a_set_event_is_not_waited_for():
    """True at once; a timeout of zero is False at once."""
    clock, event = FakeClock(), threading.Event()
    assert clock.wait(event, 0) is False
    event.set()
    assert clock.wait(event, 1000) is True


def test_auto_advance_jumps_to_the_earliest_moment():
    """Later waiters wait on, those without an end are no reason to jump."""
    clock = FakeClock(auto_advance=True)
    forever = threading.Event()
    thread = threading.Thread(target=clock.wait, args=(forever, None))
    thread.start()
    assert clock.wait(threading.Event(), 3600) is False
    assert clock.monotonic() == 3600
    forever.set()
    thread.join(5)


def test_missing_waiters_are_a_timeout():
    """In real time."""
    with pytest.raises(TimeoutError, match="0 of 1"):
        FakeClock().wait_for_waiters(timeout=0)
