"""A bounded chaos run: what is reported is what is stored, and nothing is left behind.

Some seconds by default. Ten minutes, with figures:
`SOAK_SECONDS=600 python -m pytest tests/soak -s`; another run: `SOAK_SEED=7`.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from soak_chaos import Chaos
from soak_user import CHANGING, CREATING, User, abandon, numbers

from arango_jobs import ArangoClient, JobDeadlineError, JobFuture, JobManager
from arango_jobs.local import LocalServer

SECONDS = float(os.environ.get("SOAK_SECONDS", "8")) / 2
SEED = os.environ.get("SOAK_SEED", "1")
ROUND = 15.0
"""Seconds, at most, until everything is compared."""
USERS = 4
CALM = 0.25
"""The part of a round in which no connection breaks, so that every job's id is heard of."""
ABANDONED = 10
"""Of each kind, the operations in a round that are given up when the server has them."""
OBJECTS = 1000
"""Of the manager's own that may live between rounds; one for each of its jobs would be more."""
GROWTH = 40 << 20
"""Bytes by which the process, which is the server too, may grow in the second half."""
FAILING = {"insert of a taken key", "update of a missing one", "query, too long"}
SUCCEEDING = {name for name, _ in (*CREATING, *CHANGING)} - FAILING

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(SECONDS * 3 + 120)]


@dataclass
class Figures:
    """What happened in all rounds."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    rounds: int = 0
    documents: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    objects: list[int] = field(default_factory=list)

    def show(self) -> None:
        """Print them all."""
        total = sum(self.outcomes.values(), Counter())
        print(f"\n{total.total()} operations in {self.seconds:.1f} s and {self.rounds} rounds")
        print(f"by outcome: {dict(total.most_common())}")
        for name, counts in sorted(self.outcomes.items()):
            print(f"  {name}: {dict(counts.most_common())}")
        print(f"{self.faults.total()} faults, {self.restarts} restarts")
        for name, count in sorted(self.faults.items()):
            print(f"  {name}: {count}")
        print(f"{self.documents} documents compared, {len(self.wrong)} wrong")
        print(f"MiB after each round: {[size >> 20 for size in self.memory]}")
        print(f"objects after each round: {self.objects}")


@pytest.mark.parametrize("coordinators", [1, 3])
def test_soak(coordinators: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledged is there, refused is not, nothing twice, nothing of ours left."""
    # What is logged is kept until the end of a test, which is no memory of ours.
    monkeypatch.setattr(logging.getLogger("arango_jobs"), "disabled", True)
    figures = Figures()
    threads = set(threading.enumerate())
    began = time.monotonic()
    with LocalServer(coordinators=coordinators, forward_timeout=0.3) as server:
        all_rounds(server, figures)
    figures.seconds = time.monotonic() - began
    figures.show()
    assert figures.wrong == []
    assert {name for name, ends in figures.outcomes.items() if ends["result"]} == SUCCEEDING
    assert set(figures.outcomes) - SUCCEEDING == FAILING
    until(lambda: set(threading.enumerate()) <= threads, "threads of ours end")
    assert max(figures.objects) < OBJECTS
    assert figures.memory[-1] - figures.memory[len(figures.memory) // 2] < GROWTH


def all_rounds(server: LocalServer, figures: Figures) -> None:
    rounds = max(1, round(SECONDS / ROUND))
    with ArangoClient(server.urls) as client:
        client.db().create_collection("c")
        client.db().create_collection("abandoned")
        with JobManager(
            client.db(), client_keys=True, failover=0.3, merge_max_operations=20
        ) as jobs:
            # A server whose very first answer is no HTTP is taken for none.
            wait([jobs.collection("c").has("x") for _ in range(100)])
            for number in range(rounds):
                one_round(server, jobs, SECONDS / rounds, f"{SEED}/{number}", figures)
            assert jobs.stats().in_flight == 0


def one_round(
    server: LocalServer, jobs: JobManager, seconds: float, seed: str, figures: Figures
) -> None:
    """Let threads work under fire, then compare, and clear the collection."""
    chaos = Chaos(server, f"chaos {seed}")
    shared = numbers()
    users = [User(jobs, shared, f"user {index} {seed}") for index in range(USERS)]
    chaos.begin()
    work(users, chaos, seconds)
    leave_to_be_deleted(server, jobs, chaos)
    figures.faults += chaos.happened()
    server.faults.reset()
    until(lambda: left(server) == 0, "jobs of ours are deleted")
    stored = server.database().collection("c").documents
    for user in users:
        for name, counts in user.account.outcomes.items():
            figures.outcomes.setdefault(name, Counter()).update(counts)
    compare(users, list(stored.values()), figures)
    figures.restarts += chaos.restarts
    figures.rounds += 1
    jobs.db.collection("c").truncate().result(timeout=10)
    users.clear()
    take_stock(figures)


def work(users: list[User], chaos: Chaos, seconds: float) -> None:
    stop, calm = threading.Event(), threading.Event()
    with ThreadPoolExecutor(USERS + 1) as pool:
        restarting = pool.submit(chaos.restart_now_and_then, calm)
        working = [pool.submit(user.run, stop) for user in users]
        stop.wait(seconds * (1 - CALM))
        calm.set()
        restarting.result()
        chaos.leave_no_orphans()
        stop.wait(seconds * CALM)
        stop.set()
        for each in working:
            each.result()


def leave_to_be_deleted(server: LocalServer, jobs: JobManager, chaos: Chaos) -> None:
    """Let jobs of each kind be on the server when their deadlines are over.

    Of those whose deadlines pass in the crowd most are never sent.
    """
    for _ in range(5):
        server.faults.hold_queue()
        futures = abandon(jobs, ABANDONED)
        are_there = are_accepted(futures)
        if are_there:
            chaos.break_deletions()
        for future in futures:
            assert isinstance(future.exception(timeout=10), JobDeadlineError)
        server.faults.release_queue()
        if are_there:
            return
        # Refusals have left a window that is too narrow: what ends now opens it again.
        wait([jobs.collection("c").has("x") for _ in range(500)])
    raise AssertionError("the window never had room for a job of each kind")


def are_accepted(futures: list[JobFuture[Any]]) -> bool:
    """Say whether the server has got a job of each kind, before their deadlines are over."""
    return comes(lambda: kinds([one for one in futures if one.job_id]) == kinds(futures), 4.8)


def kinds(futures: list[JobFuture[Any]]) -> set[str]:
    return {future.kind.name for future in futures if future.kind is not None}


def compare(users: list[User], stored: list[dict[str, object]], figures: Figures) -> None:
    whole = users[0].account
    for user in users[1:]:
        whole.docs += user.account.docs
        whole.wrong += user.account.wrong
    figures.wrong += whole.breaches(stored)
    figures.documents += len(whole.docs)


def take_stock(figures: Figures) -> None:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    figures.memory.append(pages * os.sysconf("SC_PAGE_SIZE"))
    figures.objects.append(
        sum(str(type(each).__module__).startswith("arango_jobs._") for each in gc.get_objects())
    )


def left(server: LocalServer) -> int:
    return sum(len(server.jobs(index)) for index in range(len(server.urls)))


def until(is_so: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait for something that other threads bring about."""
    assert comes(is_so, seconds), f"not within {seconds} seconds: {what}"


def comes(is_so: Callable[[], bool], seconds: float) -> bool:
    """Say whether something comes about within so many seconds."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= end:
            return False
        time.sleep(0.01)
    return True
