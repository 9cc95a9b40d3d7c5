"""What is done for each decision of the table in `meanings.py`.

All take the call, what its answer means, the response or the transport's error, and the
time. What nothing goes wrong with is in `results.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arango_jobs._core.actions import Ask, Outcome, Responses
from arango_jobs._core.backoff import AGAIN, REFUSED, TRIES
from arango_jobs._core.book import Book
from arango_jobs._core.job import ALWAYS_THERE, Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import DECISIONS, TIDY, Call, Decision, Meaning
from arango_jobs._core.reasons import as_cause, describe
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.repetition import Repetition
from arango_jobs._core.requeue import Requeue
from arango_jobs._core.results import Results
from arango_jobs._core.searching import Searching
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying

__all__ = ["Decisions", "Handler"]

Handler = Callable[[Ask, Meaning, Any, float], None]


class Decisions:
    """Carries decisions out."""

    def __init__(
        self,
        book: Book,
        *,
        results: Results,
        looking: Looking,
        requeue: Requeue,
        repetition: Repetition,
        tidying: Tidying,
        renewal: Renewal,
        searching: Searching,
    ) -> None:
        self._book = book
        self._results = results
        self._looking = looking
        self._requeue = requeue
        self._repetition = repetition
        self._tidying = tidying
        self._renewal = renewal
        self._searching = searching

    def table(self) -> dict[tuple[Call, Meaning], Handler]:
        """Return what is called for each row of the table."""
        handlers: dict[Decision, Handler] = {
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
            Decision.SEARCH: self._searching.search,
            Decision.UNKNOWN: self._searching.leave,
            Decision.DONE: self._done,
            Decision.AGAIN: self._again,
        }
        return {row: handlers[decision] for row, decision in DECISIONS.items()}

    # ---- what nothing goes wrong with

    def _take_id(self, ask: Ask, _meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        self._results.take_ids(ask, (ask.job,), (detail,), now, ask.epoch)

    def _take_result(self, ask: Ask, _meaning: Meaning, detail: Any, now: float) -> None:
        if ask.call is Call.FETCH:
            assert ask.job is not None
            self._results.take_results(ask, (ask.job,), Responses.of(detail), now)
        else:
            self._results.take_refusal(ask, detail, now)

    # ---- a submission

    def _back_off(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        book = self._book
        host = book.hosts[job.host]
        book.leave(job)
        if host.window.refused(ask.sent_at, len(host.watch.jobs), now):
            book.tell_window(host)
        # While it has jobs of ours, the smaller window lets none follow until some have ended.
        if not host.watch.jobs and now >= host.closed_until:
            host.refusals += 1
            host.closed_until = now + book.pause(REFUSED, host.refusals)
        job.troubles += 1
        self._requeue.put_back(job, now, book.pause(REFUSED, job.troubles), meaning.value)

    def _not_written(self, job: Job, why: str, detail: Any, now: float) -> None:
        """Send again what no connection has carried whole, a few times."""
        job.troubles += 1
        if job.troubles <= TRIES:
            self._requeue.put_back(job, now, self._book.pause(AGAIN, job.troubles), why)
            return
        job.note(why)
        job.move(State.ENDED)
        self._book.waiting.release(job.parts, now)
        self._book.end_unsent(job, Outcome.UNSENT, why, as_cause(detail))

    # ---- a look

    def _keep(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        if meaning is Meaning.PENDING:
            self._results.take_pending(ask, (job,), now)
            return
        job.move(State.PENDING)
        if not job.is_abandoned:
            self._book.hosts[job.host].watch.look_again((job,), now)
        self._tidying.tidy_up(job, now)

    def _ask_status(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        job.note(f"fetch: {describe(meaning, detail)}")
        job.move(State.ASKING)
        self._looking.ask_status(job, now)

    def _fetch_again(self, ask: Ask, _meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        host = self._book.hosts[job.host]
        if host.is_suspect:
            self._looking.look_later(job, now, now)
        else:
            self._looking.fetch(host, (job,), now)

    def _lost(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        reason = f"{ask.call.value}: {describe(meaning, detail)}"
        self._repetition.lose(ask.job, reason, now, is_over=True, cause=as_cause(detail))
        if meaning is Meaning.UNKNOWN_JOB:
            self._book.hosts[ask.host].watch.probed(True, now)

    # ---- any call

    def _wait_for_host(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        if job is None:
            return
        book = self._book
        host = book.hosts[ask.host]
        if ask.call is Call.SUBMIT:
            book.leave(job)
            why = f"{host.name}: {describe(meaning, detail)}"
            if meaning is Meaning.MOVED:
                self._not_written(job, why, detail, now)
                return
            delay = 0.0 if len(book.hosts) > 1 else max(0.0, host.closed_until - now)
            self._requeue.put_back(job, now, delay, why)
            return
        job.note(f"{ask.call.value} at {host.name}: {describe(meaning, detail)}")
        if ask.call is Call.ASK:
            # Its fetch broke: nothing but an answer to this question may be followed by another.
            book.timers.push(max(now, host.closed_until), ask)
        else:
            self._looking.look_later(job, host.closed_until, now)

    def _renew(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        is_tidying = job is None or ask.call in TIDY
        is_of_yesterday = self._renewal.has_newer(ask)
        may_renew = self._renewal.can_renew and (is_tidying or (job and job.renewals == 0))
        if not (is_of_yesterday or may_renew):
            self._refused_for_good(ask, meaning, detail, now)
            return
        self._renewal.refused(ask, now)
        if job is None or is_tidying:
            self._again(ask, meaning, detail, now)
            return
        job.renewals += not is_of_yesterday
        if ask.call is Call.SUBMIT:
            self._book.leave(job)
            self._requeue.put_back(job, now, 0.0, "credentials were refused")
        elif ask.call is Call.ASK:
            self._renewal.then(ask, now)
        else:
            self._looking.look_later(job, now, now)

    def _refused_for_good(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        if ask.call is Call.SUBMIT:
            self._results.take_refusal(ask, detail, now)
        elif ask.call in TIDY or ask.job is None:
            self._again(ask, meaning, detail, now)
        else:
            self._give_up(ask, ask.job, meaning, detail, now)

    def _elsewhere(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        if job is None:
            self._list_elsewhere(ask, meaning, detail, now)
            return
        if job.database == ALWAYS_THERE:
            last = self._done if ask.call in TIDY else self._lost
            last(ask, meaning, detail, now)
            return
        job.database = ALWAYS_THERE
        if ask.call in TIDY or ask.call is Call.ASK:
            self._book.timers.push(now, ask)
        else:
            self._looking.look_later(job, now, now)

    def _list_elsewhere(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        if ask.database == ALWAYS_THERE:
            self._done(ask, meaning, detail, now)
            return
        watch = self._book.hosts[ask.host].watch
        for job in watch.jobs.values():
            if job.database == ask.database:
                job.database = ALWAYS_THERE
        watch.list_failed(now, 0.0)

    def _done(self, ask: Ask, _meaning: Meaning, _detail: Any, now: float) -> None:
        if ask.job is None:
            # No list, and not an answer that another try would better.
            self._book.hosts[ask.host].watch.list_refused(now)
        else:
            self._tidying.answered(ask, ask.job, now)

    def _again(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        book = self._book
        if ask.call is Call.LIST:
            book.hosts[ask.host].watch.list_failed(now, book.pause(AGAIN, 1))
            return
        job = ask.job
        assert job is not None
        if ask.call in TIDY:
            self._tidying.failed(ask, job, meaning, now)
            return
        job.troubles += 1
        due = now + book.pause(AGAIN, job.troubles)
        if ask.call is Call.FETCH:
            self._looking.look_later(job, due, now)
        elif job.troubles > TRIES:
            self._give_up(ask, job, meaning, detail, now)
        else:
            book.timers.push(due, ask)

    def _give_up(self, ask: Ask, job: Job, meaning: Meaning, detail: Any, now: float) -> None:
        reason = f"{ask.call.value}: {describe(meaning, detail)}"
        self._repetition.give_up(job, reason, now, as_cause(detail))
