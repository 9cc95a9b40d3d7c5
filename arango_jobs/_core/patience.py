"""Hosts that are away: how long they are waited for, and what ends when that is over."""

from __future__ import annotations

from arango_jobs._core.actions import End, Outcome
from arango_jobs._core.backoff import UNREACHABLE
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host
from arango_jobs._core.questions import Questions
from arango_jobs._core.repetition import Repetition
from arango_jobs._core.states import State

__all__ = ["Patience"]

_EARLY = 0.5
"""Share of `failover` after which it is asked what a second run would do."""
_FIRST_CONTACT = 3.0
"""Seconds after which a host that has never answered counts as wrong, not as away."""


class Patience:
    """Waits for hosts, as long as the options say."""

    def __init__(self, book: Book, repetition: Repetition, questions: Questions) -> None:
        self._book = book
        self._repetition = repetition
        self._questions = questions

    def failed(self, host: Host, now: float) -> None:
        """Note that `host` cannot be reached; of several calls that say so, one counts."""
        if now < host.closed_until and host.troubles:
            return
        host.failed(now, self._book.pause(UNREACHABLE, host.troubles + 1))

    def refused(self, host: Host, why: str, now: float) -> bool:
        """Note that `host` takes no jobs, not for want of room; return whether no host does.

        What waits to be sent is given up where no host has taken a job for `patience` seconds.
        """
        patience = self._book.options.patience
        if host.refused_since is None or now - host.refused_at > patience:
            host.refused_since = now
        host.refused_at = now
        since = [each.refused_since for each in self._book.hosts]
        if None in since:
            return False
        if any(each is None or now - each < patience for each in since):
            return True
        for each in self._book.hosts:
            each.refused_since = None
        seconds = now - min(each for each in since if each is not None)
        reason = f"{host.name} has taken no job for {seconds:.1f} s: {why}"
        self._give_up_waiting(reason, host.trouble, now)
        return True

    def check(self, host: Host, now: float) -> None:
        """Give up what `host` has if it has been away, or been doubted, for too long."""
        if host.is_suspect and now - host.wants_fetch(now) >= self._book.options.patience:
            self._give_up_doubted(host, now)
        if not self._is_given_up(host, now):
            self._fail_over(host, now)
            return
        away = now - (now if host.down_since is None else host.down_since)
        why = f" ({host.trouble})" if host.trouble is not None else ""
        reason = f"{host.name} could not be reached for {away:.1f} s{why}"
        for job in list(host.watch.jobs.values()):
            if job.state in (State.PENDING, State.ASKING):
                self._repetition.lose(job, reason, now, is_over=False, cause=host.trouble)
        if all(self._is_given_up(other, now) for other in self._book.hosts):
            self._give_up_waiting(reason, host.trouble, now)
            for other in self._book.hosts:
                # What comes next is tried anew.
                other.down_since = None

    def _fail_over(self, host: Host, now: float) -> None:
        """Run elsewhere what a second run cannot harm; the rest waits on."""
        if host.down_since is None or self._book.reachable().down_since is not None:
            return
        if now >= host.down_since + self._book.options.failover * _EARLY:
            self._look_into(host, now)
        if now < host.down_since + self._book.options.failover:
            return
        away = now - host.down_since
        reason = f"{host.name} could not be reached for {away:.1f} s, and others can be"
        for job in list(host.watch.jobs.values()):
            is_known = job.state in (State.PENDING, State.ASKING)
            if is_known and not job.split_repeatable(is_over=False)[1]:
                # Should it come back with the job, that is deleted there.
                self._repetition.give_up(job, reason, now, None)

    def _look_into(self, host: Host, now: float) -> None:
        """Ask another host which queries only read, early enough to run them there in time."""
        for job in host.watch.jobs.values():
            is_new = job.more is None or (job.reads is None and not job.is_abandoned)
            if not (is_new and job.may_be_explained and job.split_repeatable(is_over=False)[1]):
                continue
            if not self._questions.look_into(job, now):
                return

    def _give_up_doubted(self, host: Host, now: float) -> None:
        """Lose its jobs: what it gives out under their ids may be somebody else's."""
        reason = f"{host.name} never said whether it is still the server that has the job"
        for job in list(host.watch.jobs.values()):
            self._repetition.lose(job, reason, now, is_over=False)
        host.is_suspect = False
        host.unfetched_since = None
        host.identify_waits = 0
        host.identity = None

    def next_due(self, now: float) -> float:
        """Return when jobs of a host are next to run elsewhere, infinity if none are."""
        if self._book.reachable().down_since is not None:
            return float("inf")
        failover = self._book.options.failover
        return min(
            (
                due
                for host in self._book.hosts
                if host.down_since is not None and host.watch.jobs
                for after in (failover * _EARLY, failover)
                if (due := host.down_since + after) > now
            ),
            default=float("inf"),
        )

    def _limit(self, host: Host) -> float:
        """Return how long `host` may be away."""
        patience = self._book.options.patience
        return patience if host.was_reached else min(patience, _FIRST_CONTACT)

    def _is_given_up(self, host: Host, now: float) -> bool:
        return host.down_since is not None and now >= host.down_since + self._limit(host)

    def _give_up_waiting(self, reason: str, cause: BaseException | None, now: float) -> None:
        book = self._book
        for job in book.retries.drain():
            if job.state is State.WAITING:
                job.move(State.ENDED)
                book.waiting.release(job.parts, now)
                book.end_unsent(job, Outcome.UNSENT, reason, cause)
        parts = book.waiting.drain()
        if parts:
            book.out.append(End(Outcome.UNSENT, parts, None, reason=reason, cause=cause))
