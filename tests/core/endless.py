"""A server that may answer anything to anything for ever, the clock it is asked by, and bounds.

Each call has its own series of answers, which is given again and again. A connection may end
after so many answers, announced, whatever they were. What must hold all the same:

* a future that is neither pending nor waiting for room ends within a bounded time;
* the requests of any span of time are bounded.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from core_parts import FakePart, kind_of
from core_world import Answer

from arango_jobs._core.actions import Answers, Ask, Asks, End
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._core.meanings import DECISIONS, Call, Meaning
from arango_jobs._core.states import State
from arango_jobs.operations import Retry

KINDS = {
    "once": kind_of("aql.write", is_query=True),
    "unknown read": kind_of("aql.read", is_query=True),
    "read": kind_of("document.get", retry=Retry.SAFE),
    "merged once": kind_of("document.insert", merge=True),
    "merged again": kind_of("document.replace", merge=True, retry=Retry.IDEMPOTENT),
    "made key": kind_of("document.insert", merge=True),
    "ordered": kind_of("document.update", merge=True, order="c"),
    "direct": kind_of("import", is_direct=True),
}
PATIENCE = 10.0
REPEATS = 3
LATENCY = 0.002
END = (REPEATS + 2) * PATIENCE + 15.0
"""Seconds after which a future has ended that was neither pending nor without room since."""
TURN = 3.0
"""Seconds that an operation's turn may take where connections give few answers."""
NO_ROOM = (Meaning.QUEUE_FULL, Meaning.QUEUE_TIME)
ERRORS = tuple(
    set(Meaning)
    - {
        Meaning.ACCEPTED,
        Meaning.ARRAY_REFUSED,
        Meaning.RESULT,
        Meaning.PENDING,
        Meaning.OK,
        *NO_ROOM,
    }
)
TRIED = (Meaning.OVERLOADED, Meaning.ODD, Meaning.BROKEN, Meaning.FORWARD_FAILED)
"""What a submission is not told twice as often as it may be repeated."""
ABSENT = (Meaning.UNREACHABLE, Meaning.MOVED, Meaning.BROKEN)
TOO_LONG = 10_000.0
BOUNDS = ((1.0, 260, 40), (10.0, 360, 10))
"""Seconds, and how many requests are allowed in them for each operation, and each second."""


@dataclass(frozen=True)
class Say:
    """One answer: what it means, which form its detail has, and for how long it says to wait."""

    meaning: Meaning
    form: str = ""
    retry_after: float | None = None

    def __repr__(self) -> str:
        """Show it in one word or two."""
        wait = "" if self.retry_after is None else f" after {self.retry_after:g} s"
        return f"{self.meaning.name.lower()}{self.form and ':' + self.form}{wait}"


FORMS: dict[tuple[Call, Meaning], Sequence[str]] = {
    (Call.SUBMIT, Meaning.ACCEPTED): ("rising", "same", "falling", "elsewhere"),
    (Call.SUBMIT, Meaning.ARRAY_REFUSED): ("413",),
    (Call.SUBMIT, Meaning.RESULT): ("400", "413", "200"),
    (Call.FETCH, Meaning.ARRAY_REFUSED): ("400",),
    (Call.FETCH, Meaning.RESULT): ("200", "409", "410"),
    (Call.LIST, Meaning.OK): ("ours", "none", "others", "cut"),
    (Call.IDENTIFY, Meaning.OK): ("grows", "one", "zero", "none"),
    (Call.SEARCH_HOST, Meaning.OK): ("grows", "one", "zero", "none"),
    (Call.SEARCH_PENDING, Meaning.OK): ("ours", "none", "others", "cut"),
    (Call.SEARCH_DONE, Meaning.OK): ("ours", "none", "others", "cut"),
    (Call.OWNER, Meaning.OK): ("here", "there"),
    (Call.OWNER, Meaning.PENDING): ("here", "there"),
    (Call.CONFIRM, Meaning.OK): ("read", "unread"),
    (Call.EXPLAIN, Meaning.OK): ("reads", "writes"),
    (Call.RENEW, Meaning.OK): ("new", "refused"),
}


