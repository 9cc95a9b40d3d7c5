"""What the engine knows at one moment, shared by all its parts.

    what waits:   waiting (not sent yet), retries (to be sent again)
    what runs:    submitting, hosts (each with its window and its watched jobs), bytes
    what is due:  timers
    what to do:   out

The parts decide; this keeps, and sees to it that the sums are right.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random
from typing import Any

from tenacity.wait import wait_base

from arango_jobs._core.actions import Action, Ask, Asks, End, Outcome, WindowChange
from arango_jobs._core.agenda import Agenda
from arango_jobs._core.backoff import pause
from arango_jobs._core.engine_options import EngineOptions
from arango_jobs._core.expectation import Expectations
from arango_jobs._core.host import Host
from arango_jobs._core.job import Job, Submission
from arango_jobs._core.waiting import WaitingRoom
from arango_jobs._core.window import Window

__all__ = ["Book"]


class Book:
    """The state of one engine."""

    __slots__ = (
        "_random",
        "bytes",
        "expectations",
        "hosts",
        "options",
        "out",
        "requests",
        "retries",
        "submitting",
        "timers",
        "waiting",
    )

    def __init__(self, hosts: Sequence[str], options: EngineOptions, random: Random) -> None:
        self.options = options
        self._random = random
        self.expectations = Expectations()
        self.hosts = [
            Host(
                index,
                name,
                Window(options.max_jobs, options.queue_limit),
                self.expectations,
            )
            for index, name in enumerate(hosts)
        ]
        self.waiting = WaitingRoom(
            merge=options.merge,
            max_operations=options.merge_max_operations,
            max_bytes=options.merge_max_bytes,
            linger=options.linger,
        )
        self.retries: Agenda[Job] = Agenda()
        """Jobs to be sent again; some may have ended meanwhile."""
        self.timers: Agenda[Any] = Agenda()
        """What `Timers` has to act on."""
        self.submitting: set[Job] = set()
        """Jobs on their way to a host; where they have been accepted, its watch has them."""
        self.bytes = 0
        """What the jobs that run carry, and what their results may."""
        self.out: list[Action] = []
        """What is to be done."""
        self.requests = 0
        """Calls that were asked for."""

    # ---- what is to be done

    def ask(self, ask: Ask) -> None:
        """Have a call made."""
        self.requests += 1
        self.out.append(ask)

    def ask_all(self, asks: Asks) -> None:
        """Have calls made, if there are any."""
        if asks.jobs:
            self.requests += len(asks.jobs)
            self.out.append(asks)

    def end_unsent(
        self, job: Job, outcome: Outcome, reason: str, cause: BaseException | None = None
    ) -> None:
        """End the parts of a job that waits: with `outcome`, or unknown if a try may have run."""
        outcome = outcome if job.tries == 0 else Outcome.UNKNOWN
        self.out.append(End(outcome, job.parts, job, reason=reason, cause=cause))

    def obey(self, ask: Ask, now: float) -> None:
        """Leave a host alone for as long as its answer asks for, up to `patience` seconds."""
        if ask.more is not None and ask.retry_after is not None:
            host = self.hosts[ask.host]
            seconds = min(ask.retry_after, self.options.patience)
            host.closed_until = max(host.closed_until, now + seconds)

    def tell_window(self, host: Host) -> None:
        """Tell that the window of `host` has changed."""
        self.out.append(
            WindowChange(host.index, int(host.window.limit), host.window.reason, host.queue_time)
        )

    # ---- what runs

    def enter(self, host: Host, jobs: Collection[Job], now: float) -> None:
        """Count `jobs` in on `host`, which they are sent to."""
        submission = Submission(host.index, host.name, now)
        for job in jobs:
            job.submission = submission
        self.bytes += sum([job.size for job in jobs])
        host.in_flight += len(jobs)
        self.submitting.update(jobs)

    def leave(self, job: Job) -> None:
        """Count `job` out of its host."""
        self.leave_all(self.hosts[job.host], (job,))

    def leave_all(self, host: Host, jobs: Collection[Job]) -> None:
        """Count `jobs` out of `host`."""
        host.in_flight -= len(jobs)
        self.bytes -= sum([job.size for job in jobs])
        self.submitting.difference_update(jobs)
        host.watch.remove(jobs)

    def running(self) -> list[Job]:
        """Return the jobs that are under way on any host."""
        watched = [job for host in self.hosts for job in host.watch.jobs.values()]
        return [*self.submitting, *watched]

    def reachable(self) -> Host:
        """Return a host that is not known to be away, if there is one."""
        return min(self.hosts, key=lambda host: host.down_since is not None)

    def pause(self, strategy: wait_base, attempt: int) -> float:
        """Return seconds to wait before attempt number `attempt` + 1."""
        return pause(strategy, attempt, self._random)
