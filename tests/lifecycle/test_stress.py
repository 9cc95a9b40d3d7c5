"""Many threads do everything at once, and nothing is stuck, lost or doubled."""

from __future__ import annotations

import asyncio
import faulthandler
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, as_completed, wait
from contextlib import suppress
from typing import Any

import pytest
from life_support import Stage, ends, inserts, until

from arango_jobs import InFlightLimitError, JobFuture, JobManager, ManagerClosedError

SECONDS = 2.0
TOO_LONG = 90.0


@pytest.fixture(autouse=True)
def stacks_of_a_deadlock() -> Iterator[None]:
    """Show where every thread stands if it does not end."""
    faulthandler.dump_traceback_later(TOO_LONG, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


class Crowd:
    """Threads that use one manager, each in its own way, until the time is over."""

    def __init__(self, jobs: JobManager) -> None:
        self._jobs = jobs
        self._end = time.monotonic() + SECONDS
        self._lock = threading.Lock()
        self.futures: list[JobFuture[Any]] = []
        self.called = 0
        self.errors: list[BaseException] = []

    def run(self, *ways: Callable[[random.Random], None]) -> None:
        """Run each way on three threads."""
        threads = [
            threading.Thread(target=self._loop, args=(way, random.Random(number)))
            for number, way in enumerate(ways * 3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _loop(self, way: Callable[[random.Random], None], dice: random.Random) -> None:
        try:
            while time.monotonic() < self._end:
                way(dice)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.errors.append(error)

    def some(self, count: int) -> list[JobFuture[Any]]:
        """Submit `count` inserts and keep their futures."""
        futures: list[JobFuture[Any]] = []
        with suppress(InFlightLimitError):
            for _ in range(count):
                futures += inserts(self._jobs, [0])
        with self._lock:
            self.futures += futures
        return futures

    def waits(self, dice: random.Random) -> None:
        wait(self.some(dice.randrange(1, 40)), timeout=30)

    def waits_for_the_first(self, dice: random.Random) -> None:
        wait(self.some(dice.randrange(1, 40)), timeout=30, return_when=FIRST_COMPLETED)

    def takes_as_they_come(self, dice: random.Random) -> None:
        for _ in as_completed(self.some(dice.randrange(1, 40)), timeout=30):
            pass

    def cancels(self, dice: random.Random) -> None:
        for future in self.some(dice.randrange(1, 40)):
            if dice.random() < 0.5:
                future.cancel()

    def cancels_on_the_server(self, dice: random.Random) -> None:
        (future,) = self.some(1) or [JobFuture[Any]()]
        future.cancel_on_server(dice.random() * 0.05)

    def calls_back(self, dice: random.Random) -> None:
        for future in self.some(dice.randrange(1, 20)):
            future.add_done_callback(self._count)

    def _count(self, _future: object) -> None:
        self.called += 1

    def awaits(self, dice: random.Random) -> None:
        async def several() -> None:
            futures = self.some(dice.randrange(1, 20))
            await asyncio.gather(
                *(asyncio.wrap_future(one) for one in futures), return_exceptions=True
            )

        asyncio.run(several())


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "single"])
def test_one_manager_for_many_threads(stage: Stage, merge: bool) -> None:
    """Each future ends; each document that was promised is there, and no other."""
    with JobManager(stage.db, max_in_flight=400, merge=merge, submit_timeout=5.0) as jobs:
        crowd = Crowd(jobs)
        crowd.run(
            crowd.waits,
            crowd.waits_for_the_first,
            crowd.takes_as_they_come,
            crowd.cancels,
            crowd.cancels_on_the_server,
            crowd.calls_back,
            crowd.awaits,
        )
        assert crowd.errors == []
        found = ends(crowd.futures, 30)
    assert set(found) <= {"value", "cancelled"}
    assert crowd.called > 0
    assert stage.numbers.total() == found["value"]
    assert jobs.stats().in_flight == 0
    assert (jobs.stats().succeeded, jobs.stats().cancelled) == (found["value"], found["cancelled"])
    assert stage.server.jobs() == []


def test_managers_that_come_and_go(stage: Stage) -> None:
    """Opened, loaded and shut down in every form, on several threads at once."""
    taken: list[JobFuture[Any]] = []
    errors: list[BaseException] = []
    end = time.monotonic() + SECONDS

    def live(number: int) -> None:
        dice = random.Random(number)
        try:
            while time.monotonic() < end:
                jobs = JobManager(stage.db, max_in_flight=dice.choice([1, 10, 1000]))
                others = threading.Thread(target=load, args=(jobs, dice.randrange(1, 50)))
                others.start()
                time.sleep(dice.random() * 0.01)
                jobs.shutdown(
                    wait=dice.random() < 0.8,
                    cancel_futures=dice.random() < 0.5,
                    timeout=dice.choice([None, 5.0, 0.001]),
                )
                others.join()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)

    def load(jobs: JobManager, count: int) -> None:
        with suppress(ManagerClosedError):
            for _ in range(count):
                taken.extend(inserts(jobs, [0]))

    threads = [threading.Thread(target=live, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = ends(taken, 30)
    assert set(found) <= {"value", "cancelled", "ManagerClosedError"}
    # What was ended early may have run all the same, and no more than that.
    stored = stage.numbers.total()
    assert found["value"] <= stored <= found["value"] + found["ManagerClosedError"]
    until(lambda: stage.server.jobs() == [])
