"""The window of a server that is never the limit grows, in whatever order answers come."""

from __future__ import annotations

from collections import deque
from random import Random

import pytest
from core_parts import FakePart, kind_of

from arango_jobs._core.actions import Ask, Asks
from arango_jobs._core.engine import Engine, EngineOptions
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Response

_AT_ONCE = 50
"""Answers that come in one round, as the connection carries so many."""


def test_answers_come_some_at_a_time() -> None:
    """Results come first and make room, which is not to be taken for a window that is not used."""
    engine = Engine(["one"], EngineOptions(max_jobs=1000, merge=False), Random(1))
    engine.connected(0, 0.0)
    kind = kind_of()
    for _ in range(5000):
        engine.add(FakePart(kind), 0.0)
    calls: deque[Ask] = deque()
    now, ids = 0.0, iter(range(1, 10_000))
    for _ in range(40):
        engine.plan(now)
        for action in engine.take_actions():
            if isinstance(action, Asks):
                calls.extend(action.each())
            elif isinstance(action, Ask):
                calls.append(action)
        now += 0.001
        for _ in range(min(_AT_ONCE, len(calls))):
            ask = calls.popleft()
            if ask.call is Call.SUBMIT:
                engine.heard(ask, Meaning.ACCEPTED, str(next(ids)), now)
            elif ask.call is Call.FETCH:
                engine.heard(ask, Meaning.RESULT, Response(200), now)
            elif ask.call is Call.IDENTIFY:
                engine.heard(ask, Meaning.OK, 1000.0, now)
    # 2,000 answers are 1,000 ends: hardly any of them without growth.
    assert engine.hosts[0].window.limit >= 500.0


def test_jobs_are_shared_out_by_the_room_that_hosts_have() -> None:
    """All at once, and every host gets as many as if each job went to the emptiest."""
    engine = Engine(["one", "two", "three"], EngineOptions(max_jobs=1000, merge=False), Random(1))
    for index, limit in enumerate((100, 200, 50)):
        engine.connected(index, 0.0)
        engine.hosts[index].window.limit = float(limit)
    kind = kind_of()
    for _ in range(175):
        engine.add(FakePart(kind), 0.0)
    engine.plan(0.0)
    assert [host.in_flight for host in engine.hosts] == pytest.approx([50, 100, 25], abs=6)
    for _ in range(1000):
        engine.add(FakePart(kind), 0.0)
    engine.plan(0.1)
    assert [host.in_flight for host in engine.hosts] == [100, 200, 50]
