"""One routed request as a piece of work: run it, then keep its result or hand it back."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.jobs import Job
from arango_jobs.local.messages import Response
from arango_jobs.local.routing import Route
from arango_jobs.local.scheduler import Scheduler
from arango_jobs.local.store.locks import BusyError

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Reply", "Task", "answer"]

Reply = Callable[[Response], None]
_logger = logging.getLogger("arango_jobs.local")


def answer(route: Route, call: Call) -> Response:
    """Call the handler; what it raises becomes an ArangoDB error, but for `BusyError`."""
    try:
        transaction_id = call.request.headers.get("x-arango-trx-id")
        if transaction_id is not None:
            return _inside(transaction_id, route, call)
        return route.handler(call)
    except BusyError:
        raise
    except ArangoError as error:
        return Response.error(error)
    except RecursionError:
        return Response.error(ArangoError(600, "VPackError error: Too deep nesting"))
    except Exception:
        _logger.exception("%s failed", route.name)
        return Response.error(ArangoError(4))


def _inside(transaction_id: str, route: Route, call: Call) -> Response:
    transactions = call.coordinator.transactions
    found = transactions.get(transaction_id, call.database.name, call.identity.owner)
    with transactions.use(found) as call.transaction:
        return route.handler(call)


class Task:
    """The work behind a request; of an asynchronous one, also behind its job."""

    __slots__ = (
        "_busy",
        "_give_up_at",
        "_is_waiting",
        "_scheduler",
        "_turn",
        "asked_to_stop",
        "call",
        "coordinator",
        "job",
        "lane",
        "queued_at",
        "reply",
        "route",
        "seconds",
        "slow",
        "stuck",
    )

    def __init__(
        self, coordinator: Coordinator, route: Route, call: Call, reply: Reply | None, *, slow: bool
    ) -> None:
        self.coordinator = coordinator
        self.route = route
        self.call = call
        self.reply = reply
        self.lane = route.lane
        self.slow = slow
        self.job: Job | None = None
        self.queued_at = 0.0
        self.seconds = 0.0
        self.asked_to_stop = False
        self.stuck = False
        self._busy: BusyError | None = None
        self._give_up_at: float | None = None
        # Counts the waits for a lock, so that what ends one of them cannot end another.
        self._turn = 0
        self._is_waiting = False
        self._scheduler: Scheduler | None = None

    def run(self) -> Response:
        """Do the work, unless it was cancelled while it waited."""
        if self.asked_to_stop:
            return Response.error(ArangoError(21))
        try:
            response = answer(self.route, self.call)
        except BusyError as busy:
            self._busy = busy
            return Response.error(busy)
        if response.status == 410 and self._was_stopped():
            return Response.error(ArangoError(21))
        return response

    def _was_stopped(self) -> bool:
        """Tell whether somebody cancelled it while it ran, so that its query was killed."""
        return self.asked_to_stop and self.call.cancelled is not None

    def finish(self, response: Response) -> None:
        """Store the response with the job, or reply with it."""
        busy, self._busy = self._busy, None
        if self.stuck or (busy is not None and self._wait(busy)):
            return
        if self.job is not None:
            if self.call.request.method == "HEAD":
                response = replace(response, body=b"")
            self.coordinator.finish_job(self.job, response)
        elif self.reply is not None:
            self.reply(response)

    def _wait(self, busy: BusyError) -> bool:
        """Wait for a lock, to be run again; return False when it is too late for that."""
        coordinator = self.coordinator
        now = coordinator.clock.monotonic()
        if self._give_up_at is None:
            seconds = busy.seconds
            if seconds is None:
                seconds = coordinator.deployment.options.lock_timeout
            self._give_up_at = now + seconds
        if now >= self._give_up_at or coordinator.stopping:
            return False
        has_waited = self._turn > 0
        self._turn += 1
        turn, self._is_waiting = self._turn, True
        self._scheduler = coordinator.scheduler
        busy.wait(lambda: self._try_again(turn), first=has_waited)
        if self._give_up_at < math.inf:
            coordinator.executor.later(
                self._give_up_at - now, lambda: self._stop_waiting(turn, Response.error(busy))
            )
        return True

    def _try_again(self, turn: int) -> bool:
        if turn != self._turn or self.asked_to_stop:
            return False
        self.coordinator.executor.soon(lambda: self._run_again(turn))
        return True

    def _run_again(self, turn: int) -> None:
        scheduler = self.coordinator.scheduler
        # A crash takes what waits, too.
        if turn == self._turn and scheduler is self._scheduler:
            self._is_waiting = False
            scheduler.repeat(self)

    def _stop_waiting(self, turn: int, response: Response) -> None:
        if turn == self._turn and self._is_waiting:
            self._turn += 1
            self._is_waiting = False
            self.finish(response)

    def cancel(self) -> None:
        """Ask the work to stop: what waits fails at once, a running query is killed."""
        self.asked_to_stop = True
        if self.call.cancelled is not None:
            self.call.cancelled.set()
        if self._is_waiting:
            turn = self._turn
            response = Response.error(ArangoError(21))
            self.coordinator.executor.soon(lambda: self._stop_waiting(turn, response))
