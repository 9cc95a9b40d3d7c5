"""One `JobFuture` at a time: states, owner, what it shows and what it costs."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError, TimeoutError
from dataclasses import dataclass, field
from typing import Any

import pytest

from arango_jobs._runtime import future as module
from arango_jobs._runtime.future import (
    CancelOutcome,
    JobFuture,
    end_all_with_results,
    start_all,
)
from arango_jobs.errors import ArangoServerError, UnsupportedInContextError
from arango_jobs.operations import Operation, OperationKind
from arango_jobs.signals import Timings

KIND: OperationKind[Any] = OperationKind(
    name="document.insert",
    method="POST",
    database="test",
    path="/_api/document/students",
    decode=lambda response, operation: None,
    error=ArangoServerError,
)


@dataclass
class Owner:
    """Writes down what it is told and calls callbacks only when asked to."""

    cancelled: list[JobFuture[Any]] = field(default_factory=list)
    delivered: list[tuple[JobFuture[Any], Any]] = field(default_factory=list)
    asked: list[float | None] = field(default_factory=list)
    io_thread: bool = False

    def note_cancelled(self, future: JobFuture[Any]) -> None:
        self.cancelled.append(future)

    def deliver(self, future: JobFuture[Any], callbacks: Any) -> None:
        self.delivered.append((future, callbacks))

    def ask_to_cancel(self, future: JobFuture[Any], timeout: float | None) -> None:
        self.asked.append(timeout)
        if timeout == 3:
            future.end_cancelled()

    def was_sent(self, future: JobFuture[Any]) -> bool:
        return True

    def is_io_thread(self) -> bool:
        return self.io_thread

    def describe(self) -> str:
        return "manager 'loads'"


@dataclass
class View:
    job_id: str | None = "4711"
    host_name: str = "http://one:8529"
    timings: tuple[float | None, float | None, float | None, float | None] = (10, 10.5, 12, None)


def open_future() -> JobFuture[Any]:
    return JobFuture(Operation(KIND, {"name": "secret"}), Owner())


ENDINGS: dict[str, Callable[[JobFuture[Any]], bool]] = {
    "result": lambda future: future.end_with_result(1),
    "error": lambda future: future.end_with_error(ValueError("no")),
    "cancelled": lambda future: future.end_cancelled(),
    "cancel": lambda future: future.cancel(),
}


@pytest.mark.parametrize("first", ENDINGS)
@pytest.mark.parametrize("second", ["result", "error", "cancelled"])
@pytest.mark.parametrize("is_watched", [False, True])
def test_a_second_end_changes_nothing(first: str, second: str, is_watched: bool) -> None:
    """A future ends once, with or without somebody waiting."""
    future = open_future()
    if is_watched:
        future.add_done_callback(print)
    assert ENDINGS[first](future)
    before = repr(future), future.cancelled()
    assert not ENDINGS[second](future)
    assert (repr(future), future.cancelled()) == before
    assert future.done()


def test_cancelling_before_it_is_sent_ends_it_and_tells_the_owner() -> None:
    """The manager frees the slot; nobody has to come by for `wait` to notice."""
    future = open_future()
    assert future.cancel()
    assert future.cancel()
    assert future.owner.cancelled == [future]
    assert future.state == "CANCELLED_AND_NOTIFIED"
    assert not future.start()
    with pytest.raises(CancelledError, match=r"document\.insert"):
        future.result()


def test_cancelling_after_it_was_sent_is_refused() -> None:
    """What is on its way can only be cancelled on the server."""
    future = open_future()
    assert future.start()
    assert not future.cancel()
    assert future.running()
    assert future.owner.cancelled == []


def test_server_confirmed_cancel_ends_a_running_one() -> None:
    """`end_cancelled` works from RUNNING too."""
    future = open_future()
    future.start()
    assert future.end_cancelled()
    assert future.cancelled()
    with pytest.raises(CancelledError):
        future.exception()


def test_starting_twice_is_refused() -> None:
    """`start` answers, the standard library's name for it raises."""
    future = open_future()
    assert future.start()
    assert not future.start()
    with pytest.raises(RuntimeError, match="second time"):
        future.set_running_or_notify_cancel()
    future.set_result(1)
    with pytest.raises(InvalidStateError):
        future.set_exception(ValueError())


def test_callbacks_go_to_the_owner_once_and_in_order() -> None:
    """They run outside, in the order in which they were added."""
    future = open_future()
    future.add_done_callback(print)
    future.add_done_callback(repr)
    future.end_with_result(1)
    future.end_with_result(2)
    assert future.owner.delivered == [(future, (print, repr))]


def test_callback_added_after_the_end_runs_at_once() -> None:
    """As with the standard library's; what it raises is logged."""
    future = open_future()
    future.end_with_result(1)
    seen: list[Any] = []
    future.add_done_callback(seen.append)
    assert seen == [future]
    assert future.owner.delivered == []


