"""One routed request as a piece of work: run it, then keep its result or hand it back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.jobs import Job
from arango_jobs.local.messages import Response
from arango_jobs.local.routing import Route

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator

__all__ = ["Reply", "Task", "answer"]

Reply = Callable[[Response], None]
_logger = logging.getLogger("arango_jobs.local")


def answer(route: Route, call: Call) -> Response:
    """Call the handler; whatever it raises becomes an ArangoDB error."""
    try:
        transaction_id = call.request.headers.get("x-arango-trx-id")
        if transaction_id is not None:
            return _inside(transaction_id, route, call)
        return route.handler(call)
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

    def run(self) -> Response:
        """Do the work, unless it was cancelled while it waited."""
        if self.asked_to_stop:
            return Response.error(ArangoError(21))
        response = answer(self.route, self.call)
        if response.status == 410 and self._was_stopped():
            return Response.error(ArangoError(21))
        return response

    def _was_stopped(self) -> bool:
        """Tell whether somebody cancelled it while it ran, so that its query was killed."""
        return self.asked_to_stop and self.call.cancelled is not None

    def finish(self, response: Response) -> None:
        """Store the response with the job, or reply with it."""
        if self.stuck:
            return
        if self.job is not None:
            if self.call.request.method == "HEAD":
                response = replace(response, body=b"")
            self.coordinator.finish_job(self.job, response)
        elif self.reply is not None:
            self.reply(response)

    def cancel(self) -> None:
        """Ask the work to stop: what waits fails at once, a running query is killed."""
        self.asked_to_stop = True
        if self.call.cancelled is not None:
            self.call.cancelled.set()