def answers_to(call: Call) -> list[Say]:
    """Return everything that may come of `call`."""
    meanings = [meaning for each, meaning in DECISIONS if each is call]
    if not meanings:
        meanings = [*ERRORS, *NO_ROOM, Meaning.OK]
        meanings += [Meaning.PENDING] if call is Call.OWNER else []
    found = [
        Say(meaning, form) for meaning in meanings for form in FORMS.get((call, meaning), ("",))
    ]
    says_wait = [
        Say(say.meaning, say.form, seconds)
        for say in found
        if say.meaning not in (*ABSENT, Meaning.ACCEPTED, Meaning.OK, Meaning.RESULT)
        for seconds in (0.5, TOO_LONG)
    ]
    return found + says_wait


HONEST = {
    Call.SUBMIT: Say(Meaning.ACCEPTED, "rising"),
    Call.FETCH: Say(Meaning.RESULT, "200"),
    Call.ASK: Say(Meaning.OK),
    Call.LIST: Say(Meaning.OK, "ours"),
    Call.CANCEL: Say(Meaning.OK),
    Call.DELETE: Say(Meaning.OK),
    Call.IDENTIFY: Say(Meaning.OK, "grows"),
    Call.OWNER: Say(Meaning.OK, "here"),
    Call.CONFIRM: Say(Meaning.OK, "read"),
    Call.EXPLAIN: Say(Meaning.OK, "writes"),
    Call.RENEW: Say(Meaning.OK, "new"),
    Call.SEARCH_PENDING: Say(Meaning.OK, "none"),
    Call.SEARCH_DONE: Say(Meaning.OK, "none"),
    Call.SEARCH_HOST: Say(Meaning.OK, "grows"),
}


