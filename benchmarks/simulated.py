"""A simulated server and network under real engines, in virtual time and seeded.

    backlog ─▶ Engine ─▶ Ask ─(network)─▶ W workers, a queue of N ─▶ reply ─(network)─▶ Engine

Workers, the bounded queue and the refusals follow server-protocol.md §1.5, the
queue time that lags and is updated one time in eight §1.6. A client is as slow as
one thread: each message costs it some CPU time, so that replies come in batches.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from arango_jobs._core.actions import Answers, Ask, Asks, End, Outcome
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import MergePlan, Operation, OperationKind, Response

Service = Callable[[random.Random, int], float]
"""Seconds that a job of so many documents keeps a worker busy."""

_PLAN = MergePlan(method="POST", target="", element=repr, value=repr, status=202)


def constant(seconds: float, per_document: float = 0.0) -> Service:
    """Return a service time without spread."""
    return lambda random, documents: seconds + per_document * (documents - 1)


def exponential(seconds: float) -> Service:
    """Return a service time with the spread of independent random work."""
    return lambda random, documents: random.expovariate(1.0 / seconds)


def mixed(short: float, long: float, share: float) -> Service:
    """Return short jobs of which a `share` are long ones."""
    return lambda random, documents: long if random.random() < share else short


class JobId(str):
    """A job's id, which sets keep in the same order in every process."""

    def __hash__(self) -> int:
        return int(self)


