"""The engine: which call to make next, and how each future ends.

It gets what happened and the time, and gives actions and the next due time. It
knows no clock, socket, lock or thread, and reads no HTTP: `_wire` has turned
answers into meanings before they come here. Every rule about what may be
repeated is in `meanings.py` (the table) and in `_repeat_or` below.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from arango_jobs._core.actions import Ask, End, Outcome, WindowChange
from arango_jobs._core.backoff import AGAIN, CONFLICT, REFUSED, UNREACHABLE, pause
from arango_jobs._core.expectation import Expectations
from arango_jobs._core.host import Host, Identity
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import DECISIONS, Call, Decision, Meaning
from arango_jobs._core.states import State
from arango_jobs._core.waiting import WaitingRoom
from arango_jobs._core.window import Window
from arango_jobs.operations import Response

__all__ = ["Engine", "EngineOptions"]

Action = Ask | End | WindowChange

_TIDY = frozenset({Call.CANCEL, Call.DELETE})
_ALWAYS_THERE = "_system"
"""The database that cannot be dropped."""
# Whoever says this is not there, or is no server that can run anything.
_ABSENT = frozenset({Meaning.UNREACHABLE, Meaning.UNAVAILABLE})
# Nothing was said by the server itself.
_SILENT = frozenset({Meaning.UNREACHABLE, Meaning.MOVED, Meaning.BROKEN})
# A question of who it is that has to be asked again.
_NO_IDENTITY = _SILENT | {
    Meaning.UNAVAILABLE,
    Meaning.UNAUTHORIZED,
    Meaning.QUEUE_FULL,
    Meaning.QUEUE_TIME,
    Meaning.FORWARD_FAILED,
    Meaning.ODD,
}
_STATE_OF = {
    Call.SUBMIT: State.SUBMITTING,
    Call.FETCH: State.FETCHING,
    Call.ASK: State.ASKING,
}

_TIDY_TRIES = 12
_ASK_TRIES = 12
_PURGE = 1024
"""Timers up to which those of what has ended are left to run out."""
_RENEWAL_PAUSE = 1.0
_MAY_ANSWER_LATER = frozenset(
    {
        Meaning.UNREACHABLE,
        Meaning.BROKEN,
        Meaning.MOVED,
        Meaning.UNAVAILABLE,
        Meaning.UNAUTHORIZED,
        Meaning.QUEUE_FULL,
        Meaning.QUEUE_TIME,
        Meaning.FORWARD_FAILED,
    }
)
_FIRST_CONTACT = 3.0
"""Seconds after which a host that has never answered counts as wrong, not as away."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the engine decides by; times in seconds, sizes in bytes."""

    max_jobs: int = 1024
    max_bytes: int = 256 * 1024 * 1024
    queue_limit: float = 5.0
    patience: float = 60.0
    max_repeats: int = 10
    cancel_patience: float = 30.0
    merge: bool = True
    merge_max_operations: int = 500
    merge_max_bytes: int = 4 * 1024 * 1024
    linger: float = 0.0
    can_renew: bool = False


