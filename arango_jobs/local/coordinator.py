"""One Coordinator (or the single server): from a request to its reply.

Checks, forwards, queues. Knows the order of things (server-protocol.md §1.3); the endpoints
themselves are in `routes`, the sockets in `net`.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from arango_jobs.clock import Clock
from arango_jobs.local import checks, forwarding
from arango_jobs.local.call import Call
from arango_jobs.local.cursors import Cursors
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.faults import Fault
from arango_jobs.local.jobs import Job, JobTable
from arango_jobs.local.messages import Request, Response
from arango_jobs.local.queries import Queries
from arango_jobs.local.routing import UNKNOWN, Route
from arango_jobs.local.scheduler import Executor, Scheduler
from arango_jobs.local.store.ticks import Ticks
from arango_jobs.local.task import Reply, Task
from arango_jobs.local.transactions import Transactions

if TYPE_CHECKING:
    from arango_jobs.local.deployment import Deployment

__all__ = ["FIRST_TICK", "Coordinator"]

FIRST_TICK = 65_536
# Bodies above this are worked on by a thread, so that others need not wait for them.
_BIG_BODY = 1 << 18
# How often a soft shutdown looks whether all is clear.
_SOFT_SHUTDOWN_LOOKS = 2.0
_Target = tuple[str, str, Route, dict[str, str], dict[str, str]]


class Coordinator:
    """A server with its own job table, queue, cursors and transactions over shared data."""

    def __init__(self, index: int, deployment: Deployment, executor: Executor) -> None:
        options = deployment.options
        self.index = index
        self.short_id = index + 1 if options.cluster else 0
        rng = random.Random(f"{deployment.seed}/{index}")
        prefix = "CRDN" if options.cluster else "SNGL"
        self.server_id = f"{prefix}-{uuid.UUID(int=rng.getrandbits(128), version=4)}"
        self.deployment = deployment
        self.clock: Clock = deployment.clock
        self.executor = executor
        self.ticks = Ticks(FIRST_TICK)
        self.jobs = JobTable(shuffle=rng if options.shuffle_lists else None)
        self.scheduler = self._new_scheduler()
        self.cursors = Cursors(self)
        self.queries = Queries(self)
        self.transactions = Transactions(self)
        self.stats: Counter[str] = Counter()
        self.stopping = False
        self.soft_shutdown = False
        self.alive = True
        self.started_at = self.clock.time()
        self._targets: dict[tuple[str, str], _Target] = {}

    def _new_scheduler(self) -> Scheduler:
        options = self.deployment.options
        return Scheduler(
            self.executor,
            self.clock,
            workers=options.workers,
            queue_size=options.queue_size,
            service_time=options.service_time,
        )

    # ids

    def new_id(self) -> int:
        """Return a new id with this server's short id in its upper 24 bits."""
        return (self.short_id << 40) | (self.ticks.next() & ((1 << 40) - 1))

    # one exchange

    def dispatch(self, request: Request, reply: Reply, *, front: Coordinator | None = None) -> None:
        """Answer `request` by calling `reply`, now or later; `front` forwarded it."""
        if request.method == "OPTIONS":
            reply(Response(200, headers={"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"}))
            return
        try:
            target = self._resolve(request)
        except ArangoError as error:
            reply(Response.error(error))
            return
        route = target[2]
        if front is None:
            self.stats[route.name] += 1
            fault = self.deployment.faults.choose(route.name, self.index)
            if fault is not None:
                self._misbehave(fault, request, target, reply)
                return
        self._admit(request, target, reply, front)

    def _misbehave(self, fault: Fault, request: Request, target: _Target, reply: Reply) -> None:
        action = fault.action
        if action == "delay":
            self.executor.later(fault.seconds, lambda: self._admit(request, target, reply, None))
        elif action in ("refuse", "close_before", "hang"):
            reply(Response(0, mishap=action))
        elif action == "respond":
            error_num = fault.error_num if fault.error_num is not None else 503
            reply(Response.error(ArangoError(error_num, fault.message, fault.status)))
        else:
            self._admit(request, target, lambda response: reply(_spoil(fault, response)), None)

    def _admit(
        self, request: Request, target: _Target, reply: Reply, front: Coordinator | None
    ) -> None:
        try:
            if self.deployment.open_transactions:
                self.deployment.end_idle_transactions()
            call = self._call(request, target)
            route = target[2]
            if front is None and self.deployment.options.cluster:
                owner = forwarding.owner_of(self, call)
                if owner is not None:
                    forwarding.Forwarded(self, owner, request, reply).send()
                    return
            self._enqueue(call, route, reply)
        except ArangoError as error:
            reply(Response.error(error, checks.challenge(request, error)))

    def _resolve(self, request: Request) -> _Target:
        cache_key = (request.method, request.target)
        found = self._targets.get(cache_key)
        if found is None:
            found = self._parse(request)
            if len(self._targets) >= 2000:
                self._targets.clear()
            self._targets[cache_key] = found
        return found

    def _parse(self, request: Request) -> _Target:
        path, query = request.path, request.query
        database = "_system"
        if path.startswith("/_db/"):
            name, _, rest = path[5:].partition("/")
            database, path = forwarding.decode(name), "/" + rest
        route, params = self.deployment.router.find(request.method, path)
        return database, path, route, params, query

    def _call(self, request: Request, target: _Target) -> Call:
        database_name, path, _, params, query = target
        identity, database = checks.admit(self, request, database_name, path)
        request = checks.decoded(request)
        checks.check_queue_time(self, request)
        return Call(request, self, database, identity, path, params, query)

    @property
    def queue_time(self) -> float:
        """Return the last known queue time of low-priority work, in seconds."""
        shown = self.deployment.faults.shown_queue_time
        return self.scheduler.queue_time if shown is None else shown

    # queueing

    def _enqueue(self, call: Call, route: Route, reply: Reply) -> None:
        kind = call.request.headers.get("x-arango-async")
        if kind not in ("store", "true"):
            self._queue(self._task(call, route, reply), at_once=True)
            return
        if route is UNKNOWN and self.deployment.options.routes_first:
            reply(Response(404))
            return
        task = self._task(call, route, None)
        headers = {}
        if kind == "store":
            if self.soft_shutdown:
                raise ArangoError(21003)
            job = self.jobs.add(self.new_id(), call.identity.name, self.clock.time(), task)
            task.job = job
            try:
                # The 202 goes out first: nothing of the work may be waited for.
                self._queue(task, at_once=False)
            except ArangoError:
                if not self.deployment.options.faithful_phantoms:
                    self.jobs.delete(job.id, None)
                raise
            headers["X-Arango-Async-Id"] = str(job.id)
        else:
            self._queue(task, at_once=False)
        reply(Response(202, headers=headers))

    def _task(self, call: Call, route: Route, reply: Reply | None) -> Task:
        slow = (
            route.slow
            or len(call.request.body) > _BIG_BODY
            or (bool(call.database.costly) and call.is_costly)
        )
        if route.slow:
            call.cancelled = threading.Event()
        task = Task(self, route, call, reply, slow=slow)
        per_document = self.deployment.options.per_document_time
        if per_document:
            # An upper bound that costs nothing: every document of an array has its braces.
            task.seconds = per_document * max(1, call.request.body.count(b"{"))
        return task

    def _queue(self, task: Task, *, at_once: bool) -> None:
        if self.deployment.faults.take_queue_full() or not self.scheduler.submit(
            task, at_once=at_once
        ):
            raise ArangoError(21003)

    def finish_job(self, job: Job, response: Response) -> None:
        """Keep the result of a job."""
        self.jobs.finish(job, response, self.clock.time())

    # life

    def open_work(self) -> dict[str, int]:
        """Return what a soft shutdown waits for."""
        return {
            "AQLcursors": len(self.cursors),
            "transactions": len(self.transactions.running()),
            "pendingJobs": self.jobs.count(done=False),
            "doneJobs": self.jobs.count(done=True),
            "pregelConductors": 0,
            "lowPrioOngoingRequests": self.scheduler.busy,
            "lowPrioQueuedRequests": len(self.scheduler),
        }

    def begin_soft_shutdown(self) -> None:
        """Refuse new jobs, cursors and transactions; stop when nothing is left."""
        if not self.soft_shutdown:
            self.soft_shutdown = True
            self.executor.later(_SOFT_SHUTDOWN_LOOKS, self._stop_when_clear)

    def _stop_when_clear(self) -> None:
        if not self.soft_shutdown:
            return
        if any(self.open_work().values()):
            self.executor.later(_SOFT_SHUTDOWN_LOOKS, self._stop_when_clear)
        else:
            self.deployment.on_shutdown(self.index)

    def crash(self) -> None:
        """Lose jobs, cursors, transactions and everything queued."""
        for job in self.jobs.snapshot():
            if job.work is not None and not job.done:
                job.work.cancel()
        self.queries.kill_all()
        # What still runs reports to the old scheduler, whose busy workers nobody counts any more.
        self.scheduler.forget()
        held = self.scheduler.held
        self.scheduler = self._new_scheduler()
        self.scheduler.held = held
        self.jobs.clear()
        self.cursors.clear()
        self.transactions.abort_all()
        self.alive = False

    def revive(self) -> None:
        """Come back after a crash: ids begin where they began (server-protocol.md §2.2)."""
        self.ticks.lower_to(FIRST_TICK)
        self.stopping = self.soft_shutdown = False
        self.started_at = self.clock.time()
        self.alive = True


def _spoil(fault: Fault, response: Response) -> Response:
    if fault.action == "drop_header":
        kept = {k: v for k, v in response.headers.items() if k.lower() != fault.header.lower()}
        return replace(response, headers=kept)
    if fault.action == "replace_body":
        return replace(response, body=fault.body)
    return replace(response, mishap=fault.action, garbage=fault.body)
