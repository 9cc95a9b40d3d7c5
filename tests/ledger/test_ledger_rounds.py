"""One round of a poller with a journal: what is written before what, and what if it cannot be."""

from __future__ import annotations

import random
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from arango_jobs import (
    ArangoClient,
    JobFuture,
    LedgerError,
    StandardDatabase,
    SubmitOutcomeUnknownError,
)
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._runtime.delivery import DeliveryThread
from arango_jobs._runtime.endings import Ended
from arango_jobs._runtime.gate import Gate
from arango_jobs._runtime.news import News
from arango_jobs._runtime.poller import Poller
from arango_jobs._wire.signing import Signer
from arango_jobs.testing import FakeClock
from arango_jobs.testing.memory_transport import MemoryTransport

HOST = "http://one:8529"
IDENTIFY = "/_db/test/_admin/statistics"


class Diary:
    """A journal that notes what it is told, and whether anything had been sent by then."""

    def __init__(self, transport: MemoryTransport) -> None:
        self.notes: list[str] = []
        self.sent_at_commit: list[int] = []
        self.error: LedgerError | None = None
        self._transport = transport

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_what: self.notes.append(name)

    def ended(self, ended: Ended) -> None:
        if ended.count:
            self.notes.append("ended")

    def commit(self) -> None:
        self.sent_at_commit.append(_submissions(self._transport))
        self.notes.append("commit")
        if self.error is not None:
            raise self.error


def _submissions(transport: MemoryTransport) -> int:
    return sum(each.request.target != IDENTIFY for each in transport.sent)


class Owner:
    """What the futures ask nothing of."""

    def is_io_thread(self) -> bool:
        return False


class World:
    """A poller without a thread."""

    def __init__(self, max_jobs: int = 10, **options: Any) -> None:
        self.clock = FakeClock()
        self.transport = MemoryTransport()
        self.diary = Diary(self.transport)
        self.refusals: list[Exception] = []
        self.client = ArangoClient(hosts=HOST)
        db: Any = self.client.db("test", username="root", password="", verify=False)
        self.db: StandardDatabase[Any] = db
        gate = Gate(100)
        self.gate = gate
        self.poller = Poller(
            Engine(
                [HOST], EngineOptions(max_jobs=max_jobs, merge=False, **options), random.Random(1)
            ),
            self.transport,
            clock=self.clock,
            signer=Signer(None, self.clock.time),
            encode=db.conn.dumps,
            loads=db.conn.sender.loads,
            news=News(gate, DeliveryThread("none"), weakref.ref(self), self.clock.monotonic),
            request_timeout=60.0,
            journal=self.diary,  # type: ignore[arg-type]  # as good as one
            refuse=self.refusals.append,
        )

    def submit(self, count: int) -> list[JobFuture[Any]]:
        """Hand in inserts; a round has to take them in."""
        self.gate.acquire(count)
        insert: Any = self.db.collection("c").insert
        futures = []
        for number in range(count):
            build = insert.__func__.__wrapped__
            operation = build(insert.__self__, {"_key": f"k{number}"})
            future: JobFuture[Any] = JobFuture(operation)
            future.payload = self.db.conn.encode(operation)
            futures.append(future)
            self.poller.inbox.append(future)
        return futures

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer what waits but for questions of who it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for exchange in list(self.transport.waiting):
            if exchange.request.target != IDENTIFY:
                self.transport.answer(status, body, headers=named, to=exchange)


@pytest.fixture
def world() -> World:
    return World()


def test_order(world: World) -> None:
    """Nothing is sent before it was committed."""
    world.submit(2)
    world.poller.step(0.0)
    assert world.diary.notes == ["taken", "taken", "sending", "sending", "commit"]
    assert world.diary.sent_at_commit == [0]
    assert _submissions(world.transport) == 2


