"""The one thread that moves everything: operations in, requests out, futures ended.

    submit() ─▶ inbox ─▶ engine.plan ─▶ Ask ─▶ transport ─▶ Reply/Failure ─▶ engine.heard ─┐
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

from arango_jobs._core.actions import Ask, End, Outcome, WindowChange
from arango_jobs._core.engine import Engine
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._core.states import State
from arango_jobs._net.exchange import Connected, Exchange, Failure, Reply, Transport
from arango_jobs._runtime.endings import Ended, Endings
from arango_jobs._runtime.future import JobFuture, JobView, start_all
from arango_jobs._runtime.journal import Journal
from arango_jobs._runtime.news import News
from arango_jobs._wire.arrays import Encode
from arango_jobs._wire.calls import meaning_of_failure, read, request_for
from arango_jobs._wire.job_api import FORWARDED_TO, QUEUE_TIME, queue_time, read_ids
from arango_jobs._wire.signing import Signer
from arango_jobs.clock import Clock
from arango_jobs.errors import LedgerError, ManagerDiedError, NotHTTPError
from arango_jobs.logs import logger
from arango_jobs.operations import Response

__all__ = ["Poller"]

_LINGER = 1.0
"""Seconds that the thread stays when nothing is outstanding: starting one costs too."""

_BOUND = frozenset({Call.FETCH, Call.CANCEL, Call.DELETE, Call.IDENTIFY})
"""Calls that end a job, and who it is: they must not reach a server that has restarted since."""


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
        self._encode = encode
        self._endings = Endings(encode, loads, conflict_retries=conflict_retries)
        self._timeout = request_timeout
        self._journal = journal
        self._journal_error: LedgerError | None = None
        self._refuse = refuse
        self._unwritten: list[Exchange] = []
        self._name = name
        self.inbox: deque[JobFuture[Any] | tuple[JobFuture[Any], float]] = deque()
        """What was handed in: futures, with their deadline where they have one."""
        self._commands: deque[Callable[[float], None]] = deque()
        self._thread: threading.Thread | None = None
        self._latest: threading.Thread | None = None
        """The thread that may be on its way out still, when there is no `_thread` any more."""
        # Reentrant: a manager may be collected, and close it, while this is held.
        self._thread_lock = threading.RLock()
        self.is_asleep = True
        """Whether `wake` has to be called after something was put into the inbox."""
        self._is_stopping = False
        self._is_closing = False
        self._is_closed = False
        self._last_reason = ""
        self._queue_times: dict[int, str | None] = {}
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
        thread = self._latest
        if thread is None or thread is threading.current_thread():
            return True
        self.transport.wake()
        thread.join(timeout)
        return not thread.is_alive()

    def close_when_idle(self) -> None:
        """Have the thread close the transport and end as soon as nothing is outstanding."""
        self._is_closing = True
        with self._thread_lock:
            if self._thread is None and self._is_free():
                self._close()
                return
        self.wake()

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread to end by itself; say whether it has."""
        thread = self._latest
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def cancel_waiting(self) -> None:
        """Cancel every operation that has not been sent. On the poller's own thread only."""
        for future in self.engine.waiting.drain():
            future.cancel()

    def end_all(self, error: BaseException, now: float) -> None:
        """End every future with `error`, and tidy up on the server. On its own thread only."""
        ended = Ended()
        for future in self.open_futures():
            if future.end_with_error(error) or future.cancel():
                ended.lost.append(future)
        self.engine.abandon_all(now)
        self._tell(ended)

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
            self._thread = threading.Thread(target=self.run, name=self._name, daemon=True)
            self._latest = self._thread
            self._thread.start()

    # ---- on its own thread

    def run(self) -> None:
        """Step until nothing is outstanding; whatever goes wrong, no future is left open."""
        try:
            while not self._is_stopping:
                is_idle = self.step(0.0 if self._is_closing and self._is_free() else _LINGER)
                if is_idle and self._may_leave():
                    return
            self._leave()
        except BaseException as error:  # noqa: BLE001  the futures get the reason
            self._die(error)

    def _is_free(self) -> bool:
        return self.engine.is_idle and not self.inbox and not self._commands

    def _is_over(self) -> bool:
        # Whoever has a permit may be about to put something in, though the gate is closed.
        return self._is_free() and not self.news.outstanding

    def step(self, longest: float | None = None) -> bool:
        """Perform one round, waiting at most `longest` seconds; say whether nothing is left."""
        now = self._clock.monotonic()
        self._take_in(now)
        if self._journal_error is not None:
            self._end_waiting(self._journal_error)
        if self._signer.is_due and not self.engine.is_idle:
            self.engine.begin_renewal(now)
        self.engine.plan(now)
        self._act(now)
        if self._journal is not None:
            self._commit(now)
        for event in self._poll(now, longest):
            self._hear(event, self._clock.monotonic())
        self._act(self._clock.monotonic())
        return self._is_free()

    def _poll(self, now: float, longest: float | None) -> list[Any]:
        due = self.engine.next_due(now)
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
        inbox, add, journal = self.inbox, self.engine.add, self._journal
        while inbox:
            item = inbox.popleft()
            future, deadline = item if isinstance(item, tuple) else (item, None)
            if journal is not None:
                journal.taken(future)
            add(future, now, deadline)
        while self._commands:
            self._commands.popleft()(now)

    def _act(self, now: float) -> None:
        engine = self.engine
        ended = Ended()
        while actions := engine.take_actions():
            for action in actions:
                if type(action) is Ask:
                    self._ask(action, now)
                elif type(action) is End:
                    self._end(action, ended)
                elif type(action) is WindowChange:
                    self.news.window_changed(action, engine.hosts[action.host].name)
            if ended.too_large or ended.to_confirm or ended.to_retry:
                self._follow_up(ended, now)
        self._tell(ended)

    def _follow_up(self, ended: Ended, now: float) -> None:
        for job in ended.too_large:
            self.engine.split(job, now)
        for job, parts in ended.to_confirm:
            self.engine.confirm(parts, job, now)
        for part in ended.to_retry:
            self.engine.retry(part, now)
        ended.to_retry.clear()
        ended.too_large.clear()
        ended.to_confirm.clear()

    # ---- requests

    def _ask(self, ask: Ask, now: float) -> None:
        if ask.call is Call.SUBMIT and not self._start_parts(ask, now):
            return
        if ask.call is Call.RENEW:
            request = self._signer.renewal()
        else:
            request = self._signer.sign(request_for(ask, self._encode))
        epoch = ask.epoch or None if ask.call in _BOUND else None
        exchange = Exchange(request, ask.host, ask, self._timeout, epoch)
        if self._journal is not None and ask.call is Call.SUBMIT:
            self._unwritten.append(exchange)
        else:
            self.transport.send(exchange)

    def _start_parts(self, ask: Ask, now: float) -> bool:
        """Mark the parts of a job as sent; leave out those that were cancelled meanwhile."""
        job = ask.job
        assert job is not None
        parts = job.parts
        if job.attempts is not None:
            started = [part for part in parts if not part.done()]
        elif len(parts) == 1:
            started = parts if parts[0].start() else []
        else:
            started = start_all(parts)
        if len(started) != len(parts):
            if not started:
                self.engine.dropped(job, now)
                return False
            kept = set(started)
            self.engine.waiting.release([one for one in parts if one not in kept], now)
            job.parts = started
        for part in started:
            part.job = job
        if self._journal is not None:
            self._journal.sending(job)
        elif self._journal_error is not None:
            self._withhold(job, self._journal_error, now)
            return False
        return True

    # ---- the journal

    def _commit(self, now: float) -> None:
        """Send what is to be submitted once the journal has it."""
        assert self._journal is not None
        exchanges, self._unwritten = self._unwritten, []
        try:
            self._journal.commit()
        except LedgerError as error:
            self._stop_sending(error)
            for exchange in exchanges:
                self._withhold(exchange.token.job, error, now)
            return
        for exchange in exchanges:
            self.transport.send(exchange)

    def _stop_sending(self, error: LedgerError) -> None:
        """Go on with what has been sent, and with nothing else: it would leave no trace."""
        logger.critical("%s: nothing more is sent: %s", self._name, error)
        journal, self._journal = self._journal, None
        self._journal_error = error
        if journal is not None:
            journal.close()
        if self._refuse is not None:
            self._refuse(error)
        self._end_waiting(error)

    def _withhold(self, job: Job, error: LedgerError, now: float) -> None:
        """End a job that is not sent because the journal could not take it."""
        self.engine.dropped(job, now)
        if not job.tries:
            self._end_unsent(job.parts, error)
            return
        ended = Ended()
        self._end(End(Outcome.UNKNOWN, job.parts, job, reason=str(error), cause=error), ended)
        self._tell(ended)

    def _end_waiting(self, error: LedgerError) -> None:
        if self.engine.waiting.count:
            self._end_unsent(self.engine.waiting.drain(), error)

    def _end_unsent(self, parts: list[Any], error: LedgerError) -> None:
        ended = Ended()
        for part in parts:
            own = LedgerError(f"it was never sent: {error}", path=error.path)
            own.__cause__ = error
            if part.end_with_error(own):
                ended.failed.append(part)
        self._tell(ended)

    # ---- answers

    def _hear(self, event: Any, now: float) -> None:
        if type(event) is Reply:
            self._hear_reply(event, now)
        elif type(event) is Failure:
            self._hear_failure(event, now)
        elif type(event) is Connected:
            self.engine.connected(event.host, now)

    def _hear_reply(self, reply: Reply, now: float) -> None:
        ask: Ask = reply.exchange.token
        response = reply.response
        engine = self.engine
        if ask.call is Call.RENEW:
            self._renewed(ask, response, now)
            return
        meaning, detail = read(ask, response)
        told = response.headers.get(QUEUE_TIME)
        if told != self._queue_times.get(ask.host):
            self._queue_times[ask.host] = told
            engine.queue_time(ask, queue_time(response) or 0.0, now)
        if ask.call is Call.LIST and meaning is Meaning.OK:
            ids = read_ids(response)
            if ids is not None:
                engine.listed(ask, ids, now)
                return
            meaning = Meaning.ODD
        elif ask.call is Call.CONFIRM and meaning is Meaning.OK:
            self._confirmed(ask, response)
            return
        elif ask.call is Call.FETCH and FORWARDED_TO in response.headers:
            engine.behind_balancer(ask.host)
        engine.heard(ask, meaning, detail, now)
        if meaning is Meaning.ACCEPTED and ask.job is not None:
            if self._journal is not None:
                self._journal.accepted(ask.job)
            self.news.submitted(ask.job.parts)
        elif self._journal is not None:
            self._note_refusal(ask)

    def _renewed(self, ask: Ask, response: Response, now: float) -> None:
        if response.status >= 500:
            # It has not refused: it is asked again.
            self.engine.heard(ask, Meaning.ODD, response, now)
        else:
            self.engine.renewed(self._signer.renewed(response), now)

    def _hear_failure(self, failure: Failure, now: float) -> None:
        ask: Ask = failure.exchange.token
        meaning = meaning_of_failure(failure.error, failure.may_have_run)
        # What answers in no HTTP and never has is no server that could have run anything.
        if isinstance(failure.error, NotHTTPError) and not self.engine.hosts[ask.host].was_reached:
            meaning = Meaning.UNREACHABLE
        self.engine.heard(ask, meaning, failure.error, now)
        if self._journal is not None:
            self._note_refusal(ask)

    def _note_refusal(self, ask: Ask) -> None:
        job, journal = ask.job, self._journal
        if ask.call is not Call.SUBMIT or job is None or journal is None:
            return
        if job.state is State.WAITING:
            journal.refused(job)

    def _confirmed(self, ask: Ask, response: Any) -> None:
        self.engine.confirmed(ask)
        self._tell(self._endings.confirm(ask.parts or [], response.json(), response))

    # ---- ends

    def _end(self, end: End, ended: Ended) -> None:
        self._endings.end(end, ended)
        if end.reason and self._may_log(end.reason):
            logger.warning("%d operations end: %s", len(end.parts), end.reason)

    def _may_log(self, reason: str) -> bool:
        """Say whether `reason` is another one than the last: a restart ends thousands of jobs."""
        is_new = reason != self._last_reason
        self._last_reason = reason
        return is_new

    def _tell(self, ended: Ended) -> None:
        if self._journal is not None:
            self._journal.ended(ended)
        latest: JobView | None = None
        for future in ended.succeeded:
            future.payload = future.body = None
            job = future.job
            if job is not latest and job is not None:
                latest = job
                job.let_go()
        self.news.ended(ended)

    # ---- the end of the thread

    def _may_leave(self) -> bool:
        if self._journal is not None:
            # What the last answers have ended is not known to it yet.
            self._commit(self._clock.monotonic())
        self.news.drained()
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
        return True

    def _leave(self) -> None:
        with self._thread_lock:
            self._thread = None
            self._close()

    def _close(self) -> None:
        self._is_closed = True
        self.transport.close()
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()

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
