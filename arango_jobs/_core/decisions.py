"""What is done for each decision of the table in `meanings.py`.

All take the call, what its answer means, the response or the transport's error, and the
time. What nothing goes wrong with is in `results.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenacity.wait import wait_base

from arango_jobs._core.actions import Ask, Outcome, Responses
from arango_jobs._core.backoff import AGAIN, REFUSED, TRIES, UNREACHABLE
from arango_jobs._core.book import Book
from arango_jobs._core.job import ALWAYS_THERE, Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import DECISIONS, TIDY, Call, Decision, Meaning
from arango_jobs._core.patience import Patience
from arango_jobs._core.reasons import as_cause, describe
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.repetition import Repetition
from arango_jobs._core.requeue import Requeue
from arango_jobs._core.results import Results
from arango_jobs._core.rounds import Rounds, calm
from arango_jobs._core.searching import Searching
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying
from arango_jobs._core.watch import SHORTEST

__all__ = ["Decisions", "Handler"]

_SHARE = 0.25
"""Of the time for which no fetch got on a connection: so long is the next one put off."""

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
        patience: Patience,
    ) -> None:
        self._book = book
        self._results = results
        self._looking = looking
        self._requeue = requeue
        self._repetition = repetition
        self._tidying = tidying
        self._renewal = renewal
        self._searching = searching
        self._patience = patience
        self._rounds = Rounds(book)

    def table(self) -> dict[tuple[Call, Meaning], Handler]:
        """Return what is called for each row of the table."""
        handlers: dict[Decision, Handler] = {
            Decision.TAKE_ID: self._take_id,
            Decision.TAKE_RESULT: self._take_result,
            Decision.HALVE: self._halve,
            Decision.KEEP: self._keep,
            Decision.BACK_OFF: self._back_off,
            Decision.HOLD_BACK: self._hold_back,
            Decision.WAIT_FOR_HOST: self._wait_for_host,
            Decision.RENEW: self._renew,
            Decision.ASK: self._ask_status,
            Decision.FETCH: self._fetch_again,
            Decision.ELSEWHERE: self._elsewhere,
            Decision.LOST: self._lost,
            Decision.SEARCH: self._searching.search,
            Decision.UNKNOWN: self._unknown,
            Decision.DONE: self._done,
            Decision.AGAIN: self._again,
            Decision.A_FEW_TIMES: self._a_few_times,
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

    def _halve(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        if ask.job.is_merged:
            self._results.take_array_refusal(ask, detail, now)
        else:
            self._take_result(ask, meaning, detail, now)

    # ---- a submission

    def _back_off(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        calm(job)
        self._book.hosts[job.host].refused_since = None
        self._shrink(ask, job.host, now)
        self._book.leave(job)
        job.rounds += 1
        delay = max(self._book.pause(REFUSED, job.rounds), ask.retry_after or 0.0)
        self._requeue.put_back(job, now, delay, meaning.value)

    def _hold_back(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        why = describe(meaning, detail)
        is_everywhere = self._patience.refused(self._book.hosts[job.host], why, now)
        due = self._rounds.next_due(ask, job, meaning, now, strategy=REFUSED)
        self._shrink(ask, job.host, now)
        if due is None and is_everywhere:
            self._results.take_refusal(ask, detail, now)
            return
        self._book.leave(job)
        self._requeue.put_back(job, now, self._delay(job, due, REFUSED, now), why)

    def _delay(self, job: Job, due: float | None, strategy: wait_base, now: float) -> float:
        """Return how long a job waits that one host has refused; another one may take it."""
        job.is_spent = False
        return self._book.pause(strategy, job.rounds) if due is None else due - now

    def _unknown(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        if meaning is Meaning.OVERLOADED:
            self._shrink(ask, ask.host, now)
        self._searching.leave(ask, meaning, detail, now)

    def _shrink(self, ask: Ask, index: int, now: float) -> None:
        """Let the host have fewer jobs, and none for a while if it has none or asks for it."""
        book = self._book
        host = book.hosts[index]
        if host.window.refused(ask.sent_at, len(host.watch.jobs), now):
            book.tell_window(host)
        # While it has jobs of ours, the smaller window lets none follow until some have ended.
        if not host.watch.jobs and now >= host.closed_until:
            host.refusals += 1
            host.closed_until = now + book.pause(REFUSED, host.refusals)
        book.obey(ask, now)

    def _not_written(self, job: Job, why: str, detail: Any, now: float) -> None:
        """Send again what no connection has carried whole, a few times."""
        job.unwritten += 1
        if job.vain_since is None:
            job.vain_since = now
        is_over = now - job.vain_since >= self._book.options.patience
        if job.unwritten <= TRIES and not is_over:
            self._requeue.put_back(job, now, self._book.pause(AGAIN, job.unwritten), why)
            return
        self._never_sent(job, why, detail, now)

    def _never_sent(self, job: Job, why: str, detail: Any, now: float) -> None:
        job.note(why)
        job.move(State.ENDED)
        self._book.waiting.release(job.parts, now)
        if not job.is_abandoned:
            self._book.end_unsent(job, Outcome.UNSENT, why, as_cause(detail))

    # ---- a look

    def _keep(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        if meaning is Meaning.PENDING:
            self._results.take_pending(ask, (job,), now)
            return
        # Nothing was sent. Where others get their results it is only a matter of time.
        host = self._book.hosts[job.host]
        since = now - host.wants_fetch(now)
        if since < self._book.options.patience:
            due = now + max(SHORTEST, _SHARE * since)
            self._looking.hold(job, due, now)
            host.watch.hold_lists(due + SHORTEST)
            return
        reason = "no connection lasted for long enough to ask for the result"
        job.is_spent = True
        self._repetition.give_up(job, reason, now, None)

    def _ask_status(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        job = ask.job
        assert job is not None
        self._book.obey(ask, now)
        due = self._rounds.next_due(ask, job, meaning, now, is_first_free=True)
        if due is None:
            self._give_up(ask, job, meaning, detail, now)
            return
        job.note(f"fetch: {describe(meaning, detail)}")
        job.move(State.ASKING)
        if due <= now:
            self._looking.ask_status(job, now)
        else:
            self._book.timers.push(due, Ask(Call.ASK, job.host, now, job))

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
        book.obey(ask, now)
        if ask.call is Call.SUBMIT:
            self._submit_later(ask, job, meaning, detail, now)
            return
        due = self._rounds.next_due(ask, job, meaning, now, strategy=UNREACHABLE)
        if due is None:
            self._give_up(ask, job, meaning, detail, now)
            return
        job.note(f"{ask.call.value} at {host.name}: {describe(meaning, detail)}")
        # Where it is away for long, `Patience` ends this.
        due = max(due, host.closed_until)
        if ask.call is Call.ASK:
            # Its fetch broke: nothing but an answer to this question may be followed by another.
            book.timers.push(due, ask)
        else:
            self._looking.hold(job, due, now)

    def _submit_later(self, ask: Ask, job: Job, meaning: Meaning, detail: Any, now: float) -> None:
        book = self._book
        host = book.hosts[ask.host]
        book.leave(job)
        why = f"{host.name}: {describe(meaning, detail)}"
        if meaning is Meaning.MOVED:
            self._not_written(job, why, detail, now)
            return
        is_everywhere = self._patience.refused(host, describe(meaning, detail), now)
        due = self._rounds.next_due(ask, job, meaning, now, strategy=UNREACHABLE)
        if due is None and is_everywhere:
            self._never_sent(job, why, detail, now)
            return
        delay = 0.0
        if len(book.hosts) == 1 or job.rounds > len(book.hosts):
            delay = max(host.closed_until - now, self._delay(job, due, UNREACHABLE, now))
        job.is_spent = False
        self._requeue.put_back(job, now, delay, why)

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
            self._a_few_times(ask, meaning, detail, now)
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
            self._a_few_times(ask, meaning, detail, now)
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
        book, job = self._book, ask.job
        assert job is not None
        book.obey(ask, now)
        due = self._rounds.next_due(ask, job, meaning, now)
        if due is None:
            self._give_up(ask, job, meaning, detail, now)
            return
        job.note(f"{ask.call.value}: {describe(meaning, detail)}")
        if ask.call is Call.FETCH:
            self._looking.hold(job, due, now)
        else:
            book.timers.push(due, ask)

    def _a_few_times(self, ask: Ask, meaning: Meaning, _detail: Any, now: float) -> None:
        book = self._book
        book.obey(ask, now)
        if ask.call is Call.LIST:
            book.hosts[ask.host].watch.list_failed(now, book.pause(AGAIN, 1))
            return
        assert ask.job is not None
        self._tidying.failed(ask, ask.job, meaning, now)

    def _give_up(self, ask: Ask, job: Job, meaning: Meaning, detail: Any, now: float) -> None:
        reason = f"{ask.call.value}: {describe(meaning, detail)}"
        if job.rounds > 1:
            reason = f"{reason}, after {job.rounds} rounds"
        self._repetition.give_up(job, reason, now, as_cause(detail))
