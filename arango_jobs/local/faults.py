"""Faults by script: what goes wrong, where, how often.

Knows actions and how to choose one for an exchange; the Coordinator and the connection carry
them out. Safe to use from any thread while the server runs.
"""

from __future__ import annotations

import fnmatch
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from arango_jobs.checking import check_fields
from arango_jobs.errors import OptionError

__all__ = ["ACTIONS", "Fault", "Faults"]

# Before the work is done / instead of the answer, when the work has been done.
BEFORE = frozenset({"refuse", "close_before", "delay", "hang", "respond"})
AFTER = frozenset(
    {"close_after", "truncate", "garbage", "drop_header", "hang_after", "replace_body"}
)
ACTIONS = BEFORE | AFTER


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    `route` is a method and a path template as the manual lists them, ``"PUT /_api/job/{id}"``;
    ``*`` stands for anything. `count` is how many times it happens (None: always), after `skip`
    requests that were spared, each time with `probability`. `seconds` is for ``delay``; `status`,
    `error_num`, `message` for ``respond``; `header` for ``drop_header``; `body` for ``garbage``
    and ``replace_body``.
    """

    route: str = "*"
    action: str = "close_before"
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int | None = None
    coordinator: int | None = None
    status: int | None = None
    error_num: int | None = None
    message: str | None = None
    seconds: float = 0.0
    header: str = "x-arango-async-id"
    body: bytes = b"\x00\xffthis is no HTTP\r\n\r\n"
    happened: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.action not in ACTIONS:
            known = ", ".join(sorted(ACTIONS))
            raise OptionError(f"action must be one of {known}, not {self.action!r}")
        if not 0.0 <= self.probability <= 1.0:
            raise OptionError(f"probability must be between 0 and 1, not {self.probability!r}")
        if self.seed is not None:
            self._random.seed(self.seed)

    @property
    def is_before(self) -> bool:
        """Tell whether the work is not done, or not yet."""
        return self.action in BEFORE

    def matches(self, route: str, coordinator: int) -> bool:
        """Tell whether this fault is meant for `route` on `coordinator`."""
        if self.coordinator is not None and self.coordinator != coordinator:
            return False
        return route == self.route or fnmatch.fnmatchcase(route, self.route)

    def strikes(self) -> bool:
        """Count a matching request, and tell whether the fault happens to it."""
        if self.count is not None and self.happened >= self.count:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.happened += 1
        return True


class Faults:
    """The faults of one server, in the order in which they are tried."""

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed
        self._faults: list[Fault] = []
        self._queue_full = 0
        self._stuck = 0
        self._skew = 0.0
        self._queue_time: float | None = None
        self._vanished: set[int] = set()
        self._lock = threading.Lock()
        self._on_change: Callable[[], None] = lambda: None
        self._forget: Callable[[str], bool] = lambda job_id: False
        self._hold: Callable[[bool], None] = lambda held: None

    def connect(
        self,
        *,
        forget: Callable[[str], bool],
        hold: Callable[[bool], None],
        on_change: Callable[[], None],
    ) -> None:
        """Tell the faults how to reach into the server (called once, by the server)."""
        self._forget, self._hold, self._on_change = forget, hold, on_change

    def add(self, fault: Fault) -> Fault:
        """Let `fault` happen from now on; return it, so that `happened` can be read."""
        if fault.seed is None:
            fault._random.seed(self._seed)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Let `fault` happen no more."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    def queue_full(self, count: int = 1) -> None:
        """Answer the next `count` submissions 503/21003, as if the queue were full."""
        with self._lock:
            self._queue_full = count

    def stuck_after_cancel(self, count: int = 1) -> None:
        """Let the next `count` cancelled jobs stay pending for ever (server-protocol.md §5)."""
        with self._lock:
            self._stuck = count

    def forget_job(self, job_id: str) -> bool:
        """Lose a job with its result; tell whether it was there."""
        return self._forget(job_id)

    def clock_skew(self, seconds: float) -> None:
        """Let the server's wall clock go wrong by `seconds`."""
        self._skew = seconds

    def queue_time(self, seconds: float | None) -> None:
        """Show `seconds` in `x-arango-queue-time-seconds`; None: the true one."""
        self._queue_time = seconds

    def hold_queue(self) -> None:
        """Start no queued work until `release_queue`: jobs stay pending."""
        self._hold(True)

    def release_queue(self) -> None:
        """Start queued work again."""
        self._hold(False)

    def vanish(self, coordinator: int) -> None:
        """Let the others find no address for `coordinator` (404/1449)."""
        self._vanished.add(coordinator)

    def reset(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._faults.clear()
            self._queue_full = self._stuck = 0
            self._skew, self._queue_time = 0.0, None
            self._vanished.clear()
        self._hold(False)
        self._on_change()

    # asked by the server

    @property
    def skew(self) -> float:
        """Return the wall clock's error in seconds."""
        return self._skew

    @property
    def shown_queue_time(self) -> float | None:
        """Return the queue time to show, or None."""
        return self._queue_time

    def is_vanished(self, coordinator: int) -> bool:
        """Tell whether the others find no address for `coordinator`."""
        return coordinator in self._vanished

    def choose(self, route: str, coordinator: int) -> Fault | None:
        """Return the fault that happens to this request, if one does."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.matches(route, coordinator) and fault.strikes():
                    return fault
        return None

    def take_queue_full(self) -> bool:
        """Tell whether this submission finds the queue full, and count it."""
        if not self._queue_full:
            return False
        with self._lock:
            self._queue_full -= 1
            return True

    def take_stuck(self) -> bool:
        """Tell whether this cancelled job gets stuck, and count it."""
        if not self._stuck:
            return False
        with self._lock:
            self._stuck -= 1
            return True
