"""The gate: first come, first served, and no permit is ever lost."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arango_jobs._runtime.gate import Gate
from arango_jobs.errors import ManagerClosedError, ManagerDiedError

PATIENCE = 30


@pytest.fixture
def _hurried_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def until(condition: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(1_000 * PATIENCE):
        if condition():
            return
        pause.wait(0.001)
    pytest.fail("it did not come to that")


class Line:
    """Threads that queue up at a gate one after the other."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.served: list[str] = []
        self.threads: list[threading.Thread] = []

    def join(self, name: str, n: int = 1, timeout: float | None = PATIENCE) -> None:
        ahead = self.gate.waiting

        def wait() -> None:
            try:
                served = self.gate.acquire(n, timeout)
                self.served.append(name if served else f"{name} too late")
            except ManagerClosedError as error:
                self.served.append(f"{name}: {error}")

        self.threads.append(threading.Thread(target=wait))
        self.threads[-1].start()
        until(lambda: self.gate.waiting > ahead or not self.threads[-1].is_alive())

    def serve(self, count: int) -> list[str]:
        until(lambda: len(self.served) >= count)
        return self.served[:]

    def end(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self.threads)


def full_gate(capacity: int = 1) -> Gate:
    gate = Gate(capacity)
    assert gate.acquire(capacity)
    return gate


def test_free_permits_are_taken_at_once() -> None:
    """As many as there are, and not one more."""
    gate = Gate(3)
    assert gate.acquire(2)
    assert gate.acquire()
    assert not gate.acquire(block=False)
    assert not gate.acquire(timeout=0)
    assert not gate.acquire(timeout=-1)
    assert (gate.in_use, gate.capacity, gate.waiting) == (3, 3, 0)
    gate.release(3)
    assert gate.in_use == 0


def taken_at_hand(gate: Gate) -> int:
    """Take all that needs no asking; return how many that was."""
    count = 0
    with contextlib.suppress(IndexError):
        while True:
            del gate.at_hand[-1]
            count += 1
    return count


def test_permits_at_hand_are_counted_when_they_are_taken() -> None:
    """Those that are put there are free still; asking takes them too."""
    gate = Gate(10)
    assert taken_at_hand(gate) == 0
    assert gate.acquire(2)
    assert gate.in_use == 2
    del gate.at_hand[-1]
    assert gate.in_use == 3
    assert not gate.acquire(8, block=False)
    assert gate.acquire(7, block=False)
    assert (taken_at_hand(gate), gate.in_use) == (0, 10)
    gate.release(9)
    assert gate.acquire()
    assert taken_at_hand(gate) == 8
    gate.release(10)
    assert gate.in_use == 0


def test_nothing_is_at_hand_while_somebody_waits() -> None:
    """Who takes without asking would overtake."""
    gate = Gate(3)
    gate.acquire()
    line = Line(gate)
    line.join("large", 3)
    assert taken_at_hand(gate) == 0
    gate.release()
    assert line.serve(1) == ["large"]
    line.end()
    gate.release(3)
    assert gate.acquire()
    assert taken_at_hand(gate) == 2


def test_nothing_is_at_hand_once_it_is_closed_or_smaller() -> None:
    """What is out stays out, and nothing follows."""
    gate = Gate(9)
    gate.acquire()
    gate.resize(2)
    assert taken_at_hand(gate) == 0
    assert gate.acquire()
    assert taken_at_hand(gate) == 0
    gate.resize(9)
    gate.acquire()
    gate.close()
    assert taken_at_hand(gate) == 0
    with pytest.raises(ManagerClosedError):
        gate.acquire()
    gate.release(3)
    assert gate.in_use == 0


def test_giving_back_more_than_is_out_is_an_error() -> None:
    """A permit given back twice would let too many in."""
    gate = Gate(2)
    gate.acquire()
    with pytest.raises(ValueError, match="2 permits given back, 1 are out"):
        gate.release(2)
    assert gate.in_use == 1


def test_first_come_first_served() -> None:
    """In the order of their coming, one for each permit."""
    gate = full_gate()
    line = Line(gate)
    for name in "abc":
        line.join(name)
    for count in (1, 2, 3):
        gate.release()
        assert line.serve(count) == list("abc")[:count]
    line.end()
    assert gate.in_use == 1


def test_one_permit_back_lets_one_in() -> None:
    """Not only when all are back."""
    gate = full_gate(2)
    line = Line(gate)
    line.join("a")
    gate.release()
    assert line.serve(1) == ["a"]
    line.end()
    assert gate.in_use == 2


def test_late_comer_does_not_overtake_a_large_request() -> None:
    """One permit is free, but the head of the line needs two."""
    gate = full_gate(2)
    line = Line(gate)
    line.join("large", 2)
    gate.release()
    assert not gate.acquire(block=False)
    line.join("small")
    gate.release()
    assert line.serve(1) == ["large"]
    gate.release(2)
    line.end()
    assert line.served == ["large", "small"]


