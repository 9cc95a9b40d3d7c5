"""Each promise of docs/asyncio.md, on every way that asyncio has of waiting."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError as JobCancelledError
from typing import Any

import pytest
from life_support import Stage, inserts, until

from arango_jobs import (
    CancelOutcome,
    InFlightLimitError,
    JobFuture,
    JobManager,
    OptionError,
)
from arango_jobs._runtime import future as future_module

Futures = list[JobFuture[Any]]
Way = Callable[[Futures], Awaitable[Any]]
PATIENCE = 10


async def by_task_group(futures: Futures) -> None:
    async def one(future: JobFuture[Any]) -> Any:
        return await future

    async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined,unused-ignore]  # from 3.11
        for future in futures:
            group.create_task(one(future))


async def by_timeout(futures: Futures) -> None:
    async with asyncio.timeout(PATIENCE):  # type: ignore[attr-defined,unused-ignore]  # from 3.11
        for future in futures:
            await future


async def by_await(futures: Futures) -> None:
    for future in futures:
        await future


async def by_wait(futures: Futures, **options: Any) -> None:
    wait: Any = asyncio.wait
    done, pending = await wait(futures, **options)
    assert (len(done), len(pending)) == (len(futures), 0)
    for one in done:
        await one


async def by_as_completed(futures: Futures) -> None:
    for one in asyncio.as_completed(futures):
        await one


async def by_as_completed_in_async_for(futures: Futures) -> None:
    async for one in asyncio.as_completed(futures):  # type: ignore[attr-defined,unused-ignore]
        await one


async def by_wait_for(futures: Futures) -> None:
    for future in futures:
        await asyncio.wait_for(future, PATIENCE)


async def by_shield(futures: Futures) -> None:
    for future in futures:
        await asyncio.shield(future)


async def by_ensure_future(futures: Futures) -> None:
    for future in futures:
        await asyncio.ensure_future(future)


WAYS: dict[str, Way] = {
    "await": by_await,
    "gather": lambda futures: asyncio.gather(*futures),
    "wait": by_wait,
    "wait with a timeout": lambda futures: by_wait(futures, timeout=PATIENCE),
    "as_completed": by_as_completed,
    "wait_for": by_wait_for,
    "shield": by_shield,
    "ensure_future": by_ensure_future,
}
if sys.version_info >= (3, 11):
    WAYS |= {"TaskGroup": by_task_group, "timeout": by_timeout}
if sys.version_info >= (3, 13):
    WAYS |= {"as_completed in async for": by_as_completed_in_async_for}


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main` in a loop without any timer of its own that could wake it by chance."""
    outcome: list[Any] = []

    def call() -> None:
        try:
            outcome.append((asyncio.run(main), None))
        except BaseException as error:  # noqa: BLE001  raised again, or looked at
            outcome.append((None, error))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert outcome, "it hangs"
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_waiting(stage: Stage, way: str) -> None:
    """For what ends later, and for what has ended; nothing is left attached."""

    async def main() -> None:
        with JobManager(stage.db) as jobs:
            with stage.held():
                futures = [*inserts(jobs, range(3)), jobs.aql.execute("RETURN 1")]
                waiting = asyncio.ensure_future(WAYS[way](futures))
                while not all(future._done_callbacks for future in futures[:1]):
                    await asyncio.sleep(0)
            await waiting
            assert all(future.exception() is None for future in futures)
            await WAYS[way](futures)
            assert not any(future._done_callbacks for future in futures)
            assert future_module._kept.isdisjoint(futures)

    run(main())


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_waiting_for_errors(stage: Stage, way: str) -> None:
    """The operation's own error is what is raised."""

    async def main() -> None:
        with JobManager(stage.db) as jobs:
            try:
                await WAYS[way]([jobs.aql.execute("NONSENSE")])
            except BaseException as error:  # noqa: BLE001  raised again, or looked at
                errors = getattr(error, "exceptions", [error])
                assert [type(one).__name__ for one in errors] == ["AQLQueryExecuteError"]
            else:
                pytest.fail("nothing was raised")

    run(main())


