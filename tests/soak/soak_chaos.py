"""What goes wrong in a chaos run: faults by chance, and Coordinators that restart."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from arango_jobs.local import Fault, LocalServer

SUBMITTING = ("* /_api/document/*", "POST /_api/import", "POST /_api/cursor")
ASKING = ("PUT /_api/job/{id}", "GET /_api/job/{id}", "DELETE /_api/job/{id}")
BREAKING = ("close_before", "close_after", "truncate", "garbage")
REFUSING = ((503, 21003), (412, 21004), (503, 30))
RESTART_EVERY = (0.3, 1.5)
"""Seconds."""
DELAY = 0.3
"""Seconds, at most."""


class Chaos:
    """Faults and restarts of one server, drawn from a seed."""

    def __init__(self, server: LocalServer, seed: str, chance: float = 0.01) -> None:
        self.restarts = 0
        self._server = server
        self._random = random.Random(seed)
        self._chance = chance
        self._faults: list[tuple[str, Fault]] = []

    def begin(self) -> None:
        """Let everything go wrong now and then."""
        for route in (*SUBMITTING, *ASKING):
            for action in BREAKING:
                self._add(route, action)
            self._add(route, "delay", seconds=self._random.uniform(0.01, DELAY))
            for status, number in REFUSING:
                self._add(route, "respond", status=status, error_num=number)
        for route in ASKING:
            self._add(route, "drop_header")

    def _add(
        self, route: str, action: str, *, probability: float | None = None, **more: object
    ) -> Fault:
        fault = Fault(
            route,
            action,
            count=None,
            probability=probability or self._chance,
            seed=self._random.randrange(1 << 30),
            **more,  # type: ignore[arg-type]  # by the names of its fields
        )
        where = "submission" if route in SUBMITTING else "question"
        number = f" {fault.status}/{fault.error_num}" if fault.status else ""
        self._faults.append((f"{where}: {action}{number}", fault))
        return self._server.faults.add(fault)

    def restart_now_and_then(self, stop: threading.Event) -> None:
        """Restart a Coordinator by chance until `stop`."""
        while not stop.wait(self._random.uniform(*RESTART_EVERY)):
            self._server.restart(self._random.randrange(len(self._server.urls)))
            self.restarts += 1

    def leave_no_orphans(self) -> None:
        """Let every submission's answer arrive: no job is left whose id nobody has heard.

        A connection that breaks takes the answers with it that were still to come over it, and
        work that was delayed begins even though nobody waits for it.
        """
        for _, fault in self._faults:
            if fault.action in (*BREAKING, "delay"):
                self._server.faults.remove(fault)
        time.sleep(DELAY * 1.5)
        for coordinator in range(len(self._server.urls)):
            self._server.restart(coordinator)
            self.restarts += 1

    def break_deletions(self) -> None:
        """Let connections break on which jobs are deleted, before and after it is done."""
        for action in ("close_before", "close_after"):
            self._add("DELETE /_api/job/{id}", action, probability=0.3)

    def happened(self) -> Counter[str]:
        """Return how often each thing went wrong."""
        counts: Counter[str] = Counter()
        for name, fault in self._faults:
            counts[name] += fault.happened
        return counts