def test_head_that_gives_up_lets_the_next_in() -> None:
    """What is free may be enough for the next."""
    gate = full_gate(2)
    line = Line(gate)
    line.join("large", 2, timeout=0.2)
    line.join("small")
    gate.release()
    line.end()
    assert sorted(line.served) == ["large too late", "small"]
    assert (gate.in_use, gate.waiting) == (2, 0)


def test_request_beyond_the_capacity_goes_alone() -> None:
    """It would wait for ever otherwise."""
    gate = full_gate(2)
    line = Line(gate)
    line.join("huge", 5)
    gate.release(2)
    assert line.serve(1) == ["huge"]
    assert not gate.acquire(block=False)
    gate.release(5)
    line.end()
    assert gate.in_use == 0


def test_resize_lets_more_in_or_fewer() -> None:
    """What is out stays out; nobody gets in until there is room again."""
    gate = full_gate(2)
    line = Line(gate)
    line.join("a")
    gate.resize(3)
    assert line.serve(1) == ["a"]
    gate.resize(1)
    gate.release(2)
    assert (gate.in_use, gate.capacity) == (1, 1)
    assert not gate.acquire(block=False)
    line.end()


def test_closing_wakes_all_and_refuses_the_next() -> None:
    """Everybody gets an error of their own."""
    gate = full_gate()
    line = Line(gate)
    line.join("a")
    line.join("b")
    gate.close(ManagerClosedError("shut down"))
    gate.close(ManagerClosedError("again"))
    line.end()
    assert sorted(line.served) == ["a: shut down", "b: shut down"]
    errors = []
    for block in (True, False):
        with pytest.raises(ManagerClosedError, match="shut down") as caught:
            gate.acquire(block=block)
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert gate.is_closed
    gate.release()
    assert (gate.in_use, gate.waiting) == (0, 0)


def test_closing_error_keeps_class_and_cause() -> None:
    """A poller that died says of what."""
    gate = Gate(1)
    error = ManagerDiedError("died", host="one")
    error.__cause__ = ZeroDivisionError()
    gate.close(error)
    with pytest.raises(ManagerDiedError) as caught:
        gate.acquire()
    assert caught.value.host == "one"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_interrupt_while_waiting_loses_no_permit() -> None:
    """Ctrl-C comes through; the place in the line is given up."""
    gate = full_gate()

    def interrupt() -> None:
        until(lambda: gate.waiting)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        gate.acquire(timeout=PATIENCE)
    thread.join()
    assert (gate.in_use, gate.waiting) == (1, 0)
    gate.release()
    assert gate.in_use == 0


def test_waiting_for_empty_ends_when_the_last_permit_is_back() -> None:
    """A gate that nobody uses is empty; one that fills again is waited for again."""
    gate = Gate(2)
    assert gate.wait_empty(0)
    for _ in range(2):
        assert gate.acquire(2)
        assert not gate.wait_empty(0)
        gate.release()
        assert not gate.wait_empty(0)
        waiting = threading.Thread(target=gate.wait_empty, args=(PATIENCE,))
        waiting.start()
        gate.release()
        waiting.join(PATIENCE)
        assert not waiting.is_alive()
        assert gate.wait_empty(0)


def test_permit_given_up_empties_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not come back by a release: who was handed it may be interrupted."""
    gate = full_gate()
    waiting = threading.Thread(target=gate.wait_empty, args=(PATIENCE,))

    def serve(waiter: Any, timeout: float | None) -> None:
        waiting.start()
        until(lambda: gate._empty)
        gate.release()
        raise Interrupt

    monkeypatch.setattr("arango_jobs._runtime.gate._ThreadWaiter.wait", serve)
    with pytest.raises(Interrupt):
        gate.acquire()
    waiting.join(1)
    assert not waiting.is_alive()


class Interrupt(BaseException):
    """Stands for Ctrl-C at a place of the test's choice."""


class InterruptedLock:
    """A gate's lock; the call with number `at` raises before it is taken or after it is left."""

    def __init__(self, at: int, on: str) -> None:
        self._lock = threading.RLock()
        self._at = {"enter": 0, "exit": 0, on: at}

    def _count(self, what: str) -> None:
        self._at[what] -= 1
        if not self._at[what]:
            raise Interrupt

    def __enter__(self) -> None:
        self._count("enter")
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self._count("exit")


