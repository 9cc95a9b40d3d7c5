"""Signals: who gets what, and what happens to a receiver that raises."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from blinker import Signal

from arango_jobs import signals
from arango_jobs.logs import logger
from arango_jobs.signals import (
    DrainedRecord,
    JobRecord,
    SaturatedRecord,
    Timings,
    WindowRecord,
    has_receivers,
    name_of,
    send_all_safely,
    send_safely,
)

NAMES = (
    "job_submitted",
    "job_succeeded",
    "job_failed",
    "job_cancelled",
    "job_lost",
    "window_changed",
    "saturated",
    "drained",
)
RECORD = JobRecord("document.insert", "4711", "http://one:8529", "done")


class Sender:
    """Stands for a manager."""


@pytest.fixture
def signal() -> Iterator[Signal]:
    signal = signals.job_succeeded
    yield signal
    signal._clear_state()


def test_every_signal_can_be_had_by_name() -> None:
    """The namespace holds those of the contract and no other."""
    assert set(signals.signals) == set(NAMES)
    assert all(getattr(signals, name) is signals.signals[name] for name in NAMES)


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        Timings(),
        WindowRecord("http://one:8529", 8, "quiet"),
        SaturatedRecord(1000, 1000),
        DrainedRecord(succeeded=3, failed=1, cancelled=0, lost=0, seconds=1.5),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_are_frozen_and_slotted(record: Any) -> None:
    """They travel to user code, which must not change what others get."""
    first = next(iter(type(record).__annotations__))
    # A dataclass raises a subclass of what a tuple does.
    with pytest.raises(AttributeError):
        setattr(record, first, None)
    assert not hasattr(record, "__dict__")


def test_many_records(signal: Signal) -> None:
    """Who comes, goes or is muted in the middle gets those that were told while it listened."""
    seen: list[Any] = []
    sender = Sender()

    def early(_manager: Any, record: Any) -> None:
        seen.append(("early", record))

    def late(_manager: Any, record: Any) -> None:
        seen.append(("late", record))

    def records() -> Iterator[int]:
        yield 1
        signal.connect(late)
        yield 2
        signal.disconnect(early)
        yield 3
        with signal.muted():
            yield 4
        yield 5

    signal.connect(early)
    send_all_safely(signal, sender, records())
    assert sorted(seen) == [("early", 1), ("early", 2), ("late", 2), ("late", 3), ("late", 5)]


def test_receiver_gets_sender_and_record(signal: Signal) -> None:
    """Called as `receiver(manager, record=record)`."""
    seen: list[Any] = []

    def receive(manager: Any, record: Any) -> None:
        seen.append((manager, record))

    signal.connect(receive)
    sender = Sender()
    send_safely(signal, sender, RECORD)
    assert seen == [(sender, RECORD)]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_receiver_that_raises_does_not_stop_the_others(
    signal: Signal, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its name and the signal's."""
    seen: list[int] = []

    def receive(number: int, *_: Any, **__: Any) -> None:
        seen.append(number)
        if number == 1:
            raise error

    receivers = [partial(receive, number) for number in range(3)]
    for receiver in receivers:
        signal.connect(receiver)
    send_safely(signal, Sender(), RECORD)
    assert sorted(seen) == [0, 1, 2]
    assert "receiver functools.partial of signal job_succeeded raised" in caplog.text


def test_coroutine_function_as_a_receiver_is_told_off(
    signal: Signal, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would await it: that is said in the log, and no warning comes of it."""

    async def receive(manager: Any, record: Any) -> None:
        pass

    signal.connect(receive)
    send_safely(signal, Sender(), RECORD)
    assert "nobody would await it" in caplog.text


def test_has_receivers_says_whether_anybody_listens(signal: Signal) -> None:
    """Connecting to one manager is not listening to another; a muted signal has none."""
    one, other = Sender(), Sender()

    seen: list[Any] = []

    def receive(manager: Any, record: Any) -> None:
        seen.append(manager)

    assert not has_receivers(signal, one)
    signal.connect(receive, sender=one)
    assert has_receivers(signal, one)
    assert not has_receivers(signal, other)
    for sender in (one, other):
        send_safely(signal, sender, RECORD)
    assert seen == [one]
    with signal.muted():
        assert not has_receivers(signal, one)
        send_safely(signal, one, RECORD)
    assert seen == [one]


def test_receiver_may_disconnect_itself(signal: Signal) -> None:
    """Who is to be called is settled before the first is called."""
    seen: list[int] = []

    def once(manager: Any, record: Any) -> None:
        seen.append(1)
        signal.disconnect(once)

    signal.connect(once)
    for _ in range(2):
        send_safely(signal, Sender(), RECORD)
    assert seen == [1]


def test_name_is_found_for_any_callable() -> None:
    """Functions by their qualified name, objects by their class's."""
    assert name_of(test_name_is_found_for_any_callable) == (
        f"{__name__}.test_name_is_found_for_any_callable"
    )
    assert name_of([].append) == "?.list.append"


def test_name_is_found_where_asking_for_it_raises() -> None:
    """What a log line is about is said in any case."""

    class Nameless:
        def __getattribute__(self, name: str) -> Any:
            raise SystemExit

        def __call__(self) -> None: ...

    assert name_of(Nameless()) == "Nameless"


def test_logger_is_silent_until_it_is_given_a_handler() -> None:
    """A library does not write to the application's stderr."""
    assert logger.name == "arango_jobs"
    assert [type(one) for one in logger.handlers] == [logging.NullHandler]
