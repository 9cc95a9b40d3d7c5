"""Jobs that an earlier process has submitted, in the engine's hands."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from random import Random
from typing import Any

import pytest

from arango_jobs._core.actions import Ask, Asks, End, Outcome
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs.errors import ArangoServerError
from arango_jobs.operations import Operation, OperationKind, Response, Retry

KIND: OperationKind[Any] = OperationKind(
    "document.insert", "POST", "test", "/_api/document/c", lambda r, o: r, ArangoServerError
)


@dataclass(eq=False)
class Part:
    """A future as far as the engine sees one."""

    kind: OperationKind[Any] = KIND
    key: str | None = None
    retry: Retry | None = None
    payload: bytes | None = b"{}"
    job: Any = None
    ended: bool = False
    operation: Operation[Any] = field(default_factory=lambda: Operation(KIND))
    particular: Operation[Any] | None = None

    def done(self) -> bool:
        return self.ended


def calls(actions: list[Any]) -> list[Ask]:
    """Return the calls among `actions`, one by one."""
    several = [
        action.each() if isinstance(action, Asks) else [action]
        for action in actions
        if isinstance(action, (Ask, Asks))
    ]
    return list(chain.from_iterable(several))


class World:
    """An engine with one host, and what it wants done."""

    def __init__(self) -> None:
        self.engine = Engine(["http://one"], EngineOptions(), Random(1))
        self.now = 1000.0

    def asked(self) -> list[Ask]:
        self.engine.plan(self.now)
        return calls(self.engine.take_actions())

    def identify(self, ask: Ask, uptime: float) -> list[Any]:
        """Let the server say for how long it has been up."""
        assert ask.call is Call.IDENTIFY
        self.engine.connected(0, self.now)
        self.engine.heard(ask, Meaning.OK, uptime, self.now)
        self.engine.plan(self.now)
        return self.engine.take_actions()


@pytest.fixture
def world() -> World:
    return World()


def test_same_process(world: World) -> None:
    """Nothing is fetched before the server has said who it is; then the result is."""
    part = Part()
    world.engine.adopt([part], 0, "77", world.now, tries=1)
    (ask,) = world.asked()
    assert not world.engine.is_idle
    fetches = calls(world.identify(ask, 500.0))
    assert [(each.call, each.job and each.job.job_id) for each in fetches] == [(Call.FETCH, "77")]
    response = Response(201, {})
    world.engine.heard(fetches[0], Meaning.RESULT, response, world.now)
    (end,) = [each for each in world.engine.take_actions() if isinstance(each, End)]
    assert (end.outcome, end.parts, end.response) == (Outcome.ANSWERED, (part,), response)
    assert part.job.tries == 1
    assert world.engine.is_idle


def test_server_that_has_restarted_since(world: World) -> None:
    """The id is another's by now: nothing is fetched, and the job is lost."""
    part = Part()
    world.engine.adopt([part], 0, "77", world.now)
    (ask,) = world.asked()
    world.now += 100
    ask.sent_at = world.now
    actions = world.identify(ask, 5.0)
    assert not [each for each in calls(actions) if each.call is Call.FETCH]
    assert [each.outcome for each in actions if isinstance(each, End)] == [Outcome.LOST]


def test_many(world: World) -> None:
    """One question is enough for all of them, and all are looked at."""
    parts = [Part() for _ in range(100)]
    for number, part in enumerate(parts):
        world.engine.adopt([part], 0, str(number + 1), world.now)
    (ask,) = world.asked()
    world.identify(ask, 500.0)
    world.now += 1
    assert {each.call for each in world.asked()} <= {Call.LIST, Call.FETCH}
    assert world.engine.in_flight == 100


def test_sent_again(world: World) -> None:
    """It counts as tried, so that a refusal of our own key is recognised as success."""
    parts = [Part(), Part()]
    world.engine.resend(parts, 2, world.now)
    submissions = [each for each in world.asked() if each.call is Call.SUBMIT]
    assert [each.job and list(each.job.parts) for each in submissions] == [parts]
    assert parts[0].job.tries == 2
    assert parts[0].job.state is State.SUBMITTING


def test_given_up(world: World) -> None:
    """What was adopted is among what is open, and is tidied up with the rest."""
    part = Part()
    world.engine.adopt([part], 0, "77", world.now)
    assert world.engine.open_parts() == [part]
    (ask,) = world.asked()
    part.ended = True
    world.engine.abandon_all(world.now)
    assert [each.call for each in calls(world.identify(ask, 500.0))] == [Call.DELETE]
