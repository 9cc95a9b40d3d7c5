"""The engine: which call to make next, and how each future ends.

It gets what happened and the time, and gives actions and the next due time. It
knows no clock, socket, lock or thread, and reads no HTTP: `_wire` has turned
answers into meanings before they come here.

This is its face. Its parts share one `Book`, and each knows only those above it:

    Book                        what waits, runs, is due, is to be done
    Renewal, Tidying            new credentials; jobs that nobody waits for
    Requeue, Questions          what is sent again; what has to be asked before it may be
    Repetition                  what may be repeated, and how the rest ends
    Restarts, Patience          hosts that lost their jobs; hosts that are away
    Identification              who a host is
    Looking, Admission          looks at jobs; jobs that get to a host
    Searching                   jobs whose id was never told
    Results, Decisions, Timers  what answers and times come to

Every rule about what may be repeated is in `meanings.py` (the table) and in
`repetition.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from arango_jobs._core.actions import Action, Ask, Asks
from arango_jobs._core.admission import Admission
from arango_jobs._core.book import Book
from arango_jobs._core.decisions import Decisions, Handler
from arango_jobs._core.engine_options import EngineOptions
from arango_jobs._core.host import Host
from arango_jobs._core.identification import Identification
from arango_jobs._core.job import Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import ABSENT, SILENT, TIDY, Call, Meaning
from arango_jobs._core.patience import Patience
from arango_jobs._core.questions import Questions
from arango_jobs._core.reasons import as_cause
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.repetition import Repetition
from arango_jobs._core.requeue import Requeue
from arango_jobs._core.restarts import Restarts
from arango_jobs._core.results import Results
from arango_jobs._core.searching import Searching
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying
from arango_jobs._core.timers import Timers

__all__ = ["Engine", "EngineOptions"]

_STATE_OF = {
    Call.SUBMIT: State.SUBMITTING,
    Call.FETCH: State.FETCHING,
    Call.ASK: State.ASKING,
}


_NO_WORD = ABSENT | SILENT
# What many of them most often mean, and is heard at once.
_OF_SUBMISSIONS = frozenset({Meaning.ACCEPTED})
_OF_FETCHES = frozenset({Meaning.RESULT, Meaning.PENDING})


class Engine:
    """Decides. `plan` and the methods that take news put actions on a list; `actions` takes it."""

    def __init__(self, hosts: Sequence[str], options: EngineOptions, random: Random) -> None:
        book = self._book = Book(hosts, options, random)
        self.hosts = book.hosts
        self.waiting = book.waiting
        renewal = self._renewal = Renewal(book)
        tidying = self._tidying = Tidying(book)
        requeue = self._requeue = Requeue(book, tidying)
        questions = self._questions = Questions(book, renewal, requeue)
        repetition = Repetition(book, requeue, questions, tidying)
        restarts = Restarts(book, repetition)
        patience = self._patience = Patience(book, repetition, questions)
        who = self._identification = Identification(book, renewal, tidying, patience, restarts)
        looking = self._looking = Looking(book, tidying)
        self._admission = Admission(book, who)
        searching = Searching(book, renewal, repetition, tidying, looking)
        results = Results(book, looking, tidying, restarts, requeue)
        self._results = results
        self._handlers = Decisions(
            book,
            results=results,
            looking=looking,
            requeue=requeue,
            repetition=repetition,
            tidying=tidying,
            renewal=renewal,
            searching=searching,
            patience=patience,
        ).table()
        self._others: dict[Call, Handler] = {
            Call.IDENTIFY: who.identified,
            Call.OWNER: who.owner_told,
            Call.CONFIRM: questions.not_confirmed,
            Call.EXPLAIN: questions.explained,
            Call.RENEW: renewal.failed,
            Call.SEARCH_PENDING: searching.answered,
            Call.SEARCH_DONE: searching.answered,
            Call.SEARCH_HOST: searching.answered,
        }
        self._timers = Timers(
            book,
            identification=who,
            looking=looking,
            questions=questions,
            renewal=renewal,
            searching=searching,
            tidying=tidying,
        )

    # ---- what is asked of it

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, runs, or has to be tidied up."""
        return not (
            self.waiting.count or self._book.retries or self._tidying.calls or self._questions
        ) and not any(host.in_flight for host in self.hosts)

    @property
    def in_flight(self) -> int:
        """Return the jobs that are under way on all hosts."""
        return sum(host.in_flight for host in self.hosts)

    @property
    def on_the_way(self) -> int:
        """Return the jobs that no host has said to have accepted yet."""
        return sum(host.on_the_way for host in self.hosts)

    @property
    def requests(self) -> int:
        """How many calls it has asked for."""
        return self._book.requests

    def open_parts(self) -> list[Any]:
        """Return every operation that has not ended; some may appear twice."""
        jobs = [*self._book.running(), *self._book.retries.all()]
        parts = [part for job in jobs for part in job.parts]
        parts.extend(self._questions.parts())
        parts.extend(self.waiting.parts())
        return parts

    def take_actions(self) -> list[Action]:
        """Take what is to be done."""
        book = self._book
        out, book.out = book.out, []
        return out

    def add(self, part: Any, now: float, deadline: float | None = None) -> None:
        """Let an operation wait to be sent; it ends by `deadline` at the latest."""
        self.waiting.add((part,), now)
        if deadline is not None:
            self.end_by(deadline, part)

    def end_by(self, deadline: float, part: Any) -> None:
        """Have an operation end by `deadline` at the latest."""
        self._timers.end_by(deadline, part)

    def plan(self, now: float) -> None:
        """Decide what is due at `now`: deadlines, looks, submissions."""
        self.waiting.turn(now)
        self._timers.run(now)
        for host in self.hosts:
            if host.down_since is not None or host.is_suspect:
                self._patience.check(host, now)
            if not (host.is_suspect or self._renewal.is_under_way) and now >= host.closed_until:
                self._looking.look(host, now)
        if (self.waiting.count or self._book.retries) and not self._renewal.is_under_way:
            self._admission.admit(now)

    def next_due(self, now: float) -> float | None:
        """Return when `plan` is next worth calling, `None` if only news can change anything."""
        if self.waiting.has_answered:
            return now
        due = self._book.timers.due
        if any(host.down_since is not None for host in self.hosts):
            due = min(due, self._patience.next_due(now))
        if not self._renewal.is_under_way:
            due = min(due, self._looking.next_due())
            if self.waiting.count or self._book.retries:
                due = min(due, self._admission.next_due())
        return None if due == float("inf") else due

    # ---- news

    def heard(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take what came of `ask`; `detail` is the response or the transport's error."""
        host = self.hosts[ask.host]
        if host.troubles or not host.was_reached or meaning in _NO_WORD:
            self._heard_of(host, meaning, detail, now)
        call, job = ask.call, ask.job
        state = _STATE_OF.get(call)
        if state is None:
            other = self._others.get(call)
            if other is not None:
                other(ask, meaning, detail, now)
                return
            if call in TIDY:
                self._tidying.calls -= 1
        elif job is not None and job.state is not state:
            return  # it has ended meanwhile: its host restarted, or its owner gave up
        self._handlers[call, meaning](ask, meaning, detail, now)

    def heard_all(
        self,
        asks: Asks,
        jobs: Sequence[Job],
        meaning: Meaning,
        details: Any,
        now: float,
        connection: int = 0,
    ) -> None:
        """Do as `heard` for the calls that are of some `jobs`, and all have the same meaning.

        `details` are the ids of jobs that were accepted, else `Responses`. `connection` is the
        number of the one that the answers came on; 0: the newest told of.
        """
        is_submission = asks.call is Call.SUBMIT
        if meaning not in (_OF_SUBMISSIONS if is_submission else _OF_FETCHES):
            for job, detail in zip(jobs, details, strict=True):
                ask = asks.alone(job)
                if is_submission:
                    ask.epoch = connection
                self.heard(ask, meaning, detail, now)
            return
        host = self.hosts[asks.host]
        if host.troubles or not host.was_reached:
            host.answered()
        if is_submission:
            self._results.take_ids(asks, jobs, details, now, connection)
        elif meaning is Meaning.RESULT:
            self._results.take_results(asks, jobs, details, now)
        else:
            state = _STATE_OF[asks.call]
            still = [job for job in jobs if job.state is state]
            self._results.take_pending(asks, still, now)

    def _heard_of(self, host: Host, meaning: Meaning, detail: Any, now: float) -> None:
        """Take whether the host is there."""
        if meaning in ABSENT:
            host.was_reached = host.was_reached or meaning is not Meaning.UNREACHABLE
            host.trouble = as_cause(detail)
            self._patience.failed(host, now)
        elif meaning not in SILENT:
            host.answered()

    def listed(self, ask: Ask, ids: list[Any], now: float) -> None:
        """Take the ids that a list has given."""
        host = self.hosts[ask.host]
        host.answered()
        self._looking.listed(host, ids, ask.count, now)

    def connected(self, index: int, now: float, made_at: float = float("-inf")) -> None:
        """Take that a new connection to the host stands, on which nothing was sent by `made_at`.

        Answers that had come in on older connections must have been told before.
        """
        host = self.hosts[index]
        host.connect(made_at)
        if host.connections > 1 and host.in_flight and not host.watch.by_id_only:
            self._identification.suspect(host, now)

    def queue_time(self, ask: Ask | Asks, seconds: float, now: float) -> None:
        """Take the queue time that an answer told."""
        host = self.hosts[ask.host]
        host.queue_time = seconds
        if host.window.queue_time(seconds, ask.sent_at, now):
            self._book.tell_window(host)

    def not_understood(self, index: int, error: Exception, now: float) -> None:
        """Take that what answers at the host speaks another language.

        A host that never spoke ours is as good as away: nothing more is sent for a while. What
        was sent may have run all the same.
        """
        host = self.hosts[index]
        if not host.was_reached:
            host.trouble = error
            self._patience.failed(host, now)

    def behind_balancer(self, index: int) -> None:
        """Take that the host forwards: its lists may lack our jobs."""
        self.hosts[index].watch.by_id_only = True

    def begin_renewal(self, now: float) -> None:
        """Ask for new credentials, once, before anything else is sent."""
        self._renewal.begin(now)

    def renewed(self, success: bool, now: float) -> None:
        """Take that the credentials have been renewed, or that the server refuses to."""
        self._renewal.ended(success, now)

    def confirmed(self, ask: Ask, now: float, unread: Sequence[Any] = (), why: str = "") -> None:
        """Take that a confirmation has come, whose futures the caller ends but for `unread`.

        Of these nothing could be read; `why` says why not.
        """
        self.hosts[ask.host].answered()
        self._questions.confirmed(ask, unread, why, now)

    # ---- wishes

    def cancel(self, part: Any, timeout: float | None, now: float) -> None:
        """Ask the server to stop the job of `part`, which ends within `timeout` seconds."""
        if part.job is not None:
            self._tidying.cancel(part.job, timeout, now)

    def abandon_all(self, now: float) -> None:
        """Forget everything that waits and tidy up what the server has of ours."""
        self.waiting.drain()
        self._questions.clear()
        for job in self._book.retries.drain():
            if job.state is State.WAITING:
                job.move(State.ENDED)
        for job in self._book.running():
            self._tidying.abandon(job, now)

    def adopt(
        self, parts: list[Any], index: int, job_id: str, now: float, *, tries: int = 0
    ) -> None:
        """Watch a job that an earlier process of ours has submitted to the host `index`.

        Whoever asks for it has made sure that the server's process is still the same; it is
        asked again, before anything is fetched, as it may have restarted since.
        """
        self._admission.adopt(parts, index, job_id, now, tries=tries)

    def resend(self, parts: Sequence[Any], tries: int, now: float) -> None:
        """Send `parts` as one job that may have run `tries` times, in an earlier process."""
        self._requeue.resend(parts, tries, now)

    def dropped(self, job: Job, now: float) -> None:
        """Take that no part of `job`, about to be sent, wants to be sent any more."""
        self._admission.dropped(job, now)

    def retry(self, part: Any, now: float) -> None:
        """Send `part`, which met another write and did nothing, again after a while."""
        self._requeue.retry(part, now)

    def confirm(self, parts: Sequence[Any], job: Job, now: float) -> None:
        """Read back the documents of `parts`: a repeated insert found *our* key taken."""
        self._questions.confirm(parts, job, now)
