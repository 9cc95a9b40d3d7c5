"""The one thread that moves everything: operations in, requests out, futures ended.

    submit() ─▶ inbox ─▶ engine.plan ─▶ Ask ─▶ transport ─▶ response/Failure ─▶ engine.heard ─┐
                            ▲                                                              │
                            └──────────────────── End ─▶ futures, permits, signals ◀───────┘

`step` performs one round with any transport and any clock; `run` is a loop of
it. The thread is a daemon, starts with the first operation and ends when
nothing has been outstanding for a while. User code never runs on it but for
decoders, whose errors end in their future.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from arango_jobs._core.actions import Action, Adopted, Answers, Ask, Asks, End, WindowChange
from arango_jobs._core.engine import Engine
from arango_jobs._net.exchange import Transport, TransportEvent
from arango_jobs._runtime.bell import Bell
from arango_jobs._runtime.endings import Ended, Endings
from arango_jobs._runtime.future import JobFuture
from arango_jobs._runtime.hearing import Hearing
from arango_jobs._runtime.journal import Journal
from arango_jobs._runtime.news import News
from arango_jobs._runtime.sending import Sending
from arango_jobs._runtime.telling import Telling
from arango_jobs._wire.arrays import Encode
from arango_jobs._wire.signing import Signer
from arango_jobs.clock import Clock
from arango_jobs.errors import ManagerDiedError
from arango_jobs.logs import logger

__all__ = ["Poller"]

_LINGER = 1.0
"""Seconds that the thread stays when nothing is outstanding: starting one costs too."""

_PLENTY = 2000
"""Operations in the queue that keep it busy for a while."""
_MOMENT = 0.005
"""Seconds, as many as the interpreter itself gives to another thread."""


class Poller:
    """Moves operations through the engine and a transport."""

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        *,
        clock: Clock,
        signer: Signer,
        encode: Encode,
        loads: Callable[[bytes], Any],
        news: News,
        request_timeout: float,
        journal: Journal | None = None,
        conflict_retries: int = 0,
        refuse: Callable[[Exception], None] | None = None,
        name: str = "arango-jobs",
    ) -> None:
        self.engine = engine
        self.transport = transport
        self.news = news
        self._clock = clock
        self._signer = signer
        self._refuse = refuse
        self._name = name
        endings = Endings(encode, loads, conflict_retries=conflict_retries)
        telling = self._telling = Telling(endings, news, journal)
        self._hearing = Hearing(engine, telling, news, signer, clock.time)
        self._sending = Sending(
            engine,
            transport,
            telling,
            signer=signer,
            encode=encode,
            timeout=request_timeout,
            refuse=refuse,
            name=name,
        )
        self.inbox: deque[JobFuture[Any] | tuple[JobFuture[Any], float]] = deque()
        """What was handed in: futures, with their deadline where they have one."""
        self._commands: deque[Callable[[float], None]] = deque()
        self._thread: threading.Thread | None = None
        self._latest: threading.Thread | None = None
        """The thread that may be on its way out still, when there is no `_thread` any more."""
        self._caught_up = Bell()
        """Rung where there is no more in the queue than it can soon send."""
        self.working = threading.RLock()
        """Held while futures are in hand, and not in the inbox or the engine's book."""
        # Reentrant: a manager may be collected, and close it, while this is held.
        self._thread_lock = threading.RLock()
        self.is_asleep = True
        """Whether `wake` has to be called after something was put into the inbox."""
        self._is_stopping = False
        self._stops_at = float("inf")
        self._is_closing = False
        self._is_closed = False
        self.died_of: BaseException | None = None

    # ---- from any thread

    def submit(self, future: JobFuture[Any], deadline: float | None = None) -> None:
        """Take `future`, to end by `deadline` (on the clock's monotonic time)."""
        self.inbox.append(future if deadline is None else (future, deadline))
        if self.is_asleep:
            self.wake()

    def call(self, command: Callable[[float], None]) -> None:
        """Have `command(now)` run on the poller's thread."""
        self._commands.append(command)
        self.wake()

    def let_catch_up(self) -> None:
        """Wait a moment if more is queued than it can soon send, as it gets on alone much faster.

        The interpreter's lock goes from one busy thread to another no sooner than after some
        milliseconds, and the poller lets go of it at each of its many calls to the system. Where
        operations are merged there are few of these, and the more wait the larger are the arrays.
        """
        engine = self.engine
        if engine.waiting.merges:
            return
        self._caught_up.clear()
        if self._queued > _PLENTY and (engine.on_the_way or not engine.in_flight):
            self._caught_up.wait(_MOMENT)

    def now(self) -> float:
        """Return the time by which it acts."""
        return self._clock.monotonic()

    def wake(self) -> None:
        """Make the thread look at what has come in; start it where there is none."""
        self.is_asleep = False
        if self._thread is None:
            self._start()
        else:
            self.transport.wake()

    def is_current(self) -> bool:
        """Say whether the calling thread is the poller's."""
        return threading.current_thread() is self._thread

    def stop(self, timeout: float | None) -> bool:
        """End the thread, idle or not; say whether it has ended."""
        self._is_stopping = True
        with self._thread_lock:
            thread = self._latest
        if thread is None or thread is threading.current_thread():
            return True
        self.transport.wake()
        thread.join(timeout)
        return not thread.is_alive()

    def stop_after(self, seconds: float) -> None:
        """Have the thread end after `seconds`, idle or not; do not wait for it."""
        self._stops_at = self._clock.monotonic() + seconds
        self.transport.wake()

    def close_when_idle(self) -> None:
        """Have the thread close the transport and end as soon as nothing is outstanding."""
        self._is_closing = True
        with self._thread_lock:
            if self._thread is None and self._is_over():
                self._close()
                self.news.close()
                return
        self.wake()

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread to end by itself; say whether it has."""
        with self._thread_lock:
            thread = self._latest
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def cancel_waiting(self) -> None:
        """Cancel every operation that has not been sent. On the poller's own thread only."""
        for future in self.engine.waiting.drain():
            future.cancel()

    def stop_all(self, timeout: float, now: float) -> None:
        """Cancel every operation, on the server within `timeout` seconds. On its own thread only.

        What the server cannot stop goes on.
        """
        self.cancel_waiting()
        for future in self.open_futures():
            self.engine.cancel(future, timeout, now)

    def end_all(self, error: BaseException, now: float) -> None:
        """End every future with `error`, and tidy up on the server. On its own thread only."""
        ended = Ended()
        for future in self.open_futures():
            if future.end_with_error(error):
                ended.lost.append(future)
        self.engine.abandon_all(now)
        self._telling.tell(ended)

    def open_futures(self) -> list[JobFuture[Any]]:
        """Return all futures that have not ended (some may appear twice)."""
        found = [item[0] if isinstance(item, tuple) else item for item in list(self.inbox)]
        found.extend(self.engine.open_parts())
        return [future for future in found if not future.done()]

    def _start(self) -> None:
        if self.died_of is not None:
            # Who had a permit when it died comes too late.
            self._end_dead(self.open_futures())
            return
        with self._thread_lock:
            if self._thread is not None or self._is_stopping or self._is_closed:
                return
            thread = threading.Thread(target=self._run_alone, name=self._name, daemon=True)
            self._thread = thread
            try:
                thread.start()
            except BaseException:
                # The system has no thread left to give, or the interpreter is ending, or it was
                # interrupted: then the thread, if it runs, finds that it is not the one.
                self._thread = None
                self.is_asleep = True
                raise
            self._latest = thread

    @property
    def _queued(self) -> int:
        return len(self.inbox) + self.engine.waiting.count

    # ---- on its own thread

    def _run_alone(self) -> None:
        with self._thread_lock:
            is_the_one = self.is_current()
        if is_the_one:
            self.run()

    def run(self) -> None:
        """Step until nothing is outstanding; whatever goes wrong, no future is left open."""
        try:
            leaves_at = float("inf")
            while not self._is_stopping and not self._is_out_of_time():
                if not self.step(self._longest(leaves_at)):
                    leaves_at = float("inf")
                    continue
                self._rest()
                now = self._clock.monotonic()
                # A step may have ended early, with an answer to what nobody waits for.
                leaves_at = min(leaves_at, now + _LINGER)
                if (now >= leaves_at or self._is_closing) and self._may_leave():
                    return
            self._leave()
        except BaseException as error:  # noqa: BLE001  the futures get the reason
            self._die(error)

    def _longest(self, leaves_at: float) -> float:
        """Return how long a step may wait, if the thread is to leave at that time."""
        if self._is_closing and self._is_free():
            return 0.0
        return max(0.0, min(_LINGER, leaves_at - self._clock.monotonic()))

    def _is_out_of_time(self) -> bool:
        return self._stops_at < float("inf") and self._clock.monotonic() >= self._stops_at

    def _is_free(self) -> bool:
        return self.engine.is_idle and not self.inbox and not self._commands

    def _is_over(self) -> bool:
        # Whoever has a permit may be about to put something in, though the gate is closed.
        return self._is_free() and not self.news.outstanding

    def step(self, longest: float | None = None) -> bool:
        """Perform one round, waiting at most `longest` seconds; say whether nothing is left."""
        now = self._clock.monotonic()
        with self.working:
            self._take_in(now)
            self._sending.refuse_waiting()
            if self._signer.is_due and not self.engine.is_idle:
                self.engine.begin_renewal(now)
            self.engine.plan(now)
            self._act(now)
            self._sending.commit(now)
        if not self._caught_up.is_set() and self._queued <= _PLENTY:
            self._caught_up.set()
        events = self._poll(now, longest)
        now = self._clock.monotonic()
        with self.working:
            self._hearing.hear(events, now)
            self._act(now)
        return self._is_free()

    def _poll(self, now: float, longest: float | None) -> list[TransportEvent]:
        due = self.engine.next_due(now)
        if self._sending.commit_due < float("inf"):
            due = min(self._sending.commit_due, float("inf") if due is None else due)
        timeout = longest if due is None else max(0.0, due - now)
        if longest is not None and timeout is not None:
            timeout = min(timeout, longest)
        self.is_asleep = True
        # Whoever put something in before the line above did not wake us.
        if self.inbox or self._commands or self._is_stopping:
            timeout = 0.0
        try:
            return self.transport.poll(timeout)
        finally:
            self.is_asleep = False

    def _take_in(self, now: float) -> None:
        inbox, journal = self.inbox, self._telling.journal
        taken: list[JobFuture[Any]] = []
        try:
            while inbox:
                item = inbox.popleft()
                if isinstance(item, tuple):
                    future, deadline = item
                    self.engine.end_by(deadline, future)
                else:
                    future = item
                taken.append(future)
                if journal is not None:
                    journal.taken(future)
        finally:
            self.engine.waiting.add(taken, now)
        while self._commands:
            self._commands.popleft()(now)

    def _act(self, now: float) -> None:
        engine = self.engine
        ended = Ended()
        self._signer.refresh()
        try:
            while actions := engine.take_actions():
                for action in actions:
                    self._carry_out(action, ended, now)
                if ended.to_confirm or ended.to_retry:
                    self._follow_up(ended, now)
        finally:
            # Whatever went wrong: the engine knows these futures no more.
            self._telling.tell(ended)

    def _carry_out(self, action: Action, ended: Ended, now: float) -> None:
        if isinstance(action, Asks):
            self._sending.ask_all(action, now)
        elif isinstance(action, Ask):
            self._sending.ask(action)
        elif isinstance(action, Answers):
            self._telling.answer(action, ended)
        elif isinstance(action, End):
            self._telling.end(action, ended)
        elif isinstance(action, WindowChange):
            self.news.window_changed(action, self.engine.hosts[action.host].name)
        elif isinstance(action, Adopted):
            self._hearing.adopted(action.job)

    def _follow_up(self, ended: Ended, now: float) -> None:
        for job, parts in ended.to_confirm:
            self.engine.confirm(parts, job, now)
        for part in ended.to_retry:
            self.engine.retry(part, now)
        ended.to_retry.clear()
        ended.to_confirm.clear()

    # ---- the end of the thread

    def _rest(self) -> None:
        # What the last answers have ended is not known to the journal yet.
        self._sending.commit(self._clock.monotonic())
        self.news.drained()

    def _may_leave(self) -> bool:
        with self._thread_lock:
            self._thread = None
            self.is_asleep = True
            # Whoever put something in before the line above did not start another thread.
            if self.inbox or self._commands:
                self._thread = threading.current_thread()
                self.is_asleep = False
                return False
            if self._is_closing and self._is_over():
                self._close()
                self.news.close()
        return True

    def _leave(self) -> None:
        with self._thread_lock:
            self._thread = None
            self._close()

    def _close(self) -> None:
        self._is_closed = True
        self.transport.close()
        self._telling.close_journal()

    def _die(self, error: BaseException) -> None:
        self.died_of = error
        self._is_stopping = self.is_asleep = True
        logger.critical("the poller of %s has died: %r", self._name, error, exc_info=error)
        if self._refuse is not None:
            self._refuse(self._death())
        self._end_dead(self.open_futures())
        self._leave()
        # Whoever put something in before the line above may have taken the thread for alive.
        self._end_dead(self.open_futures())

    def _death(self) -> ManagerDiedError:
        reason = ManagerDiedError(f"the manager's thread ended of {self.died_of!r}")
        reason.__cause__ = self.died_of
        return reason

    def _end_dead(self, futures: Iterable[JobFuture[Any]]) -> None:
        ended = Ended()
        ended.lost.extend(future for future in futures if future.end_with_error(self._death()))
        self.news.ended(ended)
