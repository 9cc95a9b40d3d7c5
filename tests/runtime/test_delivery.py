"""The thread that runs user code: order, survival, start and end, and no lost wake-up."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from strikes import Struck, strikes_in

from arango_jobs._runtime.delivery import DeliveryThread

PATIENCE = 30


@pytest.fixture
def delivery() -> Iterator[DeliveryThread]:
    thread = DeliveryThread("test-delivery")
    yield thread
    assert thread.stop(PATIENCE)


def until(condition: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(1_000 * PATIENCE):
        if condition():
            return
        pause.wait(0.001)
    pytest.fail("it did not come to that")


def exiting() -> None:
    raise SystemExit(3)


def failing_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_calls_run_in_order_on_another_thread(delivery: DeliveryThread) -> None:
    """Whatever is put in first runs first, a batch in one piece."""
    seen: list[Any] = []
    delivery.put(seen.append, 1)
    delivery.put_all([(seen.append, (2,)), (seen.append, (3,))])
    delivery.put(lambda: seen.append(threading.current_thread().name))
    assert delivery.flush(PATIENCE)
    assert seen == [1, 2, 3, "test-delivery"]


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), SystemExit(1), KeyboardInterrupt(), GeneratorExit(), BaseException("any")],
    ids=repr,
)
def test_raising_call_is_logged_by_name_and_the_next_runs(
    error: BaseException, delivery: DeliveryThread, caplog: pytest.LogCaptureFixture
) -> None:
    """No user code ends the thread, not even SystemExit."""
    seen: list[int] = []
    delivery.put_all([(failing_with(error), ()), (seen.append, (1,))])
    assert delivery.flush(PATIENCE)
    assert seen == [1]
    assert f"{__name__}.failing_with.<locals>.fail raised" in caplog.text


def test_log_handler_that_raises_is_survived(
    delivery: DeliveryThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handlers are user code too."""

    class Handler(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise SystemExit

    monkeypatch.setattr(logging.getLogger("arango_jobs"), "handlers", [Handler()])
    delivery.put(exiting)
    assert delivery.flush(PATIENCE)


def test_nothing_runs_before_something_is_put() -> None:
    """The thread starts at need."""
    delivery = DeliveryThread("test-delivery")
    assert delivery.flush(0)
    assert delivery.stop(0)
    assert "test-delivery" not in {thread.name for thread in threading.enumerate()}


def test_idle_thread_ends_and_comes_back() -> None:
    """Nothing is left behind when there is nothing to do."""
    delivery = DeliveryThread("test-delivery", idle=0)
    for number in range(3):
        seen: list[int] = []
        threads: list[threading.Thread] = []
        delivery.put(seen.append, number)
        delivery.put(lambda to=threads: to.append(threading.current_thread()))
        assert delivery.flush(PATIENCE)
        threads[0].join(PATIENCE)
        assert seen == [number]
    assert "test-delivery" not in {thread.name for thread in threading.enumerate()}


def test_stop_runs_what_waits_and_takes_nothing_more(delivery: DeliveryThread) -> None:
    """A hand-over says whether it was taken."""
    seen: list[int] = []
    entered, go_on = threading.Event(), threading.Event()
    delivery.put_all([(entered.set, ()), (go_on.wait, (PATIENCE,)), (seen.append, (1,))])
    assert entered.wait(PATIENCE)
    assert not delivery.stop(0)
    assert not delivery.put(seen.append, 2)
    go_on.set()
    assert delivery.stop(PATIENCE)
    assert seen == [1]


def test_callback_may_stop_its_own_thread(delivery: DeliveryThread) -> None:
    """It is not waited for by itself; what was put before still runs."""
    answers: list[bool] = []
    delivery.put_all(
        [
            (lambda: answers.append(delivery.stop()), ()),
            (lambda: answers.append(delivery.is_current()), ()),
        ]
    )
    assert delivery.stop(PATIENCE)
    assert answers == [False, True]
    assert not delivery.is_current()


def test_callback_that_flushes_is_not_held_up(delivery: DeliveryThread) -> None:
    """It would wait for itself."""
    answers: list[bool] = []
    delivery.put(lambda: answers.append(delivery.flush()))
    assert delivery.flush(PATIENCE)
    assert answers == [False]


def test_call_wakes_a_thread_that_waits() -> None:
    """It does not run when the wait for something to do happens to be over."""
    delivery = DeliveryThread("test-delivery", idle=600)
    delivery.put(print)
    until(lambda: delivery._changed._waiters)
    has_run = threading.Event()
    delivery.put(has_run.set)
    assert has_run.wait(PATIENCE)
    assert delivery.stop(PATIENCE)


def test_flush_waits_for_what_was_put_before(delivery: DeliveryThread) -> None:
    """It comes last in the line."""
    seen: list[int] = []
    seen_by_then: list[list[int]] = []
    entered, go_on = threading.Event(), threading.Event()
    delivery.put_all([(entered.set, ()), (go_on.wait, (PATIENCE,))])
    assert entered.wait(PATIENCE)
    slow = threading.Event()
    delivery.put_all([(slow.wait, (0.05,)), (seen.append, (1,))])

    def flush() -> None:
        delivery.flush(PATIENCE)
        seen_by_then.append(seen[:])

    thread = threading.Thread(target=flush)
    thread.start()
    until(lambda: len(delivery._calls) == 3)
    go_on.set()
    thread.join(PATIENCE)
    assert seen_by_then == [[1]]


def test_flush_gives_up_after_its_timeout(delivery: DeliveryThread) -> None:
    """A slow callback does not hold up who asked for a limit."""
    go_on = threading.Event()
    delivery.put(go_on.wait, PATIENCE)
    assert not delivery.flush(0)
    go_on.set()
    assert delivery.flush(PATIENCE)


def test_callback_may_put_more(delivery: DeliveryThread) -> None:
    """It runs after what was put before."""
    seen: list[int] = []
    delivery.put_all([(delivery.put, (seen.append, 2)), (seen.append, (1,))])
    assert delivery.flush(PATIENCE)
    assert delivery.flush(PATIENCE)
    assert seen == [1, 2]


def test_what_was_called_is_let_go_of_while_idle(delivery: DeliveryThread) -> None:
    """The thread keeps no future alive."""

    class Thing:
        def meet(self) -> None:
            pass

    thing = Thing()
    reference = weakref.ref(thing)
    delivery.put(thing.meet)
    assert delivery.flush(PATIENCE)
    # The flush itself was the last call, so everything before it has been dropped.
    del thing
    assert reference() is None


def test_thread_that_cannot_be_started_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The poller must not die of it; calls wait for a thread, or for the interpreter's end."""
    delivery = DeliveryThread("test-delivery")
    seen: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", lambda _: failing_with(RuntimeError("no"))())
        assert delivery.put(seen.append, 1)
        assert "1 callbacks wait for a thread" in caplog.text
        delivery.run_rest()
        assert seen == [1]
        assert delivery.put(seen.append, 2)
        assert not delivery.flush(0.01)
    assert delivery.flush(PATIENCE)
    assert seen == [1, 2]
    assert delivery.stop(PATIENCE)


def test_rest_is_left_to_the_thread_where_there_is_one(delivery: DeliveryThread) -> None:
    """Two would run callbacks side by side, and out of order."""
    seen: list[str] = []
    held, let_go = threading.Event(), threading.Event()
    delivery.put_all([(held.set, ()), (let_go.wait, (PATIENCE,))])
    assert held.wait(PATIENCE)
    delivery.put(lambda: seen.append(threading.current_thread().name))
    delivery.run_rest()
    assert seen == []
    let_go.set()
    assert delivery.flush(PATIENCE)
    assert seen == ["test-delivery"]


@pytest.mark.parametrize("idle", [0, 0.0005, 5.0])
def test_no_wake_up_is_lost(idle: float) -> None:
    """Many who put while the thread starts, waits and ends: every call runs, in its order."""
    delivery = DeliveryThread("test-delivery", idle=idle)
    seen: list[tuple[int, int]] = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def put(who: int) -> None:
        for number in range(300):
            assert delivery.put(seen.append, (who, number))
            if number % 10 == 0:
                assert delivery.flush(PATIENCE)
                assert (who, number) in seen

    threads = [threading.Thread(target=put, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    sys.setswitchinterval(interval)
    assert delivery.stop(PATIENCE)
    assert len(seen) == 1_200
    for who in range(4):
        assert [number for one, number in seen if one == who] == list(range(300))


def test_interrupted_wake_up_is_made_good_by_the_next(delivery: DeliveryThread) -> None:
    """No lock stays taken, and every call runs once."""
    main = threading.get_ident()
    seen: list[int] = []
    count = strikes = 0

    def strike() -> None:
        while strikes < 100:
            signal.pthread_kill(main, signal.SIGUSR1)

    with strikes_in(threading.Condition.notify.__code__):
        thread = threading.Thread(target=strike)
        thread.start()
        while strikes < 100:
            try:
                delivery.put(seen.append, count)
            except Struck:
                strikes += 1
            # What an interrupted `put` was given was taken, or not: the list tells.
            count += 1
        thread.join()
    assert delivery.flush(PATIENCE)
    assert seen == sorted(set(seen))
    assert count - 100 <= len(seen) <= count


@pytest.mark.parametrize("has_begun", [True, False])
def test_interrupted_start_is_made_good_by_the_next(
    monkeypatch: pytest.MonkeyPatch, delivery: DeliveryThread, has_begun: bool
) -> None:
    """Whether the first thread runs after all or not: every call runs once."""

    def begin(thread: threading.Thread) -> None:
        if has_begun:
            start(thread)
        raise Struck

    start = threading.Thread.start
    seen: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", begin)
        with pytest.raises(Struck):
            delivery.put(seen.append, 1)
    delivery.put(seen.append, 2)
    assert delivery.flush(PATIENCE)
    assert seen == [1, 2]
