"""Queues and workers of one Coordinator: what runs now, what waits, what is refused.

Knows no HTTP. Everything but the thread that runs slow work happens on one thread, the
executor's. Quick work is done right there, slow work on the executor's threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from arango_jobs.clock import Clock
from arango_jobs.local.messages import Response

__all__ = ["Executor", "Lane", "ManualExecutor", "Scheduler", "Work"]

# How much quick work is done before sockets get their turn again.
_BATCH = 128


class Lane(IntEnum):
    """The priority of a request (server-protocol.md §1.5)."""

    FAST = 0
    MEDIUM = 2
    LOW = 3


class Work(Protocol):
    """Something to run once."""

    lane: Lane
    slow: bool
    queued_at: float
    seconds: float

    def run(self) -> Response:
        """Do the work; never raises."""
        ...

    def finish(self, response: Response) -> None:
        """Hand the response on."""
        ...


class Executor(Protocol):
    """Where work runs."""

    def soon(self, step: Callable[[], None]) -> None:
        """Run `step` on the scheduler's thread when it is free."""
        ...

    def thread(self, run: Callable[[], Response], then: Callable[[Response], None]) -> None:
        """Run `run` on a worker thread and `then` on the scheduler's."""
        ...

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        """Run `step` on the scheduler's thread after `seconds`."""
        ...


class ManualExecutor:
    """An executor without threads: a test decides when queued work runs."""

    def __init__(self) -> None:
        self.steps: deque[Callable[[], None]] = deque()

    def soon(self, step: Callable[[], None]) -> None:
        """Keep `step` for `run_all`."""
        self.steps.append(step)

    def thread(self, run: Callable[[], Response], then: Callable[[Response], None]) -> None:
        """Run at once."""
        then(run())

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        """Keep `step` for `run_all`."""
        self.steps.append(step)

    def run_all(self) -> None:
        """Run everything that waits, and what that brings up."""
        while self.steps:
            self.steps.popleft()()


class Scheduler:
    """A bounded queue in front of a bounded number of workers."""

    def __init__(
        self,
        executor: Executor,
        clock: Clock,
        *,
        workers: int,
        queue_size: int,
        service_time: float = 0.0,
    ) -> None:
        self.queue_time = 0.0
        self.queue_full_failures = 0
        self.queue_time_violations = 0
        self.held = False
        self.busy = 0
        self.workers = workers
        self.queue_size = queue_size
        self._executor = executor
        self._clock = clock
        self._service_time = service_time
        self._queue: deque[Work] = deque()
        self._draining = False

    def __len__(self) -> int:
        return len(self._queue)

    def submit(self, work: Work, *, at_once: bool = False) -> bool:
        """Take `work`; return False if the queue is full. `at_once`: run now if nothing waits."""
        if work.lane is not Lane.LOW:
            self._run_outside(work)
            return True
        if len(self._queue) >= self.queue_size:
            self.queue_full_failures += 1
            return False
        work.queued_at = self._clock.monotonic()
        if at_once and not self._queue and self.busy < self.workers and not self.held:
            self.queue_time = 0.0
            self._start(work)
            return True
        self._queue.append(work)
        self.wake()
        return True

    def repeat(self, work: Work) -> None:
        """Run `work` once more, before all that waits."""
        if work.lane is not Lane.LOW:
            self._run_outside(work)
            return
        work.queued_at = self._clock.monotonic()
        self._queue.appendleft(work)
        self.wake()

    def wake(self) -> None:
        """See to it that the queue is looked at."""
        if not self._draining and not self.held:
            self._draining = True
            self._executor.soon(self._drain)

    def forget(self) -> None:
        """Drop everything that waits, as a crash does."""
        self._queue.clear()

    def _run_outside(self, work: Work) -> None:
        if work.slow:
            self._executor.thread(work.run, work.finish)
        else:
            work.finish(work.run())

    def _drain(self) -> None:
        self._draining = False
        for _ in range(_BATCH):
            if not self._queue or self.busy >= self.workers or self.held:
                return
            work = self._queue.popleft()
            self.queue_time = self._clock.monotonic() - work.queued_at
            self._start(work)
        self.wake()

    def _start(self, work: Work) -> None:
        occupied = self._service_time + work.seconds
        if not work.slow and occupied <= 0.0:
            work.finish(work.run())
            return
        self.busy += 1

        def done(response: Response) -> None:
            if occupied > 0.0:
                self._executor.later(occupied, lambda: self._end(work, response))
            else:
                self._end(work, response)

        if work.slow:
            self._executor.thread(work.run, done)
        else:
            done(work.run())

    def _end(self, work: Work, response: Response) -> None:
        self.busy -= 1
        work.finish(response)
        if self._queue:
            self.wake()
