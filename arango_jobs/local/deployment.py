"""What the Coordinators of one server share: data, users, options, faults, routes.

`call()` answers requests without any socket, for tests of the routes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from arango_jobs.clock import Clock, SystemClock
from arango_jobs.local.clocks import SkewedClock
from arango_jobs.local.coordinator import Coordinator
from arango_jobs.local.faults import Faults
from arango_jobs.local.identity import Authenticator
from arango_jobs.local.jobs import parse_id
from arango_jobs.local.messages import Request, Response
from arango_jobs.local.options import ServerOptions
from arango_jobs.local.queries import QuerySettings
from arango_jobs.local.routes import TABLES
from arango_jobs.local.routing import Router
from arango_jobs.local.scheduler import Executor, ManualExecutor
from arango_jobs.local.store import Store
from arango_jobs.local.store.limits import Limits
from arango_jobs.local.users import Users

__all__ = ["Deployment"]


class Deployment:
    """A single server, or several Coordinators over one set of data."""

    def __init__(
        self,
        options: ServerOptions | None = None,
        *,
        executor: Executor | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        username: str = "root",
        password: str = "",
        jwt_secret: str = "secret",
        authentication: bool = True,
        coordinators: int = 1,
        seed: int = 0,
    ) -> None:
        self.options = options or ServerOptions(cluster=coordinators > 1)
        self.seed = seed
        self.faults = Faults(seed=seed)
        self.clock: Clock = SkewedClock(clock or SystemClock(), self.faults)
        self.store = Store(now=self.clock.time(), limits=limits)
        self.users = Users()
        admin = self.users.create(username, password)
        self.users.grant(admin, "*", None, "rw")
        self.users.grant(admin, "*", "*", "rw")
        self.auth = Authenticator(self.users, self.clock, secret=jwt_secret, enabled=authentication)
        self.query_settings = QuerySettings()
        self.router = Router(TABLES)
        self.executor: Executor = executor or ManualExecutor()
        self.coordinators = [
            Coordinator(index, self, self.executor) for index in range(coordinators)
        ]
        self.addresses: list[str] = []
        # The stream transactions that run, on all Coordinators.
        self.open_transactions = 0
        # What a shutdown request leads to; whoever owns the sockets sets it.
        self.on_shutdown: Callable[[int], None] = lambda index: None
        self.faults.connect(forget=self.forget_job, hold=self.hold, on_change=lambda: None)

    @property
    def stats(self) -> Counter[str]:
        """Return how often each route was called, on all Coordinators together."""
        return sum((Counter(c.stats) for c in self.coordinators), Counter())

    def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        coordinator: int = 0,
    ) -> Response:
        """Answer one request in place; a queued one runs with whatever waits before it."""
        answers: list[Response] = []
        request = Request(method, target, dict(headers or {}), body)
        self.coordinators[coordinator].dispatch(request, answers.append)
        if not answers and isinstance(self.executor, ManualExecutor):
            self.executor.run_all()
        if not answers:
            return Response(0, mishap="hang")
        return answers[0]

    def run_jobs(self) -> None:
        """Run all queued work (only with the executor of tests)."""
        if isinstance(self.executor, ManualExecutor):
            self.executor.run_all()

    def end_idle_transactions(self) -> None:
        """Abort stream transactions that nobody has used for long."""
        for coordinator in self.coordinators:
            coordinator.transactions.expire()

    def forget_job(self, job_id: str) -> bool:
        """Lose a job on whichever Coordinator has it."""
        number = parse_id(job_id)
        return any(c.jobs.delete(number, None) for c in self.coordinators)

    def hold(self, held: bool) -> None:
        """Stop starting queued work, or go on."""
        for coordinator in self.coordinators:
            coordinator.scheduler.held = held
            if not held:
                coordinator.executor.soon(coordinator.scheduler.wake)