def test_accepted_and_ended(world: World) -> None:
    """An id and an outcome are told when they come, and committed by the next round."""
    (future,) = world.submit(1)
    world.poller.step(0.0)
    world.answer(202, x_arango_async_id="7")
    world.poller.step(0.0)
    assert "accepted" in world.diary.notes
    world.clock.advance(1)
    world.poller.step(0.0)
    world.answer(201, b'{"_id":"c/k0","_key":"k0","_rev":"_1"}', x_arango_async_id="7")
    world.poller.step(0.0)
    assert future.result(timeout=0)["_key"] == "k0"
    assert "ended" in world.diary.notes
    world.poller.step(0.0)
    assert world.diary.notes[-1] == "commit"


def test_adopted() -> None:
    """An id that was found is told as if the server had told it."""
    world = World(exclusive_user=True)
    world.transport.connect()
    for job_id in ("7", None):
        world.submit(1)
        world.poller.step(0.0)
        if job_id is not None:
            world.answer(202, x_arango_async_id=job_id)
            world.poller.step(0.0)
            world.answer(201, b'{"_key":"k0"}', x_arango_async_id=job_id)
            world.poller.step(0.0)
    submitted = world.transport.waiting[-1]
    world.transport.fail(may_have_run=True, to=submitted, connection=1)
    world.poller.step(0.0)
    world.poller.step(0.0)
    world.answer(200, b"[]")
    world.poller.step(0.0)
    world.answer(200, b'["8"]')
    world.poller.step(0.0)
    world.diary.notes.clear()
    world.transport.answer(200, b'{"server":{"uptime":1e6}}', to=world.transport.waiting[-1])
    world.poller.step(0.0)
    assert world.transport.waiting[-1].request.target.endswith("/_api/job/8")
    assert world.diary.notes.count("accepted") == 1


def test_refused(world: World) -> None:
    """It is told that nothing has run."""
    world.submit(1)
    world.poller.step(0.0)
    world.answer(503, b'{"error":true,"errorNum":21003,"code":503}')
    world.poller.step(0.0)
    assert "refused" in world.diary.notes
    assert "accepted" not in world.diary.notes


def test_commit_that_fails(world: World) -> None:
    """Nothing is sent; what was to be sent, what waits and what comes in ends at once."""
    world.poller.engine.hosts[0].window.limit = 1.0
    world.diary.error = LedgerError("the disk is full", path="/x")
    futures = world.submit(5)
    world.poller.step(0.0)
    assert _submissions(world.transport) == 0
    errors = [future.exception(timeout=0) for future in futures]
    assert [type(error) for error in errors] == [LedgerError] * 5
    assert {getattr(error, "path", "") for error in errors} == {"/x"}
    assert world.refusals == [world.diary.error]
    assert "close" in world.diary.notes
    (late,) = world.submit(1)
    world.poller.step(0.0)
    assert isinstance(late.exception(timeout=0), LedgerError)
    assert world.poller.engine.is_idle


def test_jobs_that_were_sent_before_a_commit_failed(world: World) -> None:
    """They go on to their own ends, and the journal hears nothing of it any more."""
    (future,) = world.submit(1)
    world.poller.step(0.0)
    world.answer(202, x_arango_async_id="7")
    world.poller.step(0.0)
    world.diary.error = LedgerError("the disk is full", path="/x")
    world.poller.step(0.0)
    told = len(world.diary.notes)
    world.clock.advance(1)
    world.poller.step(0.0)
    world.answer(201, b'{"_id":"c/k0","_key":"k0","_rev":"_1"}', x_arango_async_id="7")
    world.poller.step(0.0)
    assert future.result(timeout=0)["_key"] == "k0"
    assert len(world.diary.notes) == told


def test_sent_before_and_to_be_sent_again(world: World) -> None:
    """Where an earlier try may have run, it is unknown and not unsent."""
    (future,) = world.submit(1)
    world.poller.inbox.clear()
    world.poller.engine.resend([future], 1, world.clock.monotonic())
    world.diary.error = LedgerError("the disk is full", path="/x")
    world.poller.step(0.0)
    assert isinstance(future.exception(timeout=0), SubmitOutcomeUnknownError)
