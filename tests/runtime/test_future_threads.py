"""Futures between threads: whoever waits, in whatever way, hears of every end, once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, as_completed, wait
from typing import Any

import pytest

from arango_jobs._runtime import future as module
from arango_jobs._runtime.future import JobFuture, end_all_with_results, start_all

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


def run_together(*targets: Callable[[], Any]) -> None:
    """Run all at once; raise what one of them raised."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(targets))

    def guarded(target: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE)
            target()
        except BaseException as error:  # noqa: BLE001  raised again by the caller
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


@pytest.mark.usefixtures("_hurried_switches")
def test_every_way_of_waiting_hears_of_every_end() -> None:
    """Waiting begins while futures end: no wake-up is lost and no callback runs twice."""
    futures = [JobFuture[int]() for _ in range(20_000)]
    called: Counter[int] = Counter()
    ended: Counter[int] = Counter()
    positions = {future: at for at, future in enumerate(futures)}

    def end() -> None:
        for at in range(0, len(futures), 20):
            started = start_all(futures[at : at + 20])
            values = [positions[one] for one in started]
            end_all_with_results(started[::2], values[::2])
            for future, value in zip(started[1::2], values[1::2], strict=True):
                ended[value] += future.end_with_result(value)
                ended[value] += future.end_with_result(-1)

    def read() -> None:
        for at, future in enumerate(futures):
            if not future.cancelled():
                with contextlib.suppress(Exception):
                    assert future.result(PATIENCE) == at

    def cancel() -> None:
        for future in random.Random(1).sample(futures, 3_000):
            future.cancel()

    def call_back() -> None:
        for future in futures:
            future.add_done_callback(lambda one: called.update([positions[one]]))

    def wait_for_all() -> None:
        assert wait(futures, PATIENCE).not_done == set()
        assert wait(futures[:100], PATIENCE, FIRST_EXCEPTION).not_done == set()

    def iterate() -> None:
        assert len(list(as_completed(futures, PATIENCE))) == len(futures)

    run_together(end, read, cancel, call_back, wait_for_all, iterate)
    assert set(called.values()) == {1}
    assert len(called) == len(futures)
    assert set(ended.values()) == {1}
    assert all(one.cancelled() or one.result() == at for at, one in enumerate(futures))


@pytest.mark.usefixtures("_hurried_switches")
def test_condition_made_while_it_ends_misses_nothing() -> None:
    """Creation of the attachment and the end, as close together as can be."""
    for _ in range(300):
        future = JobFuture[int]()

        def end(future: JobFuture[int] = future) -> None:
            assert future.end_with_result(1)

        def read(future: JobFuture[int] = future) -> None:
            assert future.result(PATIENCE) == 1

        run_together(end, read, read)


@pytest.mark.usefixtures("_hurried_switches")
def test_ends_and_cancels_race_for_one_winner() -> None:
    """Exactly one of those who try to end it is told that it did."""
    futures = [JobFuture[int]() for _ in range(1_000)]
    winners: list[list[bool]] = [[], [], []]
    run_together(
        lambda: winners[0].extend(one.cancel() for one in futures),
        lambda: winners[1].extend(one.end_with_result(1) for one in reversed(futures)),
        lambda: winners[2].extend(one.end_with_error(ValueError()) for one in futures),
    )
    winners[1].reverse()
    assert [sum(each) for each in zip(*winners, strict=True)] == [1] * len(futures)


@pytest.mark.usefixtures("_hurried_switches")
def test_waits_over_mixed_futures_do_not_deadlock() -> None:
    """Ours and the standard library's, in many waits at once, while they end."""
    ours = [JobFuture[int]() for _ in range(100)]
    theirs: list[Future[int]] = [Future() for _ in range(100)]
    mixed = [*ours, *theirs]

    def wait_often() -> None:
        while wait(mixed, 0.001).not_done:
            pass

    def end() -> None:
        for one in random.Random(2).sample(mixed, len(mixed)):
            one.set_result(1)

    run_together(wait_often, wait_often, wait_often, end)


@pytest.mark.parametrize("how", ["result", "wait", "as_completed", "callback"])
def test_many_that_end_at_once_are_heard_of(how: str) -> None:
    """Whoever waits for one of them is told, in whatever way it waits."""
    futures = [JobFuture[int]() for _ in range(3)]
    heard: list[Any] = []

    def listen() -> None:
        if how == "result":
            heard.append(futures[1].result())
        elif how == "wait":
            heard.append(len(wait(futures).done))
        elif how == "as_completed":
            heard.extend(future.result() for future in as_completed(futures))
        else:
            futures[1].add_done_callback(lambda future: heard.append(future.result()))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    until(lambda: futures[1]._attachment is not None)
    attachment = futures[1]._condition
    until(lambda: attachment.sleepers or attachment.callbacks or attachment.waiters)
    assert end_all_with_results(futures, [1, 2, 3]) is futures
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert sorted(heard) == {"wait": [3], "as_completed": [1, 2, 3]}.get(how, [2])


def test_interrupted_wait_leaves_the_future_as_it_was() -> None:
    """Ctrl-C comes through, and the result can be read afterwards."""
    future = JobFuture[int]()

    def interrupt() -> None:
        until(lambda: future._condition.sleepers)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        future.result(PATIENCE)
    thread.join()
    assert future._condition.sleepers == ()
    future.end_with_result(5)
    assert future.result(0) == 5


def test_signal_handler_may_touch_a_future_in_the_middle_of_a_change() -> None:
    """The locks are reentrant, as the standard library's are."""
    future, other = JobFuture[int](), JobFuture[int]()
    with module._lock, future._condition:
        assert future.end_with_result(1)
        assert other.cancel()


def test_awaiting_gives_the_result() -> None:
    """`await future`, also when it ends on another thread."""
    future = JobFuture[int]()

    async def main() -> int:
        threading.Thread(target=future.end_with_result, args=(3,)).start()
        return await future + await future

    assert asyncio.run(main()) == 6


def test_cancelled_task_cancels_only_what_was_not_sent() -> None:
    """A sent operation goes on when the task that awaits it is cancelled."""
    sent, unsent = JobFuture[int](), JobFuture[int]()
    sent.start()

    async def read(future: JobFuture[int]) -> int:
        return await future

    async def main() -> None:
        tasks = [asyncio.create_task(read(one)) for one in (sent, unsent)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    asyncio.run(main())
    assert sent.running()
    assert unsent.cancelled()


def exit_code_of_child(body: Callable[[], bool]) -> int:
    pid = os.fork()
    if not pid:
        code = 2
        try:
            signal.alarm(10)
            code = 0 if body() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# Forking beside a thread that holds locks is what this is about.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_child_is_not_held_up_by_locks_of_the_parents_threads() -> None:
    """Its futures end with the error, whatever was locked at that moment."""
    watched, plain = JobFuture[int](), JobFuture[int]()
    completed = as_completed([watched], PATIENCE)
    threading.Thread(target=lambda: next(completed)).start()
    until(lambda: watched._condition.waiters)
    waiter = watched._condition.waiters[0]
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with module._lock, watched._condition, waiter.lock:
            held.set()
            let_go.wait(PATIENCE)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(PATIENCE)

    def child() -> bool:
        for future in (watched, plain):
            future.abandon(RuntimeError("made by the parent"))
        # The event that `as_completed` waits on is set, too.
        told = waiter.event.is_set() and waiter.finished_futures == [watched]
        return told and all(str(one.exception()) for one in (watched, plain))

    code = exit_code_of_child(child)
    let_go.set()
    holder.join()
    watched.end_with_result(1)
    assert code == 0
