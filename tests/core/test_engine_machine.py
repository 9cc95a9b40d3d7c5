"""Rules 1 to 7 hold whatever happens in whatever order: a state machine over the engine.

What is checked at every step is in `core_world`; what must hold at the end, when all faults
are over, is in `teardown`.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from core_parts import FakePart, kind_of
from core_world import LATE, World
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from arango_jobs._core import searching, watch
from arango_jobs._core.engine import EngineOptions
from arango_jobs._core.meanings import Meaning
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
    "ordered again": kind_of("document.replace", order="d", retry=Retry.IDEMPOTENT),
}
FAULTS = [
    Meaning.QUEUE_FULL,
    Meaning.QUEUE_TIME,
    Meaning.UNAVAILABLE,
    Meaning.FORWARD_FAILED,
    Meaning.ODD,
]
PORTION = st.sampled_from([0, 1, 2, 5, 100, 100])
CALM = ("submit", "flow", "finish", "time")
STORM = [
    *((name, 3) for name in CALM),
    ("break", 2),
    ("dial", 1),
    ("cancel", 1),
    ("fail", 1),
    ("restart", 1),
    ("rarely", 1),
]
WIND = [
    *((name, 6) for name in ("submit", "flow", "flow", "finish", "calm", "others")),
    ("break", 2),
    ("late", 2),
    ("dial", 1),
    ("cancel", 1),
    ("fail", 1),
    ("wait", 1),
]
"""Less than a storm: connections break now and then, and the servers stay."""
WHICH = st.integers(0, 7)
HOST = st.integers(0, 1)


class EngineMachine(RuleBasedStateMachine):
    """Users, servers, connections and time do what they like."""

    @initialize(
        seed=st.integers(0, 1000),
        hosts=st.integers(1, 2),
        max_jobs=st.sampled_from([2, 6, 40]),
        largest=st.sampled_from([3, 10_000]),
        linger=st.sampled_from([0.0, 0.0, 0.5]),
        few=st.sampled_from([2, 16]),
        exclusive=st.booleans(),
    )
    def begin(
        self,
        seed: int,
        hosts: int,
        max_jobs: int,
        largest: int,
        linger: float,
        few: int,
        exclusive: bool,
    ) -> None:
        watch.FEW = few  # so that a crowd, which lists are for, comes about with few jobs
        options = EngineOptions(
            max_jobs=max_jobs,
            max_bytes=5_000,
            patience=10_000.0,
            cancel_patience=20.0,
            merge_max_operations=5,
            linger=linger,
            can_renew=True,
            exclusive_user=exclusive,
        )
        self.world = World(hosts, seed, options)
        self.world.largest_array = largest
        for name in sorted(KINDS):
            self.submit(name, 1, None)
        for host in range(hosts):
            self.flow_freely(host, 2)

    # Users.

    @rule(
        name=st.sampled_from(sorted(KINDS)),
        count=st.sampled_from([1, 3, 3, 30]),
        deadline=st.sampled_from([None, None, None, 2.0, 60.0]),
    )
    def submit(self, name: str, count: int, deadline: float | None) -> None:
        for _ in range(count):
            part = FakePart(KINDS[name], made_key=name == "made key")
            part.key = str(part.number if name == "made key" else part.number % 3)
            self.world.add(part, deadline)

    @rule(which=WHICH)
    def cancel_on_server(self, which: int) -> None:
        part = self._open(which)
        if part is not None and part.is_started:
            self.world.engine.cancel(part, None, self.world.now)
            self.world.act()

    @rule(which=WHICH)
    def cancel_before_sent(self, which: int) -> None:
        part = self._open(which)
        if part is not None and not part.is_started:
            part.ends.append(("cancelled", None))

    def _open(self, which: int) -> FakePart | None:
        parts = [part for part in self.world.parts if not part.done()]
        return parts[which % len(parts)] if parts else None

    # Time.

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.05, 0.5, 3.0, 25.0]))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(count=st.integers(1, 5))
    def go_on(self, count: int) -> None:
        for _ in range(count):
            due = self.world.engine.next_due(self.world.now)
            if due is not None:
                self.world.now = max(due, self.world.now)
            self.world.plan()

    # Connections.

    @rule(host=HOST, written=PORTION, served=PORTION, told=PORTION)
    def flow(self, host: int, written: int, served: int, told: int) -> None:
        """Let some calls be written, some be answered, some answers be read."""
        link = self._link(host)
        self.world.plan()
        if not link.connections:
            link.dial()
        for _ in range(min(written, len(link.queue))):
            link.write()
        for connection in list(link.connections):
            for _ in range(min(served, len(connection.written))):
                link.serve(connection)
            link.deliver(connection, told)

    @rule(host=HOST, rounds=st.integers(1, 4))
    def flow_freely(self, host: int, rounds: int) -> None:
        for _ in range(rounds):
            self.flow(host, 100, 100, 100)

    @rule(host=HOST)
    def dial(self, host: int) -> None:
        if len(self._link(host).connections) < 4:
            self._link(host).dial()

    @rule(host=HOST, which=WHICH)
    def break_off(self, host: int, which: int) -> None:
        link = self._link(host)
        if link.connections:
            link.break_off(link.connections[which % len(link.connections)])

    @rule(host=HOST)
    def serve_late(self, host: int) -> None:
        self._link(host).serve_late()

    @rule(host=HOST)
    def expire(self, host: int) -> None:
        self._link(host).expire()

    # Servers.

    @rule(host=HOST, which=WHICH, count=st.sampled_from([1, 2, 5, 100]))
    def finish(self, host: int, which: int, count: int) -> None:
        process = self._link(host).process
        for _ in range(count):
            pending = [entry for entry in process.pending() if not entry.is_stuck]
            if pending:
                process.finish(pending[which % len(pending)])

    @rule(host=HOST, which=WHICH)
    def get_stuck(self, host: int, which: int) -> None:
        """A cancelled query may stay pending for ever (server-protocol.md §5)."""
        pending = [each for each in self._link(host).process.pending() if each.is_cancelled]
        if pending:
            pending[which % len(pending)].is_stuck = True

    @rule(host=HOST, count=st.integers(1, 30))
    def others_submit(self, host: int, count: int) -> None:
        process = self._link(host).process
        if self.world.options.exclusive_user:
            process.tick += count  # the promise is kept; ids are given for other things too
            return
        for _ in range(count):
            process.finish(process.entries[process.accept(None, [])])

    @rule(host=HOST, fault=st.sampled_from(FAULTS), count=st.integers(1, 4))
    def fail(self, host: int, fault: Meaning, count: int) -> None:
        faults = self._link(host).faults
        faults.extend([fault] * min(count, 8 - len(faults)))

    @rule()
    def credentials_expire(self) -> None:
        self.world.is_expired = True

    @rule(host=HOST)
    def stop(self, host: int) -> None:
        self._link(host).stop()

    @rule(
        host=HOST,
        back=st.sampled_from([0, 1, 5, 1000]),
        others=st.sampled_from([0, 3, 40]),
        is_dialed=st.booleans(),
        broken=st.integers(0, 3),
    )
    def restart(self, host: int, back: int, others: int, is_dialed: bool, broken: int) -> None:
        """Start a server anew, where others are served first and the ids are the old ones."""
        link = self._link(host)
        link.start(back=back)
        self.others_submit(host, others)
        for connection in link.connections[:broken]:
            link.break_off(connection)
        if is_dialed:
            link.dial()

    # Everything at once: what a uniform choice of rules would take too long to come to.

    @rule(seed=st.integers(0, 2**32), length=st.sampled_from([5, 20, 60]))
    def storm(self, seed: int, length: int) -> None:
        random = self.world.random = Random(seed)
        calm = random.choice([1, 3, 10])
        names, weights = zip(*STORM, strict=True)
        weights = [weight * calm if name in CALM else weight for name, weight in STORM]
        for name in random.choices(names, weights, k=length):
            getattr(self, f"_storm_{name}")(random, random.randrange(2))

    @rule(seed=st.integers(0, 2**32), length=st.sampled_from([20, 60, 200]))
    def wind(self, seed: int, length: int) -> None:
        random = self.world.random = Random(seed)
        names, weights = zip(*WIND, strict=True)
        for name in random.choices(names, weights, k=length):
            getattr(self, f"_storm_{name}")(random, random.randrange(2))

    def _storm_calm(self, random: Random, host: int) -> None:
        for _ in range(random.choice([1, 3, 6])):
            self.finish(host, 0, 100)
            self.flow_freely(host, 3)
            self.go_on(1)

    def _storm_late(self, _random: Random, host: int) -> None:
        self.serve_late(host)

    def _storm_wait(self, random: Random, _host: int) -> None:
        self.wait(random.choice([0.05, 1.0, 3.0, 2.5 * LATE]))

    def _storm_others(self, random: Random, host: int) -> None:
        self.others_submit(host, random.randrange(3))

    def _storm_submit(self, random: Random, _host: int) -> None:
        deadline = random.choice([None, None, None, 1.0, 30.0])
        self.submit(random.choice(sorted(KINDS)), random.choice([1, 2, 5, 25]), deadline)

    def _storm_flow(self, random: Random, host: int) -> None:
        self.flow(host, *(random.choice([0, 1, 3, 100, 100]) for _ in range(3)))

    def _storm_finish(self, random: Random, host: int) -> None:
        self.finish(host, random.randrange(8), random.choice([1, 3, 20]))

    def _storm_time(self, random: Random, _host: int) -> None:
        if random.random() < 0.5:
            self.go_on(random.randint(1, 3))
        else:
            self.wait(random.choice([0.0, 0.001, 0.05, 0.5, 3.0]))

    def _storm_break(self, random: Random, host: int) -> None:
        self.break_off(host, random.randrange(4))

    def _storm_dial(self, _random: Random, host: int) -> None:
        self.dial(host)

    def _storm_cancel(self, random: Random, host: int) -> None:
        choice = random.choice([self.cancel_on_server, self.cancel_before_sent])
        choice(random.randrange(8))
        if random.random() < 0.2:
            self.get_stuck(host, random.randrange(8))

    def _storm_fail(self, random: Random, host: int) -> None:
        self.fail(host, random.choice(FAULTS), random.randint(1, 3))

    def _storm_restart(self, random: Random, host: int) -> None:
        back, others = random.choice([0, 1, 5, 1000]), random.choice([0, 3, 40])
        self.restart(host, back, others, random.random() < 0.5, random.randrange(4))

    def _storm_rarely(self, random: Random, host: int) -> None:
        random.choice(
            [
                lambda: self.expire(host),
                lambda: self.stop(host),
                self.credentials_expire,
                lambda: self.others_submit(host, 10),
            ]
        )()

    def _link(self, host: int) -> Any:
        return self.world.links[host % len(self.world.links)]

    # What holds.

    @invariant()
    def flights_are_counted(self) -> None:
        if not hasattr(self, "world"):
            return
        engine = self.world.engine
        for host in engine.hosts:
            watched = list(host.watch.jobs.values())
            assert len(watched) <= host.in_flight
            assert all(job.state is not State.ENDED for job in watched)

    def teardown(self) -> None:
        try:
            self._come_to_an_end()
        finally:
            watch.FEW = 16

    def _come_to_an_end(self) -> None:
        world = getattr(self, "world", None)
        if world is None:
            return
        for link in world.links:
            link.is_up = True
            link.faults.clear()
            link.process.forget_refused()
        world.settle()
        for part in world.parts:
            assert len(part.ends) == 1, f"{part} has {len(part.ends)} ends"
            world.check_end(part)
        assert world.engine.is_idle
        assert not world.engine.in_flight
        left = [(entry.job, entry.job and entry.job.attempts) for entry in world.left_over()]
        assert not left, f"results of ours are left on a server: {left}"
        assert not world.engine._book.bytes
        assert not list(world.engine.open_parts())


def test_rules_1_to_7() -> None:
    """Every end is true and comes once, nothing is done twice, nothing of others is taken."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        EngineMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_rules_1_to_7_in_storms(first: int) -> None:
    """The same in long runs of many faults, the same ones each time."""
    for seed in range(first, first + 20):
        weather(seed)