@pytest.mark.parametrize("on", ["enter", "exit"])
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("is_served", [False, True])
def test_interrupt_at_any_step_loses_no_permit(
    on: str, at: int, is_full: bool, is_served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was taken or handed over by then is given back, and the line is left."""
    gate = full_gate(2) if is_full else Gate(2)

    def serve(waiter: Any, timeout: float | None) -> None:
        if is_served:
            gate.release(2)

    monkeypatch.setattr("arango_jobs._runtime.gate._ThreadWaiter.wait", serve)
    held = False
    with monkeypatch.context() as patch, contextlib.suppress(Interrupt):
        patch.setattr(gate, "_lock", InterruptedLock(at, on))
        held = gate.acquire(2, timeout=0)
    assert gate.waiting == 0
    assert gate.in_use in ((2,) if held else (0, 2) if is_full else (0,))
    if gate.in_use:
        gate.release(2)
    assert gate.acquire(2, block=False)


@pytest.mark.parametrize("is_before", [False, True])
def test_interrupted_release_still_wakes_who_got_the_permit(
    is_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a thread would sleep on with a permit in its hand."""
    gate = full_gate(2)
    line = Line(gate)
    line.join("a")
    line.join("b")
    waiter_class = type(next(iter(gate._queue)))
    wake, calls = waiter_class.wake, []

    def interrupted(waiter: Any) -> None:
        calls.append(waiter)
        if is_before and len(calls) == 1:
            raise Interrupt
        wake(waiter)
        if not is_before and len(calls) == 1:
            raise Interrupt

    monkeypatch.setattr(waiter_class, "wake", interrupted)
    with pytest.raises(Interrupt):
        gate.release(2)
    line.end()
    assert sorted(line.served) == ["a", "b"]
    assert (gate.in_use, gate.waiting) == (2, 0)


@pytest.mark.usefixtures("_hurried_switches")
def test_many_threads_never_exceed_the_capacity() -> None:
    """Blocking, timing out, not blocking, resizing: never too many in, none left out."""
    gate = Gate(3)
    inside: list[int] = []
    most: list[int] = []
    served: list[int] = []

    def work(seed: int) -> None:
        choice = random.Random(seed)
        for _ in range(150):
            n = choice.choice([1, 1, 2])
            timeout = choice.choice([None, 0.0005, PATIENCE])
            try:
                if n == 1:
                    del gate.at_hand[-1]
                is_in = n == 1
            except IndexError:
                is_in = False
            if is_in or gate.acquire(n, timeout, block=choice.random() < 0.8):
                inside.extend([seed] * n)
                most.append(len(inside))
                served.append(n)
                for _ in range(n):
                    inside.remove(seed)
                gate.release(n)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert (gate.in_use, gate.waiting) == (0, 0)
    assert max(most) <= 3
    assert len(served) > 300


def test_tasks_and_threads_wait_in_one_line() -> None:
    """First come, first served, whoever waits."""
    gate = full_gate()
    line = Line(gate)

    async def take(name: str) -> None:
        assert await gate.acquire_async()
        line.served.append(name)

    async def main() -> None:
        tasks = []
        for name in ("task 1", "thread 1", "task 2", "thread 2"):
            if name.startswith("task"):
                tasks.append(asyncio.create_task(take(name)))
                await asyncio.sleep(0)
            else:
                line.join(name)
        for count in range(1, 5):
            gate.release()
            while len(line.served) < count:
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    line.end()
    assert line.served == ["task 1", "thread 1", "task 2", "thread 2"]


def test_task_that_times_out_or_is_cancelled_loses_no_permit() -> None:
    """Also where the permit was handed over at the same moment."""
    gate = full_gate()

    async def main() -> None:
        assert not await gate.acquire_async(timeout=0.001)
        waiting = asyncio.create_task(gate.acquire_async())
        await asyncio.sleep(0)
        assert gate.waiting == 1
        waiting.cancel()
        await asyncio.wait([waiting])
        assert gate.waiting == 0
        served = asyncio.create_task(gate.acquire_async())
        await asyncio.sleep(0)
        gate.release()
        served.cancel()
        await asyncio.wait([served])
        assert served.cancelled()
        assert gate.in_use == 0
        assert await gate.acquire_async()

    asyncio.run(main())
    assert (gate.in_use, gate.waiting) == (1, 0)


def test_closing_wakes_a_task() -> None:
    """It raises as a thread does."""
    gate = full_gate()

    async def main() -> None:
        task = asyncio.create_task(gate.acquire_async())
        await asyncio.sleep(0)
        gate.close()
        with pytest.raises(ManagerClosedError):
            await task

    asyncio.run(main())


def test_permit_for_a_task_of_a_closed_loop_goes_to_the_next() -> None:
    """A loop that was closed under its tasks has nobody to take it."""
    gate = full_gate()
    loop = asyncio.new_event_loop()
    coroutine = gate.acquire_async()
    task = loop.create_task(coroutine)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert gate.waiting == 1
    loop.close()
    line = Line(gate)
    line.join("thread")
    gate.release()
    line.end()
    assert line.served == ["thread"]
    assert (gate.in_use, gate.waiting) == (1, 0)
    # Ends the coroutine, which nobody runs any more, and silences its task.
    coroutine.close()
    task._log_destroy_pending = False
    assert (gate.in_use, gate.waiting) == (1, 0)


def test_asynchronous_interrupt_of_a_thread_in_line() -> None:
    """An exception that arrives with the permit gives the permit back."""
    gate = full_gate()
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            gate.acquire()
        except Interrupt as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: gate.waiting)
    # It is raised as soon as the thread runs Python code again: after it got its permit.
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Interrupt)
    )
    gate.release()
    thread.join(PATIENCE)
    assert len(caught) == 1
    assert (gate.in_use, gate.waiting) == (0, 0)