class Engine:
    """Decides. `plan` and the methods that take news put actions on a list; `actions` takes it."""

    def __init__(self, hosts: Sequence[str], options: EngineOptions, random: Random) -> None:
        self._options = options
        self._random = random
        self.expectations = Expectations()
        self.hosts = [
            Host(
                index,
                name,
                Window(options.max_jobs, options.queue_limit),
                self.expectations,
            )
            for index, name in enumerate(hosts)
        ]
        self.waiting = WaitingRoom(
            merge=options.merge,
            max_operations=options.merge_max_operations,
            max_bytes=options.merge_max_bytes,
            linger=options.linger,
        )
        self._retries: list[tuple[float, int, Job]] = []
        self._timers: list[tuple[float, int, Any]] = []
        self._number = 0
        self._out: list[Action] = []
        self._purge_at = _PURGE
        self._is_renewing = False
        self._renewal_failures = 0
        self._renew_after = float("-inf")
        self._tidying = 0
        self._bytes = 0
        self._live: set[Job] = set()
        self._confirms: set[Ask] = set()
        self.can_renew = options.can_renew
        self.requests = 0
        self._handlers: dict[Decision, Callable[[Ask, Meaning, Any, float], None]] = {
            Decision.TAKE_ID: self._take_id,
            Decision.TAKE_RESULT: self._take_result,
            Decision.KEEP: self._keep,
            Decision.BACK_OFF: self._back_off,
            Decision.WAIT_FOR_HOST: self._wait_for_host,
            Decision.RENEW: self._renew,
            Decision.ASK: self._ask_status,
            Decision.FETCH: self._fetch_again,
            Decision.ELSEWHERE: self._elsewhere,
            Decision.LOST: self._lost,
            Decision.UNKNOWN: self._unknown,
            Decision.DONE: self._done,
            Decision.AGAIN: self._again,
        }
        self._others: dict[Call, Callable[[Ask, Meaning, Any, float], None]] = {
            Call.IDENTIFY: self._identified,
            Call.OWNER: self._owner_told,
            Call.CONFIRM: self._not_confirmed,
            Call.EXPLAIN: self._explained,
            Call.RENEW: self._not_renewed,
        }

    # ---- what is asked of it

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, runs, or has to be tidied up."""
        return not (
            self.waiting.count or self._retries or self._tidying or self._confirms
        ) and not any(host.in_flight for host in self.hosts)

    @property
    def in_flight(self) -> int:
        """Return the jobs that are under way on all hosts."""
        return sum(host.in_flight for host in self.hosts)

    def open_parts(self) -> list[Any]:
        """Return every operation that has not ended; some may appear twice."""
        jobs = [*self._live, *(job for _due, _number, job in self._retries)]
        parts = [part for job in jobs for part in job.parts]
        parts.extend(part for ask in self._confirms for part in ask.parts or ())
        parts.extend(self.waiting.parts())
        return parts

    def take_actions(self) -> list[Action]:
        """Take what is to be done."""
        out, self._out = self._out, []
        return out

    def add(self, part: Any, now: float, deadline: float | None = None) -> None:
        """Let an operation wait to be sent; it ends by `deadline` at the latest."""
        self.waiting.add(part, now)
        if deadline is not None:
            self._push_timer(deadline, part)
            if len(self._timers) > self._purge_at:
                self._purge_timers()

    def plan(self, now: float) -> None:
        """Decide what is due at `now`: deadlines, looks, submissions."""
        if self._timers and self._timers[0][0] <= now:
            self._run_timers(now)
        for host in self.hosts:
            if host.down_since is not None:
                self._check_patience(host, now)
            if not (host.is_suspect or self._is_renewing) and now >= host.closed_until:
                self._look(host, now)
        if (self.waiting.count or self._retries) and not self._is_renewing:
            self._admit(now)

    def next_due(self, now: float) -> float | None:
        """Return when `plan` is next worth calling, `None` if only news can change anything."""
        due: list[float] = []
        if self._timers:
            due.append(self._timers[0][0])
        for host in self.hosts:
            if host.is_suspect or self._is_renewing:
                continue
            look = host.watch.next_due()
            if look is not None:
                due.append(max(look, host.closed_until))
        if self.waiting.count or self._retries:
            opening = self._next_opening()
            if opening is not None:
                if self._retries:
                    due.append(max(self._retries[0][0], opening))
                linger = self.waiting.next_due()
                if linger is not None:
                    due.append(max(linger, opening))
        return min(due) if due else None

    def _next_opening(self) -> float | None:
        """Return from when on a host can be given a job, `None` if that takes news."""
        if self._is_renewing or not self._has_bytes():
            return None
        return min(
            (
                host.closed_until
                for host in self.hosts
                if not host.is_suspect and host.in_flight < int(host.window.limit)
            ),
            default=None,
        )

    # ---- news

    def heard(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take what came of `ask`; `detail` is the response or the transport's error."""
        host = self.hosts[ask.host]
        if meaning in _ABSENT:
            host.was_reached = host.was_reached or meaning is not Meaning.UNREACHABLE
            self._host_failed(host, now)
        elif meaning not in _SILENT:
            host.answered()
        other = self._others.get(ask.call)
        if other is not None:
            other(ask, meaning, detail, now)
            return
        if ask.call in _TIDY:
            self._tidying -= 1
        elif ask.job is not None and ask.job.state is not _STATE_OF[ask.call]:
            return  # it has ended meanwhile: its host restarted, or its owner gave up
        self._handlers[DECISIONS[ask.call, meaning]](ask, meaning, detail, now)

    def listed(self, ask: Ask, ids: list[Any], now: float) -> None:
        """Take the ids that a list has given."""
        host = self.hosts[ask.host]
        host.answered()
        for job in host.watch.listed(ids, ask.count, now):
            if host.is_suspect:
                # The list may be another process's.
                host.watch.look_at(job, now)
            else:
                self._fetch(host, job, now)

    def connected(self, index: int, now: float) -> None:
        """Take that a new connection to the host stands.

        Answers that had come in on older connections must have been told before.
        """
        host = self.hosts[index]
        host.connections += 1
        if host.connections > 1 and host.in_flight and not host.watch.by_id_only:
            host.is_suspect = True
            self._identify(host, now)

    def begin_renewal(self, now: float) -> None:
        """Ask for new credentials, once, before anything else is sent."""
        if self._is_renewing or now < self._renew_after:
            return
        self._is_renewing = True
        self.requests += 1
        host = min(self.hosts, key=lambda host: host.down_since is not None)
        self._out.append(Ask(Call.RENEW, host.index, now))

    def renewed(self, success: bool, now: float) -> None:
        """Take that the credentials have been renewed, or that the server refuses to."""
        self._is_renewing = False
        self.can_renew = success
        if success:
            self._renewal_failures = 0
            # Calls that were under way with the old ones are refused for a while still.
            self._renew_after = now + _RENEWAL_PAUSE
            return
        self._renewal_failures += 1
        self._renew_after = now + pause(AGAIN, self._renewal_failures, self._random)

    def _not_renewed(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        self._renewal_failures += 1
        delay = pause(AGAIN, self._renewal_failures, self._random)
        self._push_timer(max(now + delay, self.hosts[ask.host].closed_until), ask)

    def queue_time(self, ask: Ask, seconds: float, now: float) -> None:
        """Take the queue time that an answer told."""
        host = self.hosts[ask.host]
        host.queue_time = seconds
        if host.window.queue_time(seconds, ask.sent_at, now):
            self._tell_window(host)

    def behind_balancer(self, index: int) -> None:
        """Take that the host forwards: its lists may lack our jobs."""
        self.hosts[index].watch.by_id_only = True

    def cancel(self, part: Any, timeout: float | None, now: float) -> None:
        """Ask the server to stop the job of `part`, which ends within `timeout` seconds."""
        job: Job | None = part.job
        if job is None or job.is_merged or job.state is State.ENDED or job.cancel_by is not None:
            return
        job.cancel_by = now + max(timeout or 0.0, self._options.cancel_patience)
        if job.state is State.WAITING:
            self._end_waiting(job, "it was cancelled while it waited to be repeated", now)
            return
        self._push_timer(job.cancel_by, job)
        self._tidy_up(job, now)

    def abandon_all(self, now: float) -> None:
        """Forget everything that waits and tidy up what the server has of ours."""
        self.waiting.drain()
        self._confirms.clear()
        retries, self._retries = self._retries, []
        for _due, _number, job in retries:
            if job.state is State.WAITING:
                job.move(State.ENDED)
        for job in list(self._live):
            self._abandon(job, now)

    def _end_waiting(self, job: Job, reason: str, now: float) -> None:
        """End a job that waits to be sent again; nothing of it runs, or nobody knows."""
        job.move(State.ENDED)
        self.waiting.release(job.parts, now)
        if not job.is_abandoned:
            outcome = Outcome.CANCELLED if job.tries == 0 else Outcome.UNKNOWN
            self._out.append(End(outcome, job.parts, job, reason=reason))

    def adopt(
        self, parts: list[Any], index: int, job_id: str, now: float, *, tries: int = 0
    ) -> None:
        """Watch a job that an earlier process of ours has submitted to the host `index`.

        Whoever asks for it has made sure that the server's process is still the same; it is
        asked again, before anything is fetched, as it may have restarted since.
        """
        host = self.hosts[index]
        job = Job(parts, sum(len(part.payload or b"") for part in parts))
        job.tries = tries
        job.host, job.host_name, job.job_id = index, host.name, job_id
        job.sent_at = job.accepted_at = now
        job.epoch = -1  # older than any connection
        for part in parts:
            part.job = job
        job.move(State.SUBMITTING)
        job.move(State.PENDING)
        host.in_flight += 1
        host.bytes += job.size
        self._bytes += job.size
        self._live.add(job)
        host.gives_id(job_id, 0)
        if host.watch.add(job, now):
            host.watch.look_at(job, now)
        host.is_suspect = True
        self._identify(host, now)

    def resend(self, parts: list[Any], tries: int, now: float) -> None:
        """Send `parts` as one job that may have run `tries` times, in an earlier process."""
        job = Job(parts, sum(len(part.payload or b"") for part in parts))
        job.tries = tries
        for part in parts:
            part.job = job
        self._push_retry(now, job)

    def dropped(self, job: Job, now: float) -> None:
        """Take that no part of `job`, about to be sent, wants to be sent any more."""
        job.move(State.ENDED)
        self._leave_host(job)
        self.waiting.release(job.parts, now)

    def split(self, job: Job, now: float) -> None:
        """Send the parts of a merged job again in two halves (the array was too large)."""
        middle = (len(job.parts) + 1) // 2
        for parts in (job.parts[:middle], job.parts[middle:]):
            if parts:
                self._requeue(parts, job, job.tries, now, 0.0)

    def retry(self, part: Any, now: float) -> None:
        """Send `part`, which met another write and did nothing, again after a while."""
        job: Job = part.job
        job.note("another write of the document was under way")
        delay = pause(CONFLICT, len(job.attempts or ()), self._random)
        self._requeue([part], job, job.tries, now, delay)

    def confirm(self, parts: list[Any], job: Job, now: float, tries: int = 0) -> None:
        """Read back the documents of `parts`: a repeated insert found *our* key taken."""
        self.requests += 1
        host = self.hosts[job.host]
        if host.down_since is not None:
            host = min(self.hosts, key=lambda host: host.down_since is not None)
        ask = Ask(Call.CONFIRM, host.index, now, job, parts=parts, tries=tries)
        self._confirms.add(ask)
        self._out.append(ask)

    def confirmed(self, ask: Ask) -> None:
        """Take that a confirmation has come, whose futures the caller ends."""
        self._confirms.discard(ask)
        self.hosts[ask.host].answered()

    def _not_confirmed(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        assert ask.parts is not None
        if meaning is Meaning.UNAUTHORIZED and self.can_renew:
            self.begin_renewal(now)
        if ask.tries < _ASK_TRIES:
            ask.tries += 1
            self._push_timer(now + pause(AGAIN, ask.tries, self._random), ask)
            return
        self._confirms.discard(ask)
        reason = f"its document could not be read back: {_describe(meaning, detail)}"
        self._out.append(End(Outcome.LOST, ask.parts, ask.job, reason=reason))

    # ---- admission

    def _admit(self, now: float) -> None:
        while True:
            host = self._roomiest(now)
            if host is None:
                return
            job = self._next_job(now)
            if job is None:
                return
            self._submit(host, job, now)

    def _roomiest(self, now: float) -> Host | None:
        if len(self.hosts) == 1:
            host = self.hosts[0]
            return host if host.room(now) >= 1 and self._has_bytes() else None
        best = max(self.hosts, key=lambda host: host.room(now) / host.window.limit)
        return best if best.room(now) >= 1 and self._has_bytes() else None

    def _has_bytes(self) -> bool:
        return self._bytes < self._options.max_bytes

    def _next_job(self, now: float) -> Job | None:
        while self._retries and self._retries[0][0] <= now:
            job = heapq.heappop(self._retries)[2]
            if job.state is State.WAITING:
                return job
        if not self.waiting.count:
            return None
        is_full = all(host.in_flight >= int(host.window.limit) for host in self.hosts)
        return self.waiting.take(now, is_full=is_full)

    def _submit(self, host: Host, job: Job, now: float) -> None:
        job.move(State.SUBMITTING)
        job.host = host.index
        job.host_name = host.name
        job.sent_at = now
        expected = self.expectations.of(job.kind.name).result_size
        job.size += int(expected) * len(job.parts) if job.tries == 0 else 0
        host.in_flight += 1
        host.bytes += job.size
        self._bytes += job.size
        self._live.add(job)
        self.requests += 1
        self._out.append(Ask(Call.SUBMIT, host.index, now, job, floor=host.highest_id))
        if host.identity is None and host.can_tell and not host.is_identifying:
            self._identify(host, now, job.kind.database)

    def _leave_host(self, job: Job) -> None:
        host = self.hosts[job.host]
        host.in_flight -= 1
        host.bytes -= job.size
        self._bytes -= job.size
        self._live.discard(job)
        host.watch.remove(job)

    # ---- looking

    def _look(self, host: Host, now: float) -> None:
        watch = host.watch
        if not watch.jobs:
            return
        for job in watch.due_jobs(now):
            if job.state is State.PENDING:
                self._fetch(host, job, now)
        count = watch.list_count(now)
        if count:
            self.requests += 1
            database = next(iter(watch.jobs.values())).database
            self._out.append(Ask(Call.LIST, host.index, now, count=count, database=database))

    def _fetch(self, host: Host, job: Job, now: float) -> None:
        job.move(State.FETCHING)
        job.looks += 1
        self.requests += 1
        self._out.append(Ask(Call.FETCH, host.index, now, job, epoch=host.epoch()))

    # ---- decisions

    def _take_id(self, ask: Ask, _meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        host = self.hosts[job.host]
        job_id: str = detail
        job.job_id = job_id
        job.accepted_at = now
        job.epoch = host.connections
        job.troubles = job.renewals = 0
        host.refusals = 0
        job.move(State.PENDING)
        # The floor of a job that was sent before a restart is the old process's.
        floor = ask.floor if ask.sent_at > host.restarted_at else 0
        if host.gives_id(job_id, floor) or job_id in host.watch.jobs:
            self._gave_old_id(host, job_id, ask.sent_at, now)
        host.window.accepted(host.in_flight)
        if job.is_abandoned:
            host.watch.hold(job)
            self._tidy_up(job, now)
            return
        at_once = host.watch.add(job, now)
        if job.cancel_by is not None:
            self._tidy_up(job, now)
        if at_once and not host.is_suspect:
            self._fetch(host, job, now)
        elif at_once:
            host.watch.look_at(job, now)

    def _take_result(self, ask: Ask, _meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        response: Response = detail
        if ask.call is Call.FETCH:
            self._learn(job, response, now)
            host = self.hosts[job.host]
            if job.sent_at is not None and host.window.finished(job.sent_at, now):
                self._tell_window(host)
        job.ended_at = now
        job.move(State.ENDED)
        self._leave_host(job)
        # An array that was too large (413) has not run: its parts go out again in two.
        is_too_large = job.is_merged and response.status == 413
        if job.kind.order is not None and not is_too_large:
            self.waiting.release(job.parts, now)
        if job.is_abandoned:
            return
        outcome, reason = Outcome.ANSWERED, ""
        if job.tries and not is_too_large:
            outcome, reason = self._after_others(ask, job, response)
        # 410 is what a cancelled job's stored answer is (server-protocol.md §5).
        elif job.cancel_by is not None and response.status == 410:
            outcome = Outcome.CANCELLED
        self._out.append(End(outcome, job.parts, job, response, reason))

    def _after_others(self, ask: Ask, job: Job, response: Response) -> tuple[Outcome, str]:
        """Return what an answer means where an earlier try may have run."""
        if job.cancel_by is not None and response.status == 410:
            return Outcome.UNKNOWN, "it was cancelled, and an earlier try may have run"
        if ask.call is Call.SUBMIT and not job.kind.is_direct:
            why = f"HTTP {response.status}"
            return Outcome.UNKNOWN, f"an earlier try may have run, and the next was refused: {why}"
        return Outcome.ANSWERED, ""

    def _learn(self, job: Job, response: Response, now: float) -> None:
        expectation = self.expectations.of(job.kind.name)
        if job.accepted_at is not None:
            expectation.learn_duration(now - job.accepted_at)
        if job.is_direct and job.looks == 1:
            expectation.learn_first_look(True)
        expectation.learn_size(len(response.body) // len(job.parts))

    def _keep(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        watch = self.hosts[job.host].watch
        if meaning is Meaning.PENDING:
            job.troubles = job.renewals = 0
            watch.probed(False, now)
            if job.is_direct and job.looks == 1:
                self.expectations.of(job.kind.name).learn_first_look(False)
        job.move(State.PENDING)
        if not job.is_abandoned:
            watch.look_again(job, now)
        if job.is_abandoned or job.cancel_by is not None:
            self._tidy_up(job, now)

    def _watch_again(self, job: Job, due: float, now: float) -> None:
        """Look at `job` again at the time `due`."""
        job.move(State.PENDING)
        self.hosts[job.host].watch.look_at(job, due)
        self._tidy_up(job, now)

    def _back_off(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        host = self.hosts[job.host]
        self._leave_host(job)
        if host.window.refused(ask.sent_at, len(host.watch.jobs), now):
            self._tell_window(host)
        # While it has jobs of ours, the smaller window lets none follow until some have ended.
        if not host.watch.jobs and now >= host.closed_until:
            host.refusals += 1
            host.closed_until = now + pause(REFUSED, host.refusals, self._random)
        job.troubles += 1
        self._put_back(job, now, pause(REFUSED, job.troubles, self._random), meaning.value)

    def _wait_for_host(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        if job is None:
            return
        host = self.hosts[ask.host]
        if ask.call is Call.SUBMIT:
            self._leave_host(job)
            why = f"{host.name}: {_describe(meaning, detail)}"
            if meaning is Meaning.MOVED:
                self._not_written(job, why, detail, now)
                return
            delay = 0.0 if len(self.hosts) > 1 else max(0.0, host.closed_until - now)
            self._put_back(job, now, delay, why)
            return
        job.note(f"{ask.call.value} at {host.name}: {_describe(meaning, detail)}")
        if ask.call is Call.ASK:
            # Its fetch broke: nothing but an answer to this question may be followed by another.
            self._push_timer(max(now, host.closed_until), ask)
        else:
            self._watch_again(job, host.closed_until, now)

    def _not_written(self, job: Job, why: str, detail: Any, now: float) -> None:
        """Send again what no connection has carried whole, a few times."""
        job.troubles += 1
        if job.troubles <= _ASK_TRIES:
            self._put_back(job, now, pause(AGAIN, job.troubles, self._random), why)
            return
        job.note(why)
        job.move(State.ENDED)
        self.waiting.release(job.parts, now)
        outcome = Outcome.UNSENT if job.tries == 0 else Outcome.UNKNOWN
        self._out.append(End(outcome, job.parts, job, reason=why, cause=_as_cause(detail)))

    def _renew(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        is_tidying = job is None or ask.call in _TIDY
        if not self.can_renew or not (is_tidying or (job and job.renewals == 0)):
            self._refused_for_good(ask, meaning, detail, now)
            return
        self.begin_renewal(now)
        if job is None or is_tidying:
            self._again(ask, meaning, detail, now)
            return
        job.renewals += 1
        if ask.call is Call.SUBMIT:
            self._leave_host(job)
            self._put_back(job, now, 0.0, "credentials were refused")
        elif ask.call is Call.ASK:
            self._push_timer(now + _RENEWAL_PAUSE / 2, ask)
        else:
            self._watch_again(job, now, now)

    def _refused_for_good(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        if ask.call is Call.SUBMIT:
            self._take_result(ask, meaning, detail, now)
        elif ask.call in _TIDY or ask.job is None:
            self._again(ask, meaning, detail, now)
        else:
            reason = f"{ask.call.value}: {_describe(meaning, detail)}"
            self._give_up(ask.job, reason, _as_cause(detail), now)

    def _ask_status(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        job.note(f"fetch: {_describe(meaning, detail)}")
        job.move(State.ASKING)
        self._send_status(job, now)

    def _send_status(self, job: Job, now: float) -> None:
        host = self.hosts[job.host]
        self.requests += 1
        self._out.append(Ask(Call.ASK, host.index, now, job))

    def _fetch_again(self, ask: Ask, _meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        host = self.hosts[job.host]
        if host.is_suspect:
            self._watch_again(job, now, now)
        else:
            self._fetch(host, job, now)

    def _elsewhere(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        if job is None:
            self._list_elsewhere(ask, meaning, detail, now)
            return
        if job.database == _ALWAYS_THERE:
            last = self._done if ask.call in _TIDY else self._lost
            last(ask, meaning, detail, now)
            return
        job.database = _ALWAYS_THERE
        if ask.call in _TIDY or ask.call is Call.ASK:
            self._push_timer(now, ask)
        else:
            self._watch_again(job, now, now)

    def _list_elsewhere(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        if ask.database == _ALWAYS_THERE:
            self._done(ask, meaning, detail, now)
            return
        watch = self.hosts[ask.host].watch
        for job in watch.jobs.values():
            if job.database == ask.database:
                job.database = _ALWAYS_THERE
        watch.list_failed(now, 0.0)

    def _lost(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        reason = f"{ask.call.value}: {_describe(meaning, detail)}"
        self._lose(ask.job, reason, _as_cause(detail), now)
        if meaning is Meaning.UNKNOWN_JOB:
            self.hosts[ask.host].watch.probed(True, now)

    def _lose(self, job: Job, reason: str, cause: BaseException | None, now: float) -> None:
        self._leave_host(job)
        self._repeat_or(Outcome.LOST, job, reason, cause, now)

    def _unknown(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        self._leave_host(ask.job)
        reason = f"submit: {_describe(meaning, detail)}"
        self._repeat_or(Outcome.UNKNOWN, ask.job, reason, _as_cause(detail), now)

    def _repeat_or(
        self, outcome: Outcome, job: Job, reason: str, cause: BaseException | None, now: float
    ) -> None:
        job.ended_at = now
        job.move(State.ENDED)
        self._end_or_repeat(outcome, job, reason, cause, now)

    def _end_or_repeat(
        self, outcome: Outcome, job: Job, reason: str, cause: BaseException | None, now: float
    ) -> None:
        job.note(f"{self.hosts[job.host].name}: {reason}")
        again, never = job.split_repeatable()
        if job.is_abandoned or job.cancel_by is not None or job.tries >= self._options.max_repeats:
            again, never = [], job.parts
        if again:
            delay = pause(AGAIN, job.tries + 1, self._random)
            self._requeue(again, job, job.tries + 1, now, delay)
        if never:
            self.waiting.release(never, now)
            if job.is_abandoned:
                return
            end = End(outcome, never, job, reason=reason, cause=cause)
            if job.tries < self._options.max_repeats and job.may_be_explained:
                self._explain(job, end, now)
            else:
                self._out.append(end)

    def _explain(self, job: Job, end: End, now: float) -> None:
        """Ask the server whether the query only reads: then a second run does no harm."""
        self.requests += 1
        host = min(self.hosts, key=lambda host: host.down_since is not None)
        ask = Ask(Call.EXPLAIN, host.index, now, job, parts=end.parts, otherwise=end)
        self._confirms.add(ask)
        self._out.append(ask)

    def _explained(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        assert ask.parts is not None
        assert ask.otherwise is not None
        if meaning in _MAY_ANSWER_LATER and ask.tries < _ASK_TRIES:
            if meaning is Meaning.UNAUTHORIZED and self.can_renew:
                self.begin_renewal(now)
            ask.tries += 1
            self._push_timer(now + pause(AGAIN, ask.tries, self._random), ask)
            return
        self._confirms.discard(ask)
        if meaning is Meaning.OK and detail is True:
            ask.job.note("the query only reads, so it is run again")
            self._requeue(ask.parts, ask.job, ask.job.tries + 1, now, 0.0)
        else:
            self._out.append(ask.otherwise)

    def _requeue(self, parts: list[Any], before: Job, tries: int, now: float, delay: float) -> None:
        open_parts = [part for part in parts if not part.done()]
        if len(open_parts) < len(parts):
            self.waiting.release([part for part in parts if part.done()], now)
        if not open_parts:
            return
        job = Job(open_parts, sum(len(part.payload or b"") for part in open_parts))
        job.tries = tries
        job.attempts = list(before.attempts or ())
        for part in open_parts:
            part.job = job
        self._push_retry(now + delay, job)

    def _put_back(self, job: Job, now: float, delay: float, why: str) -> None:
        job.note(f"submit refused, nothing was run: {why}")
        job.move(State.WAITING)
        if job.is_abandoned or job.cancel_by is not None:
            self._end_waiting(job, "it was cancelled, and not sent again", now)
            return
        job.size = sum(len(part.payload or b"") for part in job.parts)
        self._push_retry(now + delay, job)

    def _done(self, ask: Ask, _meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        if job is None:
            # No list, and not an answer that another try would better.
            self.hosts[ask.host].watch.list_refused(now)
            return
        job.is_tidied = False
        if job.state is not State.PENDING:
            return
        if not job.is_abandoned:
            self.hosts[job.host].watch.look_at(job, now)
        elif ask.call is Call.CANCEL:
            self._tidy_up(job, now)
        else:
            self._forget(job, now)

    def _again(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        host = self.hosts[ask.host]
        if ask.call is Call.LIST:
            host.watch.list_failed(now, pause(AGAIN, 1, self._random))
            return
        job = ask.job
        assert job is not None
        if ask.call in _TIDY:
            self._tidy_again(ask, job, meaning, now)
            return
        job.troubles += 1
        delay = pause(AGAIN, job.troubles, self._random)
        if ask.call is Call.FETCH:
            self._watch_again(job, now + delay, now)
        elif job.troubles > _ASK_TRIES:
            reason = f"{ask.call.value}: {_describe(meaning, detail)}"
            self._give_up(job, reason, _as_cause(detail), now)
        else:
            self._push_timer(now + delay, ask)

    def _give_up(self, job: Job, reason: str, cause: BaseException | None, now: float) -> None:
        """End or repeat the parts of a job that the server may still have."""
        self._end_or_repeat(Outcome.LOST, job, reason, cause, now)
        job.parts = []
        job.move(State.PENDING)
        self._abandon(job, now)

    # ---- tidying up: jobs that nobody waits for

    def _tidy_up(self, job: Job, now: float) -> None:
        """Cancel or delete `job` where that is wanted, possible, and not under way."""
        host = self.hosts[job.host]
        if job.state is not State.PENDING or job.is_tidied or host.is_suspect:
            return
        if job.is_abandoned:
            wants_cancel = job.kind.is_query and not job.cancel_is_sent
            self._tidy(Call.CANCEL if wants_cancel else Call.DELETE, job, now)
        elif job.cancel_by is not None and not job.cancel_is_sent:
            self._tidy(Call.CANCEL, job, now)

    def _tidy(self, call: Call, job: Job, now: float, tries: int = 0) -> None:
        host = self.hosts[job.host]
        job.is_tidied = True
        job.cancel_is_sent = job.cancel_is_sent or call is Call.CANCEL
        self.requests += 1
        self._tidying += 1
        self._out.append(Ask(call, host.index, now, job, epoch=host.epoch(), tries=tries))

    def _tidy_again(self, ask: Ask, job: Job, meaning: Meaning, now: float) -> None:
        # Where the host is away it is waited for, as long as `patience` lasts.
        ask.tries += meaning not in _ABSENT and meaning is not Meaning.MOVED
        if ask.tries < _TIDY_TRIES:
            delay = pause(AGAIN, ask.tries, self._random)
            self._push_timer(max(now + delay, self.hosts[ask.host].closed_until), ask)
            return
        job.is_tidied = False
        if job.state is State.PENDING and job.is_abandoned:
            self._forget(job, now)

    def _forget(self, job: Job, now: float) -> None:
        job.move(State.ENDED)
        self._leave_host(job)
        self.waiting.release(job.parts, now)

    def _abandon(self, job: Job, now: float) -> None:
        job.is_abandoned = True
        if job.state is State.PENDING:
            self.hosts[job.host].watch.hold(job)
            self._tidy_up(job, now)

    # ---- timers: deadlines, cancels that get no word, calls to make again

    def _push_timer(self, due: float, what: Any) -> None:
        self._number += 1
        heapq.heappush(self._timers, (due, self._number, what))

    def _push_retry(self, due: float, job: Job) -> None:
        self._number += 1
        heapq.heappush(self._retries, (due, self._number, job))

    def _purge_timers(self) -> None:
        """Let go of operations that have ended long before their deadlines."""
        self._timers = [
            timer
            for timer in self._timers
            if isinstance(timer[2], (Ask, Job, Host)) or not timer[2].done()
        ]
        heapq.heapify(self._timers)
        self._purge_at = _PURGE + 2 * len(self._timers)

    def _run_timers(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            what = heapq.heappop(self._timers)[2]
            if isinstance(what, Ask):
                self._repeat_call(what, now)
            elif isinstance(what, Job):
                self._cancel_is_over(what, now)
            elif isinstance(what, Host):
                self._identify(what, now)
            else:
                self._deadline_is_over(what, now)

    def _repeat_call(self, ask: Ask, now: float) -> None:
        job = ask.job
        if ask.call is Call.CONFIRM and job is not None:
            if ask in self._confirms:
                self._confirms.discard(ask)
                self.confirm(ask.parts or [], job, now, ask.tries)
            return
        if ask.call is Call.EXPLAIN:
            if ask in self._confirms:
                ask.sent_at = now
                self.requests += 1
                self._out.append(ask)
            return
        if ask.call is Call.RENEW:
            self._is_renewing = False
            self.begin_renewal(now)
            return
        if job is None or job.state is State.ENDED:
            return
        if ask.call is Call.ASK:
            self._send_status(job, now)
            return
        job.is_tidied = False
        if job.state is State.PENDING and not self.hosts[job.host].is_suspect:
            self._tidy(ask.call, job, now, ask.tries)
        elif ask.call is Call.CANCEL:
            job.cancel_is_sent = False

    def _cancel_is_over(self, job: Job, now: float) -> None:
        if job.state is State.ENDED or job.is_abandoned:
            return
        reason = "cancel was asked for, and the server never said what became of it"
        outcome = Outcome.UNKNOWN if job.job_id is None else Outcome.LOST
        self._out.append(End(outcome, job.parts, job, reason=reason))
        self._abandon(job, now)

    def _deadline_is_over(self, part: Any, now: float) -> None:
        if part.done():
            return
        job: Job | None = part.job
        self._out.append(End(Outcome.DEADLINE, [part], job))
        if job is None or job.state is State.ENDED:
            return
        if all(other is part or other.done() for other in job.parts):
            self._abandon(job, now)

    # ---- hosts that go away and come back

    def _host_failed(self, host: Host, now: float) -> None:
        if now < host.closed_until and host.troubles:
            return
        host.failed(now, pause(UNREACHABLE, host.troubles + 1, self._random))

    def _check_patience(self, host: Host, now: float) -> None:
        if not self._is_given_up(host, now):
            return
        away = now - (host.down_since or now)
        reason = f"{host.name} could not be reached for {away:.1f} s"
        for job in list(host.watch.jobs.values()):
            if job.state in (State.PENDING, State.ASKING):
                self._lose(job, reason, None, now)
        if all(self._is_given_up(other, now) for other in self.hosts):
            self._give_up_waiting(reason, now)
            for other in self.hosts:
                # What comes next is tried anew.
                other.down_since = None

    def _is_given_up(self, host: Host, now: float) -> bool:
        if host.down_since is None:
            return False
        patience = self._options.patience
        if not host.was_reached:
            patience = min(patience, _FIRST_CONTACT)
        return now - host.down_since >= patience

    def _give_up_waiting(self, reason: str, now: float) -> None:
        retries, self._retries = self._retries, []
        for _due, _number, job in retries:
            if job.state is not State.WAITING:
                continue
            job.move(State.ENDED)
            outcome = Outcome.UNSENT if job.tries == 0 else Outcome.UNKNOWN
            self.waiting.release(job.parts, now)
            self._out.append(End(outcome, job.parts, job, reason=reason))
        parts = self.waiting.drain()
        if parts:
            self._out.append(End(Outcome.UNSENT, parts, None, reason=reason))

    def _identify(self, host: Host, now: float, database: str = "") -> None:
        if host.is_identifying:
            return
        host.is_identifying = True
        self.requests += 1
        watched = next(iter(host.watch.jobs.values()), None)
        database = database or (watched.database if watched else _ALWAYS_THERE)
        self._out.append(
            Ask(
                Call.IDENTIFY,
                host.index,
                now,
                database=database,
                epoch=host.connections,
                count=int(host.asks_metrics),
            )
        )

    def _identified(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        host = self.hosts[ask.host]
        host.is_identifying = False
        if meaning in _NO_IDENTITY and self._asks_again(host, meaning, now):
            return
        uptime: float | None = detail if meaning is Meaning.OK else None
        if uptime is None and not host.asks_metrics:
            host.asks_metrics = True
            self._identify(host, now)
            return
        if host.watch.by_id_only or uptime is None:
            host.can_tell = False
            host.identify_tries = 0
            self._trust(host, ask.epoch, now)
            return
        host.can_tell = True
        if ask.epoch == 0 and host.connections > 1:
            # Asked before there was a connection: it may have gone out on any of them.
            if host.is_suspect:
                self._identify(host, now)
            return
        found = Identity(uptime, ask.sent_at, now)
        older, unclear = self._judge(host, found, ask.epoch)
        if unclear and not found.is_precise and host.identify_tries < _ASK_TRIES:
            host.identify_tries += 1
            self._identify(host, now)
            return
        host.identify_tries = 0
        if older or (unclear and not found.is_same_as(host.identity)):
            self._found_successor(host, ask, found, now)
            return
        host.identity = found.narrowed_by(host.identity)
        self._trust(host, ask.epoch, now)

    def _judge(self, host: Host, found: Identity, epoch: int) -> tuple[set[Job], set[Job]]:
        """Return the jobs that were accepted before `found` was started, and those that may be."""
        older: set[Job] = set()
        unclear: set[Job] = set()
        for job in host.watch.jobs.values():
            # What was accepted after the connection had been made on which it has answered
            # is its own.
            if job.epoch >= epoch or job.accepted_at is None or job.sent_at is None:
                continue
            # It was accepted at some time between being sent and our reading of it.
            if found.is_younger_than(job.accepted_at):
                older.add(job)
            elif not found.is_older_than(job.sent_at):
                unclear.add(job)
        return older, unclear

    def _asks_again(self, host: Host, meaning: Meaning, now: float) -> bool:
        """Ask who it is again, as nothing is fetched before; say whether that is worth it."""
        if meaning is Meaning.BROKEN:
            self._host_failed(host, now)
        if meaning is Meaning.UNAUTHORIZED:
            if not self.can_renew:
                return False
            self.begin_renewal(now)
        if not host.is_suspect:
            return True
        if meaning not in _ABSENT and meaning is not Meaning.MOVED:
            host.identify_tries += 1
        delay = pause(AGAIN, host.identify_tries, self._random)
        self._push_timer(max(now + delay, host.closed_until), host)
        return host.identify_tries < _ASK_TRIES or meaning is Meaning.BROKEN

    def _trust(self, host: Host, epoch: int, now: float) -> None:
        """Look at the jobs again: the connections up to number `epoch` lead to their process."""
        host.trusted = max(host.trusted, epoch, host.connections if host.connections == 1 else 0)
        if not host.is_suspect:
            return
        if host.connections > host.trusted and not host.watch.by_id_only:
            self._identify(host, now)
            return
        host.is_suspect = False
        host.watch.ask_all(now)
        for job in list(host.watch.jobs.values()):
            self._tidy_up(job, now)

    def _found_successor(self, host: Host, ask: Ask, found: Identity, now: float) -> None:
        """End what the old process had; but first make sure that this is no other Coordinator."""
        newest = max(host.watch.jobs.values(), key=lambda job: job.accepted_at or 0.0, default=None)
        if not host.unit or newest is None:
            self._succeeded(host, found, ask.epoch, now)
            return
        host.successor = found
        host.is_suspect = True
        host.is_identifying = True
        self.requests += 1
        self._out.append(Ask(Call.OWNER, host.index, now, newest, epoch=ask.epoch))

    def _owner_told(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take whether the Coordinator that was asked for one of our jobs asked another one."""
        host = self.hosts[ask.host]
        host.is_identifying = False
        found, host.successor = host.successor, None
        if host.watch.by_id_only or detail is True:
            host.watch.by_id_only = True
            self._trust(host, ask.epoch, now)
        elif meaning in _NO_IDENTITY or found is None:
            self._identified(ask, meaning, None, now)
        else:
            self._succeeded(host, found, ask.epoch, now)

    def _succeeded(self, host: Host, found: Identity, epoch: int, now: float) -> None:
        older, unclear = self._judge(host, found, epoch)
        self._restarted(host, older | unclear, now)
        host.identity = found
        self._trust(host, epoch, now)

    def _gave_old_id(self, host: Host, job_id: str, sent_at: float, now: float) -> None:
        """End what the old process had: `host` gave an id that can only be a new process's."""
        number = int(job_id)
        older = {
            job
            for job in host.watch.jobs.values()
            if job.epoch < host.connections
            or int(job.job_id or 0) >= number
            or (job.accepted_at or now) <= sent_at
        }
        host.identity = None
        self._restarted(host, older, now)
        host.highest_id = max(host.highest_id, number)

    def _restarted(self, host: Host, older: set[Job], now: float) -> None:
        """End or repeat what the host has lost, all at once (server-protocol.md §2.2)."""
        jobs = list(host.watch.jobs.values())
        host.restarted_at = now
        host.highest_id = max((int(job.job_id or 0) for job in jobs if job not in older), default=0)
        for job in [job for job in jobs if job in older]:
            self._lose(job, f"{host.name} has restarted and lost its jobs", None, now)

    def _tell_window(self, host: Host) -> None:
        self._out.append(
            WindowChange(host.index, int(host.window.limit), host.window.reason, host.queue_time)
        )


def _describe(meaning: Meaning, detail: Any) -> str:
    if isinstance(detail, BaseException):
        return f"{meaning.value} ({detail})"
    if isinstance(detail, Response):
        return f"{meaning.value} (HTTP {detail.status})"
    return meaning.value


def _as_cause(detail: Any) -> BaseException | None:
    return detail if isinstance(detail, BaseException) else None
