"""An engine with a test in place of server and network: it says itself what comes of each call."""

from __future__ import annotations

from typing import Any

from core_parts import FakePart, kind_of
from core_world import Answer, World, Written

from arango_jobs._core.engine import EngineOptions
from arango_jobs._core.meanings import Call, Meaning

ID = "101"


def crowded_bench(count: int = 50) -> Bench:
    """Return a world whose known host has accepted `count` jobs that must not be repeated."""
    bench = Bench(max_jobs=100, merge=False)
    bench.host.window.limit = 100.0
    bench.connect()
    bench.submit(*(FakePart(kind_of("document.insert")) for _ in range(count)))
    bench.know()
    for number in range(count):
        bench.accept(str(1000 + number))
    return bench


class Bench:
    """One world whose calls wait until the test answers them."""

    def __init__(self, hosts: int = 1, **options: Any) -> None:
        self.world = World(hosts, options=EngineOptions(**{"can_renew": True, **options}))
        self.engine = self.world.engine
        self.host = self.engine.hosts[0]

    @property
    def now(self) -> float:
        return self.world.now

    def submit(self, *parts: FakePart, deadline: float | None = None) -> None:
        for part in parts:
            self.world.add(part, deadline)
        self.world.plan()

    def pass_time(self, seconds: float) -> None:
        self.world.advance(seconds)

    def pass_to_next(self) -> None:
        """Let time pass until something is due."""
        due = self.engine.next_due(self.now)
        assert due is not None
        self.pass_time(max(0.0, due - self.now))

    def waiting(self, call: Call | None = None) -> list[Written]:
        """Return the calls that have no answer yet."""
        found = [written for link in self.world.links for written in link.queue]
        return [each for each in found if call is None or each.ask.call is call]

    def answer(self, call: Call, meaning: Meaning, detail: Any = None) -> Written:
        """Answer the oldest call of that sort."""
        written = self.waiting(call)[0]
        self.world.links[written.ask.host].queue.remove(written)
        if detail is None and meaning in (Meaning.RESULT, Meaning.PENDING, Meaning.UNKNOWN_JOB):
            detail = Answer(200)
        self.world.hear(written, meaning, detail)
        self.world.plan()
        return written

    def succeed(self, values: dict[FakePart, Any] | None = None) -> None:
        """Answer the oldest fetch with a result."""
        job = self.waiting(Call.FETCH)[0].ask.job
        assert job is not None
        for part in job.parts:
            self.world.runs[part] += 1
        ran = {part: ("ran", part.number) for part in job.parts}
        self.answer(Call.FETCH, Meaning.RESULT, Answer(201, values or ran))

    def accept(self, job_id: str = ID) -> None:
        self.answer(Call.SUBMIT, Meaning.ACCEPTED, job_id)

    def know(self, uptime: float = 1e6) -> None:
        """Answer who the host is."""
        self.answer(Call.IDENTIFY, Meaning.OK, uptime)

    def answer_on(self, connection: int, uptime: float) -> None:
        """Answer who the host is, on the connection of that number."""
        self.waiting(Call.IDENTIFY)[0].ask.connection = connection
        self.know(uptime)

    def connect(self, host: int = 0) -> None:
        self.engine.connected(host, self.now)
        self.world.plan()

    def bring(self, part: FakePart, state: str, deadline: float | None = None) -> None:
        """Bring the job of `part` to a state."""
        self.connect()
        self.submit(part, deadline=deadline)
        self.know()
        if state == "submitting":
            return
        self.accept()
        if state == "fetching":
            return
        if state == "asking":
            self.answer(Call.FETCH, Meaning.BROKEN)
            return
        assert state == "pending"
        self.answer(Call.FETCH, Meaning.PENDING)
