"""Every cycle has a count, a pause and an end, whatever a server answers, and however long."""

from __future__ import annotations

from random import Random

import pytest
from endless import (
    ERRORS,
    KINDS,
    PATIENCE,
    Endless,
    Say,
    answers_to,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from arango_jobs._core.actions import Outcome
from arango_jobs._core.meanings import Call, Meaning

ANSWERS = {call: answers_to(call) for call in Call}
OF_FETCH = [say for say in ANSWERS[Call.FETCH] if say.meaning in ERRORS]
OF_ASK = [say for say in ANSWERS[Call.ASK] if say.meaning is not Meaning.PENDING]


@pytest.mark.parametrize("fetch", OF_FETCH, ids=repr)
def test_every_answer_to_a_fetch_with_every_answer_to_the_question(fetch: Say) -> None:
    """Both for ever: the future ends within patience, after few requests, and tells of them."""
    for ask in OF_ASK:
        world = Endless()
        world.submit("once")
        world.say(Call.FETCH, fetch)
        world.say(Call.ASK, ask)
        world.run(3 * PATIENCE)
        ((outcome, _, reason),) = world.ended.values()
        assert outcome is Outcome.LOST, (fetch, ask)
        assert reason
        (part,) = world.ended
        assert part.job is not None
        assert part.job.attempts
        asked = sum(world.asked.values())
        assert asked <= 60, (fetch, ask, world.asked)


NAMES = sorted(KINDS)
CALLS = sorted(Call, key=lambda call: call.name)


class EndlessMachine(RuleBasedStateMachine):
    """Servers change their minds at will; what they say last, they say for ever."""

    @initialize(
        seed=st.integers(0, 1000),
        hosts=st.integers(1, 2),
        exclusive=st.booleans(),
        can_renew=st.booleans(),
    )
    def begin(self, seed: int, hosts: int, exclusive: bool, can_renew: bool) -> None:
        self.world = Endless(hosts=hosts, seed=seed, exclusive_user=exclusive, can_renew=can_renew)

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), deadline=st.none())
    def submit(self, names: list[str], deadline: float | None) -> None:
        if len(self.world.parts) < 12:
            self.world.submit(*names, deadline=deadline)

    @rule()
    def cancel(self) -> None:
        self.world.cancel()

    @rule(data=st.data(), call=st.sampled_from(CALLS), count=st.integers(1, 3))
    def say(self, data: st.DataObject, call: Call, count: int) -> None:
        series = data.draw(st.lists(st.sampled_from(ANSWERS[call]), min_size=count, max_size=count))
        self.world.say(call, *series)

    @rule(count=st.sampled_from([0, 1, 2, 10]))
    def end_connections(self, count: int) -> None:
        self.world.answers_each = count

    @rule(seconds=st.sampled_from([0.01, 0.5, 5.0]))
    def run(self, seconds: float) -> None:
        self.world.run(seconds)

    @invariant()
    def requests_are_bounded(self) -> None:
        if hasattr(self, "world"):
            self.world.check_requests()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.finish()
            self.world.check_requests()


def test_anything_for_ever() -> None:
    """What is neither pending nor without room ends, and requests are bounded throughout."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        EndlessMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def run_at_random(seed: int) -> Endless:
    """Let a server say anything to a few operations for ever, the same for the same seed."""
    random = Random(seed)
    world = Endless(
        hosts=random.choice([1, 1, 2]),
        seed=seed,
        exclusive_user=random.random() < 0.3,
        can_renew=random.random() < 0.7,
    )
    world.answers_each = random.choice([0, 0, 0, 1, 2, 10])
    honest = random.random()
    for call in CALLS:
        if random.random() > honest:
            world.say(call, *random.choices(ANSWERS[call], k=random.choice([1, 1, 2, 3])))
    world.submit(*random.choices(NAMES, k=random.choice([1, 5, 40])))
    world.run(random.choice([0.05, 1.0]))
    if random.random() < 0.3:
        world.cancel()
    world.finish()
    world.check_requests()
    return world


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_anything_for_ever_at_random(first: int) -> None:
    """The same, with the same servers each time."""
    for seed in range(first, first + 50):
        run_at_random(seed)


def test_lists_that_contradict_fetches() -> None:
    """All is listed as done, and each fetch says pending: lists are believed less often."""
    world = Endless()
    world.engine.hosts[0].window.limit = 100.0
    world.submit(*["once"] * 60)
    world.say(Call.FETCH, Say(Meaning.PENDING))
    world.run(1.0)
    before = world.asked[Call.FETCH]
    world.run(20.0)
    assert (world.asked[Call.FETCH] - before) / 60 < 60
    assert len(world.parts) == 60


@pytest.mark.parametrize("call", [Call.CANCEL, Call.DELETE])
@pytest.mark.parametrize("say", [Meaning.MOVED, Meaning.ODD, Meaning.UNAVAILABLE, Meaning.BROKEN])
@pytest.mark.parametrize("retry_after", [None, 0.5, 10_000.0])
def test_tidying_has_an_end(call: Call, say: Meaning, retry_after: float | None) -> None:
    """What nobody waits for any more is let go of, however the server answers."""
    world = Endless()
    world.submit("once", deadline=0.5)
    world.say(Call.FETCH, Say(Meaning.PENDING))
    world.say(call, Say(say, retry_after=retry_after))
    world.run(0.4)
    assert world.engine.in_flight == 1
    world.run(3 * PATIENCE)
    assert world.engine.is_idle
    assert world.asked[call] <= 30