@pytest.mark.parametrize("first", range(0, 40, 20))
def test_rules_1_to_7_in_winds(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs whose id was never told are adopted, and never one of another submission."""
    monkeypatch.setattr(searching, "_LATE", 2 * LATE)
    adopted = 0
    for seed in range(first, first + 20):
        adopted += winds(seed)
    assert adopted >= 5


def winds(seed: int) -> int:
    """Run winds, the same ones for the same seed; return how many jobs were adopted."""
    random = Random(seed)
    machine = EngineMachine()
    machine.begin(
        seed=seed,
        hosts=random.choice([1, 1, 2]),
        max_jobs=random.choice([2, 6, 40]),
        largest=10_000,
        linger=0.0,
        few=random.choice([2, 16]),
        exclusive=True,
    )
    for _ in range(3):
        machine.wind(seed=random.randrange(2**32), length=200)
        machine.flights_are_counted()
    machine.teardown()
    return machine.world.adopted


def weather(seed: int, storms: int = 6) -> None:
    """Run `storms` storms, the same ones for the same seed."""
    random = Random(seed)
    machine = EngineMachine()
    machine.begin(
        seed=seed,
        hosts=random.choice([1, 2]),
        max_jobs=random.choice([2, 6, 40]),
        largest=random.choice([3, 10_000]),
        linger=random.choice([0.0, 0.0, 0.5]),
        few=random.choice([2, 16]),
        exclusive=bool(seed % 2),
    )
    for _ in range(storms):
        machine.storm(seed=random.randrange(2**32), length=random.choice([5, 20, 60]))
        machine.flights_are_counted()
    machine.teardown()
