"""A poller without its thread: a transport in memory, a fake clock, and steps on demand."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from arango_jobs import json
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._net.exchange import Exchanges
from arango_jobs._runtime.delivery import DeliveryThread
from arango_jobs._runtime.future import JobFuture
from arango_jobs._runtime.gate import Gate
from arango_jobs._runtime.news import News
from arango_jobs._runtime.poller import Poller
from arango_jobs._wire.signing import Signer
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import MergePlan, Operation, OperationKind, Request, Response
from arango_jobs.testing.clock import FakeClock
from arango_jobs.testing.memory_transport import MemoryTransport

STATISTICS = "/_admin/statistics"


def decode(response: Response, _operation: Operation[Any]) -> Any:
    """Give the body, or raise as a wrapper does."""
    if not response.is_success:
        raise ArangoServerError(f"HTTP {response.status}")
    return response.json()


def kind_of(**changes: Any) -> OperationKind[Any]:
    settings: dict[str, Any] = {
        "name": "document.insert",
        "method": "POST",
        "database": "d",
        "path": "/_api/document/c",
        "decode": decode,
        "error": ArangoServerError,
        **changes,
    }
    return OperationKind(**settings)


def merged_kind(**changes: Any) -> OperationKind[Any]:
    """Return a kind whose operations merge."""
    plan = MergePlan(
        "POST", "/_db/d/_api/document/c", lambda operation: operation.body, lambda one: one, 202
    )
    return kind_of(merge=plan, **changes)


class Token:
    """Credentials that expire when the test says so."""

    username = "root"

    def __init__(self) -> None:
        self.number = 1
        self.is_due = False
        self.is_refused = False

    def header(self) -> str:
        return f"bearer {self.number}"

    def needs_renewal(self, now: float) -> bool:
        return self.is_due

    def can_renew(self) -> bool:
        return True

    def renewal_request(self) -> Request:
        return Request("POST", "/_open/auth")

    def renewed(self, response: Response, now: float) -> None:
        if response.status != 200:
            raise ArangoServerError("wrong password")
        self.is_due = False
        self.number += 1


class Manager:
    """What signals are sent by."""


class Rig:
    """A poller and all that it is made of."""

    def __init__(
        self,
        *,
        loads: Callable[[bytes], Any] = json.loads,
        token: Token | None = None,
        conflict_retries: int = 0,
        **options: Any,
    ) -> None:
        self.clock = FakeClock()
        self.transport = MemoryTransport()
        self.gate = Gate(1000)
        self.delivery = DeliveryThread("rig-delivery", idle=0.01)
        self.manager = Manager()
        self.news = News(self.gate, self.delivery, lambda: self.manager, self.clock.monotonic)
        self.engine = Engine(
            ["http://host"],
            EngineOptions(**{"can_renew": token is not None, **options}),
            Random(1),
        )
        self.refusals: list[Exception] = []
        self.poller = Poller(
            self.engine,
            self.transport,
            clock=self.clock,
            signer=Signer(token, self.clock.time),
            encode=json.dumps,
            loads=loads,
            news=self.news,
            request_timeout=60.0,
            conflict_retries=conflict_retries,
            refuse=self._refuse,
            name="rig",
        )
        self.transport.connect()

    def _refuse(self, error: Exception) -> None:
        self.refusals.append(error)
        self.gate.close(error)

    def submit(self, *operations: Operation[Any], deadline: float | None = None) -> Any:
        """Hand operations in, as the desk does; return their futures."""
        futures = [self._future(operation, deadline) for operation in operations]
        self.step()
        return futures[0] if len(futures) == 1 else futures

    def _future(self, operation: Operation[Any], deadline: float | None) -> JobFuture[Any]:
        assert self.gate.acquire(1, None, False)
        future: JobFuture[Any] = JobFuture(operation, None, self.clock.monotonic())
        future.payload = b"" if operation.body is None else json.dumps(operation.body)
        due = None if deadline is None else self.clock.monotonic() + deadline
        self.poller.inbox.append(future if due is None else (future, due))
        return future

    def step(self) -> bool:
        """Step until nothing more happens at this time."""
        while True:
            sent = len(self.transport.sent)
            is_idle = self.poller.step(0.0)
            due = self.engine.next_due(self.clock.monotonic())
            is_due = due is not None and due <= self.clock.monotonic()
            if len(self.transport.sent) == sent and not self.transport._ready and not is_due:
                return is_idle

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.step()

    def waiting(self, part: str) -> list[Exchanges]:
        """Return the exchanges without an answer whose request line has `part`."""
        return [
            each
            for each in self.transport.waiting
            if part in f"{each.request.method} {each.request.target}"
        ]

    def answer(self, part: str, status: int = 200, body: Any = None, **headers: str) -> Exchanges:
        """Answer the oldest of them."""
        exchange = self.waiting(part)[0]
        encoded = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.transport.answer(status, encoded, headers=named, to=exchange)
        self.step()
        return exchange

    def accept(self, job_id: str = "101", part: str = "POST /_db/d/_api/document") -> Exchanges:
        return self.answer(part, 202, x_arango_async_id=job_id)

    def finish(self, body: Any, status: int = 202, job_id: str = "101") -> Exchanges:
        """Answer the oldest fetch with the job's own answer."""
        return self.answer("PUT", status, body, x_arango_async_id=job_id)

    def identify(self, uptime: float = 1e6) -> None:
        self.answer(STATISTICS, 200, {"server": {"uptime": uptime}})

    def drain(self) -> None:
        """Let the delivery thread tell all that there is to be told."""
        assert self.delivery.flush(5.0)

    def close(self) -> None:
        assert self.delivery.stop(5.0)