class Endless:
    """The engine, played by a poller, a transport and a server of a few lines."""

    def __init__(self, *, hosts: int = 1, seed: int = 1, **options: Any) -> None:
        self.options = EngineOptions(
            **{
                "patience": PATIENCE,
                "max_repeats": REPEATS,
                "cancel_patience": 5.0,
                "can_renew": True,
                **options,
            }
        )
        self.now = self.began = 1000.0
        names = [f"http://host{index}" for index in range(hosts)]
        self.engine = Engine(names, self.options, Random(seed))
        self.series: dict[Call, deque[Say]] = {call: deque([say]) for call, say in HONEST.items()}
        self.answers_each = 0
        """How many answers a connection gives; 0: as many as are asked for."""
        self._left = [0] * hosts
        self._number = [0] * hosts
        self._tick = 100
        self.parts: dict[FakePart, float] = {}
        """Those that are open, and when each was last pending or without room."""
        self.all: list[FakePart] = []
        self.ended: dict[FakePart, Any] = {}
        self.asked: Counter[Call] = Counter()
        self.times: list[float] = []
        """When each request was made."""
        self.history: deque[Any] = deque(maxlen=60)

    def __repr__(self) -> str:
        """Show what it says, for failures."""
        said = {
            call.name: list(series)
            for call, series in self.series.items()
            if list(series) != [HONEST[call]]
        }
        return f"<Endless {said} each={self.answers_each}, {self.now - self.began:.1f} s>"

    # ---- what users do

    def submit(self, *names: str, deadline: float | None = None) -> None:
        for name in names:
            part = FakePart(KINDS[name], made_key=name == "made key")
            part.key = str(part.number)
            self.parts[part] = self.now
            self.all.append(part)
            due = None if deadline is None else self.now + deadline
            self.engine.add(part, self.now, due)

    def cancel(self) -> None:
        for part in list(self.parts):
            if part.is_started:
                self.engine.cancel(part, None, self.now)

    def say(self, call: Call, *series: Say) -> None:
        self.series[call] = deque(series)

    # ---- the clock

    def run(self, seconds: float) -> None:
        """Let time pass; check all the while what must hold."""
        end = self.now + seconds
        while self.now < end:
            calls = self._step()
            if calls:
                self._answer_all(calls)
                continue
            due = self.engine.next_due(self.now)
            self.now = min(end, end if due is None else max(due, self.now + 1e-6))
            self.check()

    def finish(self) -> None:
        """Run until everything has ended that must."""
        while any(not self.is_waiting(part) for part in self.parts):
            self.run(5.0)

    def is_waiting(self, part: FakePart) -> bool:
        """Whether it was pending, or refused for want of room, not long ago."""
        return self.parts[part] > self.began and self.now - self.parts[part] < 2 * PATIENCE

    def check(self) -> None:
        for part, since in self.parts.items():
            allowed = END + (TURN * len(self.all) if self.answers_each else 0.0)
            assert self.now - since <= allowed, (
                f"{part} is open for {self.now - since:.1f} s: {self!r}, "
                f"{part.job} {part.job and part.job.attempts}\n{list(self.history)}"
            )

    def check_requests(self) -> None:
        """Check how many requests were made in any second and in any ten."""
        for span, each, rate in BOUNDS:
            most = busiest(self.times, span)
            allowed = each * len(self.all) + rate * span
            assert most <= allowed, f"{most} requests in {span} s: {self!r} {self.asked}"

    # ---- the poller

    def _step(self) -> list[tuple[Ask, list[FakePart]]]:
        calls: list[tuple[Ask, list[FakePart]]] = []
        for _ in range(50):
            self.engine.plan(self.now)
            calls += self._act()
            due = self.engine.next_due(self.now)
            if calls or due is None or due > self.now:
                return calls
        raise AssertionError(f"plans without end at one time: {self!r}")

    def _act(self) -> list[tuple[Ask, list[FakePart]]]:
        calls = []
        while actions := self.engine.take_actions():
            for action in actions:
                if isinstance(action, Ask):
                    calls += self._made(action)
                elif isinstance(action, Asks):
                    for ask in action.each():
                        calls += self._made(ask)
                elif isinstance(action, Answers):
                    for end in action.ends():
                        self._end(end)
                elif isinstance(action, End):
                    self._end(action)
        return calls

    def _made(self, ask: Ask) -> list[tuple[Ask, list[FakePart]]]:
        parts: list[FakePart] = list(ask.parts or ())
        if ask.call is Call.SUBMIT:
            job = ask.job
            assert job is not None
            is_first = job.attempts is None
            parts = [p for p in job.parts if (p.start() if is_first else not p.done())]
            if not parts:
                self.engine.dropped(job, self.now)
                return []
            if len(parts) != len(job.parts):
                gone = [part for part in job.parts if part not in parts]
                self.engine.waiting.release(gone, self.now)
                job.parts = parts
            for part in parts:
                part.job = job
        elif ask.job is not None and not parts:
            parts = list(ask.job.parts)
        return [(ask, parts)]

    def _end(self, end: End) -> None:
        job = end.job
        for part in end.parts:
            if part.done():
                continue
            is_taken = end.response is not None and end.response.status == 409
            if is_taken and part.operation.made_key and job and job.tries:
                self.engine.confirm([part], job, self.now)
                continue
            part.ends.append((end.outcome, end.response, end.reason))
            self.parts.pop(part, None)
            self.ended[part] = (end.outcome, end.response, end.reason)
            self._note_progress()

    def _note_progress(self) -> None:
        """Note that one less is before those that wait for their turn."""
        self.parts.update((part, self.now) for part in self._not_sent())

    def _not_sent(self) -> list[FakePart]:
        return [part for part in self.parts if part.job is None or part.job.state is State.WAITING]

    # ---- the network

    def _answer_all(self, calls: list[tuple[Ask, list[FakePart]]]) -> None:
        for ask, parts in calls:
            self._answer(ask, parts)
        self.now += LATENCY
        more = self._act()
        if more:
            self._answer_all(more)
        self.check()

    def _answer(self, ask: Ask, parts: list[FakePart]) -> None:
        host = ask.host
        if self.series[ask.call][0].meaning is not Meaning.UNREACHABLE and self._left[host] == 0:
            self._number[host] += 1
            self._left[host] = self.answers_each or -1
            self.engine.connected(host, self.now)
        if 0 < ask.epoch < self._number[host] or ask.epoch < 0:
            self.history.append((round(self.now - self.began, 3), ask.call.name, "moved"))
            self.engine.heard(ask, Meaning.MOVED, None, self.now)
            return
        say = self.series[ask.call][0]
        self.series[ask.call].rotate(-1)
        self.asked[ask.call] += 1
        self.times.append(self.now - self.began)
        self._left[host] -= 1
        self._note_waiting(ask, parts, say)
        self.history.append((round(self.now - self.began, 3), ask.call.name, say))
        ask.retry_after = say.retry_after
        if ask.call in (Call.SUBMIT, Call.IDENTIFY):
            ask.connection = self._number[host]
        self._hear(ask, parts, say)

    def _note_waiting(self, ask: Ask, parts: list[FakePart], say: Say) -> None:
        is_submission = ask.call is Call.SUBMIT
        is_without_room = is_submission and say.meaning in NO_ROOM
        is_pending = say.meaning is Meaning.PENDING and ask.call in (Call.FETCH, Call.ASK)
        if is_submission and say.meaning in TRIED:
            self._note_progress()
        if not (is_pending or is_without_room):
            return
        until = self.now + min(say.retry_after or 0.0, 100 * PATIENCE)
        # So do those that wait for their turn, or behind what is pending.
        waiting = {*parts, *self._not_sent()}
        self.parts.update((part, until) for part in waiting if part in self.parts)

    def _hear(self, ask: Ask, parts: list[FakePart], say: Say) -> None:
        engine, now, form = self.engine, self.now, say.form
        is_ok = say.meaning is Meaning.OK
        if ask.call is Call.LIST and is_ok:
            for part in self.parts:
                # What a list does not tell to be done is pending.
                if form != "ours" and part.job is not None and part.job.is_in_crowd:
                    self.parts[part] = now
            engine.listed(ask, [str(each) for each in self._ids(form, ask.count)], now)
        elif ask.call is Call.CONFIRM and is_ok:
            unread = parts if form == "unread" else ()
            engine.confirmed(ask, now, unread, "it did not come")
            if not unread:
                for part in parts:
                    part.ends.append(("read back", None, ""))
                    self.parts.pop(part, None)
        elif ask.call is Call.RENEW and is_ok:
            engine.renewed(form == "new", now)
        else:
            engine.heard(ask, say.meaning, self._detail(ask, say), now)

    def _detail(self, ask: Ask, say: Say) -> Any:
        form = say.form
        if say.meaning in ABSENT:
            return ConnectionError("cable cut")
        if ask.call is Call.SUBMIT and say.meaning is Meaning.ACCEPTED:
            self._tick += {"rising": 1, "same": 0, "falling": -1, "elsewhere": 1}[form]
            return str(self._tick + ((self._tick << 40) if form == "elsewhere" else 0))
        if ask.call in (Call.IDENTIFY, Call.SEARCH_HOST):
            up = {"grows": self.now - self.began + 1e4, "one": 1.0, "zero": 0.0, "none": None}
            return up.get(form)
        if ask.call in (Call.SEARCH_PENDING, Call.SEARCH_DONE):
            return self._ids(form, ask.count) if say.meaning is Meaning.OK else Answer(500)
        if ask.call is Call.OWNER:
            return form == "there"
        if ask.call is Call.EXPLAIN:
            return form == "reads"
        return Answer(int(form) if form.isdigit() else 403)

    def _ids(self, form: str, count: int) -> list[int]:
        if form == "ours":
            ours = [int(each) for host in self.engine.hosts for each in host.watch.jobs]
            return ours[:count]
        if form == "cut":
            return list(range(10**9, 10**9 + min(count, 2000)))
        return [7, 8, 9] if form == "others" else []


def busiest(times: Sequence[float], span: float) -> int:
    """Return how many of `times` are within one span at most."""
    most = first = 0
    for last, time in enumerate(times):
        while times[first] < time - span:
            first += 1
        most = max(most, last - first + 1)
    return most