@pytest.mark.parametrize("return_when", [asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION])
def test_wait_for_the_first(stage: Stage, return_when: str) -> None:
    """It returns while the others are open, and leaves nothing attached to them."""

    async def main() -> None:
        wait: Any = asyncio.wait
        with JobManager(stage.db) as jobs:
            slow = jobs.aql.execute("RETURN SLEEP(0.5)")
            quick = jobs.aql.execute("RETURN 1" if return_when == "FIRST_COMPLETED" else "NONSENSE")
            done, pending = await wait([slow, quick], return_when=return_when)
            assert (len(done), len(pending)) == (1, 1)
            if sys.version_info >= (3, 11):
                assert (done, pending) == ({quick}, {slow})
                assert not slow._done_callbacks
            else:
                await asyncio.wait(pending)
            for one in done:
                one.exception()

    run(main())


def test_wait_that_times_out(stage: Stage) -> None:
    """Called again and again, it leaves nothing behind each time."""

    async def main() -> None:
        wait: Any = asyncio.wait
        with JobManager(stage.db) as jobs:
            slow = jobs.aql.execute("RETURN SLEEP(0.3)")
            for _ in range(5):
                done, pending = await wait([slow], timeout=0.001)
                assert (len(done), len(pending)) == (0, 1)
            if sys.version_info >= (3, 11):
                assert not slow._done_callbacks
                assert slow not in future_module._kept
            await wait([slow])

    run(main())


