"""Answers that are taken many at once come to the same as one after the other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, islice
from operator import itemgetter
from random import Random
from typing import Any

import pytest
from core_parts import FakePart, kind_of

from arango_jobs._core.actions import (
    Action,
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
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs.operations import Response, Retry

KINDS = [
    kind_of("aql.write", is_query=True),
    kind_of("document.get", retry=Retry.SAFE),
    kind_of("document.update", order="c"),
]
Pair = tuple[Asks, Job]
Tell = Callable[[Engine, list[Pair], Meaning, list[Any], float], None]


def one_by_one(
    engine: Engine, calls: list[Pair], meaning: Meaning, details: list[Any], now: float
) -> None:
    for (asks, job), detail in zip(calls, details, strict=True):
        engine.heard(asks.alone(job), meaning, detail, now)


def at_once(
    engine: Engine, calls: list[Pair], meaning: Meaning, details: list[Any], now: float
) -> None:
    left = iter(details)
    for asks, group in groupby(calls, itemgetter(0)):
        jobs = [job for _, job in group]
        some: Any = list(islice(left, len(jobs)))
        if meaning is Meaning.RESULT:
            some = Responses(some[0].status, [each.body for each in some], some.__getitem__)
        engine.heard_all(asks, jobs, meaning, some, now)


def facts(actions: list[Action]) -> list[Any]:
    """Return what a user or a server could tell of `actions`, whatever their order."""
    found: list[Any] = []
    for action in actions:
        if isinstance(action, Asks):
            found.extend(("ask", action.call, job.job_id, action.epoch) for job in action.jobs)
        elif isinstance(action, Ask):
            found.append(("ask", action.call, action.job and action.job.job_id, action.epoch))
        elif isinstance(action, Answers):
            found.extend(("end", end.outcome, end.job and end.job.job_id) for end in action.ends())
        elif isinstance(action, End):
            found.append(("end", action.outcome, action.job and action.job.job_id))
        else:
            assert isinstance(action, WindowChange)
            # What the limit is, to a digit, is compared below: sums differ in the last of them.
            found.append(("window", action.reason))
    return sorted(found, key=repr)


def history(tell: Tell, seed: int) -> list[Any]:
    """Let jobs be taken and end in any order, some of them cancelled; return what comes of it."""
    random = Random(seed)
    engine = Engine(["one"], EngineOptions(max_jobs=64, merge=False), Random(1))
    engine.connected(0, 0.0)
    parts = [FakePart(random.choice(KINDS), key=str(number)) for number in range(200)]
    for part in parts:
        engine.add(part, 0.0)
    submissions: list[Pair] = []
    fetches: list[Pair] = []
    seen: list[Any] = []
    now, next_id = 0.0, 100
    for _ in range(60):
        now += 0.01
        engine.plan(now)
        actions = engine.take_actions()
        seen.append(facts(actions))
        for action in actions:
            if isinstance(action, Asks):
                for job in action.jobs:
                    for part in job.parts:
                        part.job = job
                calls = submissions if action.call is Call.SUBMIT else fetches
                calls.extend((action, job) for job in action.jobs)
        if random.random() < 0.2:
            engine.cancel(random.choice(parts), 5.0, now)
        taken, submissions = submissions[:20], submissions[20:]
        # Now and then an id comes twice, or one that only another process can give.
        ids = [
            str(next_id + 2 * number - random.choice((0, 0, 0, 0, 2, 50))) for number in range(20)
        ]
        next_id += 40
        if taken:
            engine.queue_time(taken[0][0], random.choice((0.0, 0.002, 0.01)), now)
            tell(engine, taken, Meaning.ACCEPTED, ids[: len(taken)], now)
        fetched, fetches = fetches[:20], fetches[20:]
        if fetched:
            status = random.choice((201, 201, 410, 204))
            meaning = Meaning.PENDING if status == 204 else Meaning.RESULT
            tell(engine, fetched, meaning, [Response(status) for _ in fetched], now)
        host = engine.hosts[0]
        seen.append((sorted(host.watch.jobs), host.in_flight, round(host.window.limit, 6)))
        watched = host.watch.jobs.values()
        seen.append(sorted((job.job_id, job.state.name, job.looks, job.missed) for job in watched))
        seen.append(round(host.watch.next_due() or 0.0, 6))
    return seen


@pytest.mark.parametrize("seed", range(40))
def test_same_as_one_by_one(seed: int) -> None:
    """Ids, results, cancelled jobs and restarts that an id betrays, in any order."""
    assert history(at_once, seed) == history(one_by_one, seed)


def test_an_id_given_twice_at_once() -> None:
    """An answer came twice: whose job it is nobody can tell, so neither gets its result."""
    engine = Engine(["one"], EngineOptions(max_jobs=64, merge=False), Random(1))
    engine.connected(0, 0.0)
    for _ in range(2):
        engine.add(FakePart(KINDS[2]), 0.0)
    engine.plan(0.0)
    (asks,) = [each for each in engine.take_actions() if isinstance(each, Asks)]
    engine.heard_all(asks, asks.jobs, Meaning.ACCEPTED, ["7", "7"], 1.0)
    assert not engine.hosts[0].watch.jobs
    ends = [each for each in engine.take_actions() if isinstance(each, End)]
    assert [(end.outcome, end.job) for end in ends] == [(Outcome.UNKNOWN, job) for job in asks.jobs]


def test_looks_that_come_too_early_teach_how_long_it_takes() -> None:
    """Between the last look that found them not done and the one that found them done."""
    engine = Engine(["one"], EngineOptions(max_jobs=64, merge=False), Random(1))
    engine.connected(0, 0.0)
    kind = KINDS[1]
    for _ in range(3):
        engine.add(FakePart(kind), 0.0)
    calls: list[Asks] = []
    for now, meaning, details in (
        (0.0, Meaning.ACCEPTED, ["7", "8", "9"]),
        (0.1, Meaning.PENDING, [Response(204)] * 3),
        (0.3, Meaning.RESULT, Responses(200, [b""] * 3, lambda _: Response(200))),
    ):
        engine.plan(now)
        (asks,) = [each for each in engine.take_actions() if isinstance(each, Asks)]
        calls.append(asks)
        engine.heard_all(asks, asks.jobs, meaning, details, now)
    first, second = calls[1].sent_at, calls[2].sent_at
    assert engine._book.expectations[kind.name].duration == (first + second) / 2
