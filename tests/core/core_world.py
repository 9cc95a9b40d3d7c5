"""A small world for the engine: Coordinators with jobs, connections that break, and a fake time.

It plays the poller (`Driver`), the transport (`Link`) and the servers (`Process`), and checks
what nobody may ever see: a call for a job that is not ours, an operation run twice that must
not be, an end that is not true, a busy wait.

The rule of the transport that the engine relies on: what has come in on old connections is
told before a new one; a call with an epoch is not written on a newer connection.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from random import Random
from typing import Any

from core_parts import FakePart

from arango_jobs._core.actions import (
    Adopted,
    Answers,
    Ask,
    Asks,
    End,
    Outcome,
    Responses,
    WindowChange,
)
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import TIDY, Call, Meaning
from arango_jobs.operations import Retry

LATE = 30.0
"""Seconds for which a server may take what has come in on a connection that is gone."""
AT_ONCE = {
    (Call.SUBMIT, Meaning.ACCEPTED),
    (Call.FETCH, Meaning.RESULT),
    (Call.FETCH, Meaning.PENDING),
}
"""What the poller tells of many calls at once."""
CONFLICT = "unique constraint violated"


@dataclass(eq=False)
class Answer:
    """A response, as far as the engine looks at one."""

    status: int
    values: dict[FakePart, Any] = field(default_factory=dict)
    body: bytes = b""


@dataclass(eq=False)
class Entry:
    """A job on a server; `job` is None for one of another program."""

    job: Job | None
    parts: list[FakePart]
    is_told: bool = False
    """Whether we have been told its id."""
    is_cancelled: bool = False
    is_stuck: bool = False
    is_refused: bool = False
    """Whether the queue was full for it: it is listed as pending for ever (§1.5)."""
    answer: Answer | None = None


class Process:
    """One run of a Coordinator: what it has is gone when it ends."""

    def __init__(self, world: World, tick: int) -> None:
        self.world = world
        self.tick = tick
        # It has been up for a moment before it takes connections.
        self.started_at = world.now - 0.3
        self.entries: dict[str, Entry] = {}

    def accept(self, job: Job | None, parts: list[FakePart]) -> str:
        self.tick += 1
        job_id = str(self.tick)
        self.entries[job_id] = Entry(job, parts)
        return job_id

    def finish(self, entry: Entry) -> None:
        """Run a job that waits."""
        if entry.is_cancelled:
            entry.answer = Answer(410)
            return
        entry.answer = Answer(201, {part: self.world.run(part) for part in entry.parts})

    def pending(self) -> list[Entry]:
        return [each for each in self.entries.values() if each.answer is None]

    def forget_refused(self) -> None:
        """Let go of what a full queue has left behind."""
        for job_id in [job_id for job_id, entry in self.entries.items() if entry.is_refused]:
            del self.entries[job_id]

    # Answers to calls: a meaning and what comes with it.

    def answer(self, call: Written) -> tuple[Meaning, Any]:
        return getattr(self, f"_{call.ask.call.name.lower()}")(call)

    def _submit(self, call: Written) -> tuple[Meaning, Any]:
        assert call.ask.job is not None
        if len(call.parts) > self.world.largest_array:
            return Meaning.ARRAY_REFUSED, Answer(413)
        job_id = self.accept(call.ask.job, call.parts)
        return Meaning.ACCEPTED, job_id

    def _own(self, ask: Ask) -> Entry | None:
        assert ask.job is not None
        entry = self.entries.get(ask.job.job_id or "")
        if entry is not None and ask.call not in (Call.ASK, Call.OWNER):
            is_ours = entry.job is ask.job
            if ask.call in TIDY and entry.job is not None and ask.job.is_abandoned:
                # Of those that nobody waits for, it does not matter which one is deleted as which.
                is_ours = is_ours or entry.is_refused or entry.job.is_abandoned
            assert is_ours, f"{ask.call.value} of a job that is not ours: {ask.job!r}"
        return entry

    def _fetch(self, call: Written) -> tuple[Meaning, Any]:
        entry = self._own(call.ask)
        if entry is None:
            return Meaning.UNKNOWN_JOB, Answer(404)
        if entry.answer is None:
            return Meaning.PENDING, Answer(204)
        del self.entries[call.ask.job.job_id]  # type: ignore[union-attr, arg-type]
        return Meaning.RESULT, entry.answer

    def _ask(self, call: Written) -> tuple[Meaning, Any]:
        entry = self._own(call.ask)
        if entry is None:
            return Meaning.UNKNOWN_JOB, Answer(404)
        return (Meaning.PENDING if entry.answer is None else Meaning.OK), Answer(200)

    def _owner(self, call: Written) -> tuple[Meaning, Any]:
        return self._ask(call)[0], False

    def _cancel(self, call: Written) -> tuple[Meaning, Any]:
        entry = self._own(call.ask)
        if entry is None:
            return Meaning.UNKNOWN_JOB, Answer(404)
        entry.is_cancelled = True
        return Meaning.OK, Answer(200)

    def _delete(self, call: Written) -> tuple[Meaning, Any]:
        entry = self._own(call.ask)
        if entry is None:
            return Meaning.UNKNOWN_JOB, Answer(404)
        del self.entries[call.ask.job.job_id]  # type: ignore[union-attr, arg-type]
        return Meaning.OK, Answer(200)

    def _list(self, call: Written) -> tuple[Meaning, Any]:
        done = [job_id for job_id, entry in self.entries.items() if entry.answer is not None]
        self.world.random.shuffle(done)
        return Meaning.OK, done[: call.ask.count]

    def _search_pending(self, call: Written) -> tuple[Meaning, Any]:
        return self._search(call, is_done=False)

    def _search_done(self, call: Written) -> tuple[Meaning, Any]:
        return self._search(call, is_done=True)

    def _search(self, call: Written, *, is_done: bool) -> tuple[Meaning, Any]:
        found = [
            int(job_id)
            for job_id, entry in self.entries.items()
            if (entry.answer is not None) is is_done
        ]
        self.world.random.shuffle(found)
        return Meaning.OK, found[: call.ask.count]

    def _search_host(self, call: Written) -> tuple[Meaning, Any]:
        return self._identify(call)

    def _identify(self, _call: Written) -> tuple[Meaning, Any]:
        return Meaning.OK, self.world.now - self.started_at

    def _confirm(self, call: Written) -> tuple[Meaning, Any]:
        return Meaning.OK, {part: self.world.documents.get(part.key) for part in call.parts}

    def _explain(self, call: Written) -> tuple[Meaning, Any]:
        return Meaning.OK, call.parts[0].kind.name == "aql.read"

    def _renew(self, _call: Written) -> tuple[Meaning, Any]:
        self.world.is_expired = False
        return Meaning.OK, True


@dataclass(eq=False)
class Written:
    """A call on its way, with what it carried when it was sent."""

    ask: Ask
    parts: list[FakePart]
    asks: Asks | None = None
    """What else was decided at once with it."""


@dataclass(eq=False)
class Connection:
    number: int
    process: Process
    written: deque[Written] = field(default_factory=deque)
    answers: deque[tuple[Written, Meaning, Any]] = field(default_factory=deque)


def _what_is_told_at_once(answer: tuple[Written, Meaning, Any]) -> Any:
    call, meaning, detail = answer
    return call.asks, meaning, detail.status if isinstance(detail, Answer) else None


class Link:
    """The way to one Coordinator."""

    def __init__(self, world: World, index: int) -> None:
        self.world = world
        self.index = index
        self.process = Process(world, 100)
        self.is_up = True
        self.made = 0
        self.queue: deque[Written] = deque()
        self.connections: list[Connection] = []
        self.faults: deque[Meaning] = deque()
        self.late: deque[tuple[float, Process, Written]] = deque()
        """Submissions whose connection is gone, which a server may take all the same."""

    # What the transport does.

    def write(self) -> None:
        """Write what waits longest, or fail it where no connection may carry it."""
        if not self.queue:
            return
        epoch = self.queue[0].ask.epoch
        fit = [
            each for each in self.connections if epoch in (0, each.number) or each.number < epoch
        ]
        if fit:
            self.world.random.choice(fit).written.append(self.queue.popleft())
        elif self.connections or self.made > epoch > 0:
            self.world.hear(self.queue.popleft(), Meaning.MOVED, None)

    def dial(self) -> None:
        if not self.is_up:
            waiting, self.queue = self.queue, deque()
            for call in waiting:
                self.world.hear(call, Meaning.UNREACHABLE, None)
            return
        for old in self.connections:
            self._read(old)
        self.made += 1
        self.connections.append(Connection(self.made, self.process))
        self.world.engine.connected(self.index, self.world.now)

    def _read(self, connection: Connection) -> None:
        while connection.answers:
            self.deliver(connection, len(connection.answers))

    def deliver(self, connection: Connection, count: int = 1) -> None:
        """Tell of the next answers, those that mean the same at once."""
        answers = [connection.answers.popleft() for _ in range(min(count, len(connection.answers)))]
        for call, _meaning, _detail in answers:
            if call.ask.call is Call.IDENTIFY:
                call.ask.connection = connection.number
        for _, run in groupby(answers, _what_is_told_at_once):
            self.world.hear_all(list(run))

    def break_off(self, connection: Connection) -> None:
        """Close a connection: what is on it has run or not, and no answer comes."""
        self.connections.remove(connection)
        calls = [call for call, _meaning, _detail in connection.answers]
        late = [call for call in connection.written if call.ask.call is Call.SUBMIT]
        self.late.extend((self.world.now, connection.process, call) for call in late)
        for call in [*calls, *connection.written]:
            call.ask.connection = connection.number
            self.world.hear(call, Meaning.BROKEN, None)

    def expire(self) -> None:
        """Let what waits longest wait too long."""
        if self.queue:
            self.world.hear(self.queue.popleft(), Meaning.MOVED, None)

    # What the server does.

    def serve(self, connection: Connection) -> None:
        """Answer the next call on `connection`, if its process still lives."""
        if not connection.written or connection.process is not self.process or not self.is_up:
            return
        call = connection.written.popleft()
        meaning, detail = self._answer(call)
        connection.answers.append((call, meaning, detail))

    def serve_late(self) -> None:
        """Take what had come in on a connection that broke not long ago, or forget it."""
        while self.late:
            broke_at, process, call = self.late.popleft()
            if process is self.process and self.is_up and self.world.now - broke_at < LATE:
                process.answer(call)
                return

    def _answer(self, call: Written) -> tuple[Meaning, Any]:
        if self.world.is_expired and call.ask.call is not Call.RENEW:
            return Meaning.UNAUTHORIZED, Answer(401)
        fault = self.faults.popleft() if self.faults else None
        if fault is None or call.ask.call is Call.RENEW:
            return self.process.answer(call)
        if fault in (Meaning.FORWARD_FAILED, Meaning.ODD) and self.world.random.random() < 0.5:
            self.process.answer(call)  # it was done all the same
        if fault is Meaning.QUEUE_FULL and call.ask.call is Call.SUBMIT:
            refused = self.process.entries[self.process.accept(call.ask.job, call.parts)]
            refused.is_stuck = refused.is_refused = True
        return fault, Answer(503)

    def stop(self) -> None:
        self.is_up = False

    def start(self, *, back: int) -> None:
        """Start the server anew, with ids that go back by `back`."""
        self.is_up = True
        self.world.now += 1.0
        self.process = Process(self.world, max(0, self.process.tick - back))

    def settle(self) -> None:
        """Do all that is to be done without a fault."""
        for connection in [each for each in self.connections if each.process is not self.process]:
            self._read(connection)
            self.break_off(connection)
        if self.queue and not self.connections:
            self.dial()
        for _ in range(len(self.queue)):
            self.write()
        for connection in list(self.connections):
            for _ in range(len(connection.written)):
                self.serve(connection)
            self._read(connection)


class World:
    """Everything around one engine."""

    def __init__(self, hosts: int = 1, seed: int = 1, options: EngineOptions | None = None) -> None:
        self.now = 1000.0
        self.random = Random(seed)
        self.options = options or EngineOptions(can_renew=True)
        self.engine = Engine(
            [f"http://host{index}" for index in range(hosts)], self.options, Random(seed)
        )
        self.links = [Link(self, index) for index in range(hosts)]
        self.parts: list[FakePart] = []
        self.runs: Counter[FakePart] = Counter()
        self.documents: dict[str | None, Any] = {}
        self.latest: dict[tuple[str, str | None], int] = {}
        """Of the ordered operations on each key, the number of the latest that has run."""
        self.overtaken: set[FakePart] = set()
        """Ordered operations that ran after a later one of their key."""
        self.largest_array = 10_000
        self.is_expired = False
        self.asked: Counter[Call] = Counter()
        self.adopted = 0
        self.ends: list[End] = []
        self.broken: set[Job | None] = set()
        """Jobs of which a fetch broke and nothing has been heard since."""
        self.spy: Callable[[Ask], None] = lambda ask: None

    # The user.

    def add(self, part: FakePart, deadline: float | None = None) -> FakePart:
        self.parts.append(part)
        due = None if deadline is None else self.now + deadline
        self.engine.add(part, self.now, due)
        return part

    def run(self, part: FakePart) -> Any:
        """Run an operation on a server; return what that says."""
        if part.operation.made_key and part.key in self.documents:
            return CONFLICT
        self.runs[part] += 1
        self._note_order(part)
        is_harmless = part.operation.effective_retry is not Retry.NEVER
        if not (is_harmless or part.operation.made_key or part.kind.name == "aql.read"):
            assert self.runs[part] == 1, f"{part} was run twice"
        value = ("ran", part.number)
        if part.operation.made_key:
            self.documents[part.key] = value
        return value

    def _note_order(self, part: FakePart) -> None:
        if part.kind.order is None:
            return
        slot = (part.kind.order, part.key)
        if part.number < self.latest.get(slot, 0):
            self.overtaken.add(part)
            self.check_end(part)
        self.latest[slot] = max(part.number, self.latest.get(slot, 0))

    # The poller.

    def plan(self) -> None:
        """Plan until there is nothing to do at this time."""
        for _ in range(2000):
            self.engine.plan(self.now)
            self.act()
            due = self.engine.next_due(self.now)
            if due is None or due > self.now:
                return
        raise AssertionError(f"{self.engine!r} plans without end at one time")

    def act(self) -> None:
        while actions := self.engine.take_actions():
            for action in actions:
                if isinstance(action, Ask):
                    self._send(action)
                elif isinstance(action, Asks):
                    for each in action.each():
                        self._send(each, action)
                elif isinstance(action, Answers):
                    for end in action.ends():
                        self._end(end)
                elif isinstance(action, End):
                    self._end(action)
                elif isinstance(action, Adopted):
                    self._note_adopted(action.job)
                else:
                    assert isinstance(action, WindowChange)
            for host in self.engine.hosts:
                assert 0 <= host.in_flight <= self.options.max_jobs
            assert self.engine._book.bytes >= 0

    def _send(self, ask: Ask, asks: Asks | None = None) -> None:
        self.asked[ask.call] += 1
        self.spy(ask)
        if ask.call is Call.FETCH:
            assert ask.job not in self.broken, "a fetch whose answer broke is sent again blindly"
        parts: list[FakePart] = list(ask.parts or ())
        if ask.call is Call.SUBMIT:
            assert ask.job is not None
            started = self._start(ask.job)
            if not started:
                self.engine.dropped(ask.job, self.now)
                return
            parts = started
        self.links[ask.host].queue.append(Written(ask, parts, asks))

    def _start(self, job: Job) -> list[FakePart]:
        is_first = job.attempts is None
        started = [part for part in job.parts if (part.start() if is_first else not part.done())]
        if started and len(started) != len(job.parts):
            dropped = [part for part in job.parts if part not in started]
            self.engine.waiting.release(dropped, self.now)
            job.parts = started
        for part in started:
            part.job = job
        return started

    def hear(self, call: Written, meaning: Meaning, detail: Any) -> None:
        """Tell the engine what came of a call, as the poller does."""
        ask, engine = call.ask, self.engine
        is_ok = meaning is Meaning.OK
        if meaning is Meaning.ACCEPTED:
            self._note_told(ask, detail)
        if ask.call is Call.FETCH and meaning in (Meaning.BROKEN, Meaning.ODD):
            self.broken.add(ask.job)
        elif ask.call is Call.ASK and meaning in (Meaning.OK, Meaning.PENDING):
            self.broken.discard(ask.job)
        if ask.call is Call.RENEW and is_ok:
            engine.renewed(detail, self.now)
        elif ask.call is Call.LIST and is_ok:
            engine.listed(ask, detail, self.now)
        elif ask.call is Call.CONFIRM and is_ok:
            engine.confirmed(ask, self.now)
            for part in call.parts:
                found = detail[part]
                self._end_one(part, "result" if found else Outcome.LOST, found)
        else:
            engine.heard(ask, meaning, detail, self.now)
        self.act()

    def hear_all(self, answers: list[tuple[Written, Meaning, Any]]) -> None:
        """Tell the engine of answers to calls decided at once that mean the same."""
        call, meaning, _detail = answers[0]
        if call.asks is None or (call.ask.call, meaning) not in AT_ONCE:
            for answer in answers:
                self.hear(*answer)
            return
        asks = [call.ask for call, _meaning, _detail in answers]
        details = [detail for _call, _meaning, detail in answers]
        if meaning is Meaning.ACCEPTED:
            for ask, job_id in zip(asks, details, strict=True):
                self._note_told(ask, job_id)
        jobs = [ask.job for ask in asks if ask.job is not None]
        told: Any = details
        if meaning is Meaning.RESULT:
            told = Responses(
                details[0].status, [each.body for each in details], details.__getitem__
            )
        self.engine.heard_all(call.asks, jobs, meaning, told, self.now)
        self.act()

    def _note_told(self, ask: Ask, job_id: str) -> None:
        entry = self.links[ask.host].process.entries.get(job_id)
        if entry is not None and entry.job is ask.job:
            entry.is_told = True

    def _note_adopted(self, job: Job) -> None:
        self.adopted += 1
        entry = self.links[job.host].process.entries.get(job.job_id or "")
        if entry is not None and entry.job is job:
            entry.is_told = True

    def _end(self, end: End) -> None:
        self.ends.append(end)
        if end.outcome is not Outcome.ANSWERED:
            for part in end.parts:
                self._end_one(part, end.outcome)
            return
        job, answer = end.job, end.response
        assert job is not None
        assert isinstance(answer, Answer)
        again: list[FakePart] = []
        for part in job.parts:
            value = answer.values.get(part, ("refused", answer.status))
            if value == CONFLICT and job.tries:
                again.append(part)
            else:
                self._end_one(part, "result", value)
        if again:
            self.engine.confirm(again, job, self.now)

    def _end_one(self, part: FakePart, how: Any, value: Any = None) -> None:
        if part.done():
            return  # as a future, which knows that it has ended
        part.ends.append((how, value))
        self.check_end(part)

    def check_end(self, part: FakePart) -> None:
        """Assert that the end of `part` is true."""
        if not part.ends:
            return
        how, value = part.ends[0]
        if how == "result" and value[0] == "ran":
            assert value == ("ran", part.number), f"{part} got another one's result"
            assert self.runs[part] >= 1
            assert part not in self.overtaken, f"{part} took effect after a later one of its key"
        elif how == "result":
            assert self.runs[part] == 0 or value[1] == 410, f"{part} ran, its end says refused"
        elif how in (Outcome.CANCELLED, Outcome.UNSENT, "cancelled"):
            assert self.runs[part] == 0, f"{part} ran, its end says that it did not"

    # Time.

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.plan()

    def settle(self, *, rounds: int = 1000, finish: bool = True) -> None:
        """Let everything come to its end without any further fault."""
        for _ in range(rounds):
            self.plan()
            for link in self.links:
                if finish:
                    for entry in link.process.pending():
                        if not entry.is_stuck:
                            link.process.finish(entry)
                link.settle()
            self.plan()
            if self.engine.is_idle and not any(link.queue for link in self.links):
                return
            due = self.engine.next_due(self.now)
            is_busy = any(
                link.queue or any(c.written for c in link.connections) for link in self.links
            )
            if due is not None and not is_busy:
                self.now = max(self.now, due)
            else:
                assert is_busy, f"nothing will ever happen any more: {self.describe()}"
        raise AssertionError(f"no end: {self.describe()}")

    def describe(self) -> str:
        open_parts = [part for part in self.parts if not part.done()]
        jobs = [list(host.watch.jobs.values()) for host in self.engine.hosts]
        ways = [
            [
                (c.number, len(c.written), len(c.answers), c.process is link.process)
                for c in link.connections
            ]
            for link in self.links
        ]
        return f"{open_parts[:5]} {jobs} {ways}"

    def left_over(self) -> list[Entry]:
        """Return jobs of ours that are left on a server although we knew their ids.

        Not those that were sent before the server was started that accepted them: whether
        it did or the one before cannot be told if who it is was never answered meanwhile.
        Nor those of a server that did not say for all of `patience` who it is: what it has
        under their ids may be somebody else's, and is not touched.
        """
        return [
            entry
            for link in self.links
            for entry in link.process.entries.values()
            if entry.job is not None
            and entry.is_told
            and (entry.job.sent_at or 0.0) > link.process.started_at
            and not any(
                "never said whether it is" in attempt for attempt in entry.job.attempts or ()
            )
        ]