def test_waits_in_two_loops(stage: Stage) -> None:
    """Each loop is told in its own thread, also where one is closed before the end."""

    async def main(futures: Futures, **options: Any) -> int:
        wait: Any = asyncio.wait
        return len((await wait(futures, **options))[0])

    with JobManager(stage.db) as jobs:
        with stage.held():
            futures = inserts(jobs, range(5))
            counts: list[int] = []
            threads = [
                threading.Thread(target=lambda: counts.append(asyncio.run(main(futures))))
                for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            assert run(main(futures, timeout=0.01)) == 0
        for thread in threads:
            thread.join(PATIENCE)
        assert counts == [5, 5, 5]


def test_callbacks_run_on_the_delivery_thread(stage: Stage) -> None:
    """Not in the loop, also where they are added in one."""

    async def main() -> list[str]:
        names: list[str] = []
        with JobManager(stage.db) as jobs:
            with stage.held():
                future = inserts(jobs, [1])[0]
                future.add_done_callback(
                    lambda _future: names.append(threading.current_thread().name)
                )
            await future
        return names

    (name,) = run(main())
    assert name.endswith("-delivery")


def test_no_task_blocks_the_loop(stage: Stage) -> None:
    """`asubmit` waits for room while the loop goes on, and gives up after `submit_timeout`."""

    async def main() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.ensure_future(tick())
        async with JobManager(stage.db, max_in_flight=1, submit_timeout=0.05) as jobs:
            insert = jobs.collection("c").insert
            with stage.held():
                await jobs.asubmit(insert, {"n": 1})
                with pytest.raises(InFlightLimitError):
                    await jobs.asubmit(insert, {"n": 2})
                assert ticks > 5
                waiting = asyncio.ensure_future(jobs.asubmit(insert, {"n": 3}))
                await asyncio.sleep(0.005)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
        ticking.cancel()

    run(main())
    # What was cancelled while it waited for room has submitted nothing.
    assert stage.numbers == {1: 1}


def test_async_with_waits_for_everything(stage: Stage) -> None:
    """A loop goes on meanwhile."""

    async def main() -> Futures:
        async with JobManager(stage.db) as jobs:
            futures = inserts(jobs, range(20))
        assert all(future.done() for future in futures)
        return futures

    assert all(future.exception() is None for future in run(main()))


def test_rows_of_a_cursor(stage: Stage) -> None:
    """Each further batch is fetched on a thread."""

    async def main() -> list[int]:
        async with JobManager(stage.db) as jobs:
            cursor = await jobs.aql.execute("FOR i IN 1..5 RETURN i", batch_size=2)
            return [row async for row in cursor]

    assert run(main()) == [1, 2, 3, 4, 5]


def running(stage: Stage) -> int:
    """Return how many queries run on the server."""
    return len(stage.db.aql.queries())


def test_a_cancelled_task_leaves_the_job_alone(stage: Stage) -> None:
    """What was sent goes on, and the future gets its result; what was not is cancelled with it."""

    async def main() -> None:
        with JobManager(stage.db, max_jobs=1, merge=False) as jobs:
            sent = jobs.aql.execute("RETURN SLEEP(0.2)")
            while not sent.job_id:
                await asyncio.sleep(0.001)
            unsent, kept = inserts(jobs, [1, 2])
            shielded = asyncio.shield(asyncio.wrap_future(kept))
            for one in (sent, unsent, shielded):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(one, 0.01)
            assert not sent.cancelled()
            assert unsent.cancelled()
            assert not kept.cancelled()
            assert list(await sent) == [None]
            await kept

    run(main())
    assert stage.numbers == {2: 1}


CANCELLED: dict[str, Callable[[JobFuture[Any]], Awaitable[Any]]] = {
    "wait_for": lambda future: asyncio.wait_for(future, 0.05),
    "gather": lambda future: asyncio.wait_for(asyncio.gather(future), 0.05),
    "task": lambda future: _cancelled(by_await([future])),
    "nested task": lambda future: _cancelled(by_wait_for([future])),
}
if sys.version_info >= (3, 11):
    CANCELLED["TaskGroup"] = lambda future: _cancelled(by_task_group([future]))


async def _cancelled(main: Coroutine[Any, Any, Any]) -> None:
    task = asyncio.ensure_future(main)
    await asyncio.sleep(0.05)
    task.cancel()
    await task


@pytest.mark.parametrize("way", CANCELLED)
def test_a_cancelled_task_cancels_its_job(stage: Stage, way: str) -> None:
    """With `cancel_with_task`, on the server too, and without waiting for its word."""

    async def main() -> None:
        with JobManager(stage.db) as jobs:
            bound = jobs.with_options(cancel_with_task=True)
            future = bound.aql.execute("RETURN SLEEP(8)")
            while not running(stage):
                await asyncio.sleep(0.001)
            began = time.monotonic()
            with pytest.raises((asyncio.CancelledError, asyncio.TimeoutError)):
                await CANCELLED[way](future)
            assert time.monotonic() - began < 2
            until(future.done)
            assert future.cancelled()
            assert not running(stage)

    run(main())


def test_what_is_bound_to_a_task_ends_as_any_other(stage: Stage) -> None:
    """With its result, its error, its own cancellation, or shielded; in every context."""

    async def main() -> None:
        with JobManager(stage.db) as jobs:
            bound = jobs.with_options(cancel_with_task=True)
            assert await bound.collection("c").insert({"n": 1})
            assert await (await bound.asubmit(bound.collection("c").insert, {"n": 2}))
            assert list(await bound.aql.execute("RETURN 1")) == [1]
            shielded = bound.aql.execute("RETURN SLEEP(0.2)")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(shielded), 0.05)
            assert list(await shielded) == [None]
            query = bound.aql.execute("RETURN SLEEP(8)")
            assert await query.acancel_on_server(5) in {
                CancelOutcome.CANCELLED,
                CancelOutcome.NOT_SENT,
            }
            with pytest.raises((asyncio.CancelledError, JobCancelledError)):
                await query
            for wrong in (1, "no", None):
                with pytest.raises(OptionError):
                    jobs.with_options(cancel_with_task=wrong)  # type: ignore[arg-type]

    run(main())


def test_cancelling_on_the_server_does_not_block_the_loop(stage: Stage) -> None:
    """`acancel_on_server` tells what `cancel_on_server` does, and gives up after its timeout."""

    async def main() -> None:
        with JobManager(stage.db, max_jobs=2, merge=False) as jobs:
            query = jobs.aql.execute("RETURN SLEEP(8)")
            while not running(stage):
                await asyncio.sleep(0.001)
            assert await query.acancel_on_server(5) is CancelOutcome.CANCELLED
            assert await query.acancel_on_server(5) is CancelOutcome.CANCELLED
            ended = inserts(jobs, [1])[0]
            await ended
            assert await ended.acancel_on_server() is CancelOutcome.FINISHED
            with stage.held():
                held, other, unsent = inserts(jobs, [2, 3, 4])
                until(lambda: held.job_id and other.job_id)
                assert await held.acancel_on_server(0.01) is CancelOutcome.UNKNOWN
                assert not held._done_callbacks
                assert await unsent.acancel_on_server(5) is CancelOutcome.NOT_SENT
                waiting = asyncio.ensure_future(other.acancel_on_server())
                await asyncio.sleep(0.01)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
                assert not other._done_callbacks

    run(main())