def test_owner_that_cannot_deliver_does_not_stop_the_poller(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No exception escapes from an end."""
    future = open_future()
    future.add_done_callback(print)

    def fail(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(future.owner, "deliver", fail)
    assert future.end_with_result(1)
    assert "could not be delivered" in caplog.text


def test_future_with_a_callback_outlives_its_last_reference() -> None:
    """Dropped futures can be told by a weak reference, those with callbacks are kept."""
    plain, watched = open_future(), open_future()
    watched.add_done_callback(print)
    plain_ref, watched_ref = weakref.ref(plain), weakref.ref(watched)
    del plain, watched
    gc.collect()
    assert plain_ref() is None
    assert watched_ref() is not None
    owner = watched_ref().owner
    watched_ref().end_with_result(1)
    owner.delivered.clear()
    assert watched_ref() is None
    assert not module._kept


def test_waiting_on_the_thread_that_ends_it_is_refused() -> None:
    """It would never end; but asking without waiting is fine."""
    future = open_future()
    future.owner.io_thread = True
    with pytest.raises(UnsupportedInContextError, match="manager 'loads'"):
        future.result()
    with pytest.raises(TimeoutError):
        future.result(timeout=0)
    future.end_with_result(7)
    assert future.result() == 7


def test_timeout_names_the_operation() -> None:
    """A message names the thing and the numbers."""
    with pytest.raises(TimeoutError, match=r"document\.insert has not ended within 0\.001 s"):
        open_future().result(0.001)


def test_error_does_not_hold_the_future() -> None:
    """No cycle is left by a raised error, so memory is freed at once."""
    future: JobFuture[Any] = JobFuture()
    future.end_with_error(ValueError("no"))
    error = future.exception()
    reference = weakref.ref(future)
    with pytest.raises(ValueError, match="no"):
        future.result()
    del future
    assert isinstance(error, ValueError)
    assert reference() is None


def test_job_shows_through() -> None:
    """Id, host and moments come from the engine's record."""
    future: JobFuture[Any] = JobFuture(Operation(KIND), Owner(), born=10)
    assert (future.job_id, future.host, future.timings) == (None, None, Timings())
    future.job = View()
    assert (future.job_id, future.host) == ("4711", "http://one:8529")
    assert future.timings == Timings(submitted=0, sent=0.5, accepted=2, resolved=None)


def test_moment_at_the_zero_of_the_clock_is_a_moment() -> None:
    """Zero is a time like any other."""
    future: JobFuture[Any] = JobFuture(Operation(KIND), Owner(), born=-1)
    future.job = View(timings=(0, None, None, None))
    assert future.timings.submitted == 1


def test_cancel_on_server_asks_the_owner() -> None:
    """The owner knows the server."""
    assert open_future().cancel_on_server(timeout=3) is CancelOutcome.CANCELLED
    assert open_future().cancel_on_server(0) is CancelOutcome.UNKNOWN


def test_cancel_on_server_without_an_owner() -> None:
    """What is not known is not claimed."""
    pending, running, done = JobFuture[int](), JobFuture[int](), JobFuture[int]()
    running.start()
    done.end_with_result(1)
    outcomes = [one.cancel_on_server() for one in (pending, running, done)]
    assert outcomes == [CancelOutcome.NOT_SENT, CancelOutcome.UNKNOWN, CancelOutcome.FINISHED]


def test_repr_shows_state_operation_and_job_and_no_data() -> None:
    """Nothing that the operation carries or returned."""
    future = open_future()
    assert f"<JobFuture at {id(future):#x} state=pending document.insert>" == repr(future)
    future.job = View()
    future.end_with_result({"name": "secret"})
    assert repr(future).endswith("state=finished returned dict document.insert job=4711>")
    assert "secret" not in repr(future)


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy])
def test_pickling_is_refused(attempt: Callable[[Any], Any]) -> None:
    """Its outcome arrives in this process."""
    with pytest.raises(TypeError, match="JobFuture cannot be pickled"):
        attempt(open_future())


def test_abandoned_future_ends_with_the_error_and_calls_nobody() -> None:
    """Callbacks of the parent's have no business in a forked child."""
    future = open_future()
    future.add_done_callback(print)
    future.abandon(RuntimeError("forked"))
    future.abandon(RuntimeError("again"))
    assert str(future.exception(0)) == "forked"
    assert future.owner.delivered == []
    assert not module._kept


def test_batch_of_starts_leaves_out_what_was_cancelled() -> None:
    """The rest is started, in order."""
    futures = [open_future() for _ in range(6)]
    futures[1].add_done_callback(print)
    futures[2].cancel()
    futures[4].add_done_callback(print)
    futures[4].cancel()
    assert start_all(futures) == [futures[i] for i in (0, 1, 3, 5)]
    assert start_all(futures) == []


def test_batch_of_starts_notifies_one_without_owner() -> None:
    """Who waits for a future that was cancelled hears of it."""
    future = JobFuture[int]()
    future.cancel()
    assert future.state == "CANCELLED"
    assert start_all([future]) == []
    assert future.state == "CANCELLED_AND_NOTIFIED"


def test_batch_of_results_ends_each_once() -> None:
    """Those that ended before stay as they are; callbacks are delivered."""
    futures = [open_future() for _ in range(4)]
    futures[1].end_with_error(ValueError())
    futures[2].add_done_callback(print)
    end_all_with_results(futures, "abcd")
    assert [one.result() for one in futures if one is not futures[1]] == ["a", "c", "d"]
    assert isinstance(futures[1].exception(), ValueError)
    assert futures[2].owner.delivered == [(futures[2], (print,))]


def test_nothing_of_the_base_is_made() -> None:
    """Every attribute of the base is shadowed, so its dictionary stays unmade."""
    future: JobFuture[Any] = JobFuture(Operation(KIND), Owner())
    future.start()
    future.end_with_result(1)
    assert sys.getsizeof(future) < 200
    assert not [one for one in gc.get_referents(future) if isinstance(one, dict)]
    missing = set(vars(Future())) - set(dir(JobFuture))
    assert missing == set()