class World:
    """Virtual time."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self.numbers = itertools.count(1 << 40)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def at(self, due: float, step: Callable[[], None]) -> None:
        """Have `step` run at the time `due`."""
        self._number += 1
        heapq.heappush(self._events, (max(due, self.now), self._number, step))

    def run(self, until: float) -> None:
        """Let the time pass."""
        events = self._events
        while events and events[0][0] <= until:
            self.now, _, step = heapq.heappop(events)
            step()
        self.now = until


@dataclass(slots=True)
class Task:
    """One job on the server."""

    documents: int
    finish: Callable[[], None]
    queued_at: float = 0.0


class Server:
    """Workers behind a bounded queue."""

    def __init__(
        self,
        world: World,
        *,
        workers: int,
        queue_size: float,
        service: Service,
        sampling: float = 1 / 8,
        resolution: float = 0.001,
        is_telling: bool = True,
    ) -> None:
        self.world = world
        self.workers = workers
        self.queue_size = queue_size
        self.service = service
        self.queue: deque[Task] = deque()
        self.busy = 0
        self.queue_time: float | None = 0.0 if is_telling else None
        self.refused = 0
        self.busy_seconds = 0.0
        self._busy_since = 0.0
        self._sampling = sampling
        self._resolution = resolution

    def take(self, task: Task) -> bool:
        """Run or queue `task`; return False where the queue is full."""
        task.queued_at = self.world.now
        if self.busy < self.workers and not self.queue:
            self._start(task)
        elif len(self.queue) < self.queue_size:
            self.queue.append(task)
        else:
            self.refused += 1
            return False
        return True

    def used(self) -> float:
        """Return the worker-seconds that have been worked."""
        now = self.world.now
        self.busy_seconds += self.busy * (now - self._busy_since)
        self._busy_since = now
        return self.busy_seconds

    def _start(self, task: Task) -> None:
        world = self.world
        self.used()
        self.busy += 1
        waited = world.now - task.queued_at
        seconds = self.service(world.random, task.documents)
        world.at(world.now + seconds, lambda: self._end(task, waited))

    def _end(self, task: Task, waited: float) -> None:
        self.used()
        self.busy -= 1
        if self.queue_time is not None and self.world.random.random() < self._sampling:
            self.queue_time = waited - waited % self._resolution if self._resolution else waited
        if self.queue:
            self._start(self.queue.popleft())
        task.finish()


class Part:
    """What an engine needs to know of a future."""

    __slots__ = ("is_over", "job", "key", "kind", "operation", "payload")

    def __init__(self, operation: Operation[Any]) -> None:
        self.operation = operation
        self.kind = operation.kind
        self.key = operation.key
        self.payload = b"{}"
        self.job: Any = None
        self.is_over = False

    def done(self) -> bool:
        """Say whether it has ended."""
        return self.is_over


def _decode(response: Response, operation: Operation[Any]) -> Any:
    return response


@dataclass
class Row:
    """What was seen of a client at one time."""

    at: float
    limit: float
    in_flight: int
    queued: int
    done: int
    submitted: int
    refused: int
    worked: float


@dataclass
class Client:
    """One manager: a real engine, a backlog, and a network between it and the server."""

    world: World
    server: Server
    backlog: float = float("inf")
    start: float = 0.0
    stop: float = float("inf")
    is_merging: bool = False
    round_trip: float = 0.0005
    cost: float = 15e-6
    max_jobs: int = 1024
    queue_limit: float = 5.0
    done: int = 0
    submitted: int = 0
    refused: int = 0
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = EngineOptions(
            max_jobs=self.max_jobs, queue_limit=self.queue_limit, merge=self.is_merging
        )
        self.engine = Engine(["simulated"], options, self.world.random)
        kind: OperationKind[Any] = OperationKind(
            name="simulated",
            method="POST",
            database="_system",
            path="/",
            decode=_decode,
            error=ArangoServerError,
            merge=_PLAN if self.is_merging else None,
        )
        self._operation = Operation(kind)
        self._inbox: list[tuple[Ask, Meaning, Any, float | None]] = []
        self._finished: dict[str, None] = {}
        self._told: float | None = None
        self._step_at = float("inf")
        self._free_at = 0.0
        self._ahead = 5000 if self.is_merging else 200
        self.ended_at = 0.0
        self.world.at(self.start, self._step)

    @property
    def host(self) -> Any:
        """Return what its engine knows of the server."""
        return self.engine.hosts[0]

    def look(self) -> None:
        """Note the present state."""
        self.rows.append(
            Row(
                self.world.now,
                self.host.window.limit,
                self.host.in_flight,
                len(self.server.queue),
                self.done,
                self.submitted,
                self.refused,
                self.server.used(),
            )
        )

    # ---- the client's thread

    def _wake(self, due: float) -> None:
        due = max(due, self._free_at, self.world.now)
        if due < self._step_at:
            self._step_at = due
            self.world.at(due, self._step_if_due)

    def _step_if_due(self) -> None:
        if self.world.now >= self._step_at:
            self._step()

    def _step(self) -> None:
        now = self.world.now
        self._step_at = float("inf")
        engine = self.engine
        inbox, self._inbox = self._inbox, []
        for ask, meaning, detail, queue_time in inbox:
            if queue_time is not None and queue_time != self._told:
                # As the library does, which reads the header only where it has changed.
                self._told = queue_time
                engine.queue_time(ask, queue_time, now)
            if ask.call is Call.LIST:
                engine.listed(ask, detail, now)
            else:
                engine.heard(ask, meaning, detail, now)
        if now < self.stop:
            while self.backlog > 0 and engine.waiting.count < self._ahead:
                self.backlog -= 1
                engine.add(Part(self._operation), now)
        engine.plan(now)
        messages = len(inbox)
        for action in engine.take_actions():
            if isinstance(action, (Ask, Asks)):
                for ask in action.each() if isinstance(action, Asks) else (action,):
                    messages += 1
                    self._send(ask, now + self.cost * messages)
            elif isinstance(action, Answers):
                for end in action.ends():
                    self._end(end)
            elif isinstance(action, End):
                self._end(action)
        self._free_at = now + self.cost * messages
        due = engine.next_due(now)
        if self._inbox:
            self._wake(now)
        elif due is not None:
            self._wake(due)

    def _end(self, end: End) -> None:
        assert end.outcome is Outcome.ANSWERED
        for part in end.parts:
            part.is_over = True
        self.done += len(end.parts)
        self.ended_at = self.world.now

    # ---- the network and what the server says

    def _send(self, ask: Ask, at: float) -> None:
        self.world.at(at + self.round_trip / 2, lambda: self._arrive(ask))

    def _reply(self, ask: Ask, meaning: Meaning, detail: Any) -> None:
        message = (ask, meaning, detail, self.server.queue_time)

        def come() -> None:
            self._inbox.append(message)
            self._wake(self.world.now)

        self.world.at(self.world.now + self.round_trip / 2, come)

    def _arrive(self, ask: Ask) -> None:
        if ask.call is Call.SUBMIT:
            self._submit(ask)
        elif ask.call is Call.FETCH:
            job = ask.job
            assert job is not None
            assert job.job_id is not None
            if job.job_id in self._finished:
                del self._finished[job.job_id]
                self._reply(ask, Meaning.RESULT, Response(200))
            else:
                self._reply(ask, Meaning.PENDING, None)
        elif ask.call is Call.LIST:
            self._reply(ask, Meaning.OK, list(itertools.islice(self._finished, ask.count)))
        else:
            self._reply(ask, Meaning.OK, self.world.now)

    def _submit(self, ask: Ask) -> None:
        self.submitted += 1
        job_id = JobId(next(self.world.numbers))
        assert ask.job is not None
        if self.server.take(
            Task(len(ask.job.parts), lambda: self._finished.update({job_id: None}))
        ):
            self._reply(ask, Meaning.ACCEPTED, job_id)
        else:
            self.refused += 1
            self._reply(ask, Meaning.QUEUE_FULL, None)


class Intruder:
    """A foreign load: so many callers, each of which is back `pause` seconds after its last job."""

    def __init__(
        self, world: World, server: Server, *, callers: int, start: float, stop: float, pause: float
    ) -> None:
        self._world, self._server, self._stop, self._pause = world, server, stop, pause
        for _ in range(callers):
            world.at(start, self._call)

    def _call(self) -> None:
        if self._world.now < self._stop and not self._server.take(Task(1, self._again)):
            self._again()

    def _again(self) -> None:
        pause = self._world.random.expovariate(1.0 / self._pause)
        self._world.at(self._world.now + pause, self._call)


def watch(world: World, clients: list[Client], interval: float) -> None:
    """Note the state of `clients` every `interval` seconds."""

    def look() -> None:
        for client in clients:
            client.look()
        world.at(world.now + interval, look)

    world.at(0.0, look)
