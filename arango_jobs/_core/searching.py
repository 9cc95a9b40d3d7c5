"""Submissions whose answer broke: one of the server's jobs may be theirs, and its id is not known.

    SEARCHING ─▶ SEARCH_PENDING ─▶ SEARCH_DONE ─▶ SEARCH_HOST ─▶ theirs: adopted, and fetched
        ▲                                            └▶ not to be told: another round, a few times
        └──────────────────── given up: repeated, or unknown ◀┘

Lists do not say whose a job is. Here they are read only where the user has promised that no
other program has jobs of the same user on the server (`exclusive_user`), and a job is adopted only
where nothing else can be the case. What that rests on:

* Each submission that a server took has one job, which stays in one of its two lists until we
  fetch or delete it (server-protocol.md §3.2, §4). It goes from pending to done and never back,
  so what was there when the first list was made is in the one or in the other.
* Ids of one process rise (§2.1): what was there when a submission was sent has no id above
  `Ask.floor`, if that was told to us and not left by an earlier process of ours.
* So a done job above it that we were not told of belongs to a submission whose answer we lack.
  Those under way when the lists were made are waited for. If then exactly as many such jobs
  are done as submissions broke, each has one. A pending one proves nothing: what a full queue
  refuses may be listed as pending for ever (§1.5), and whoever adopted it would never end.
* One connection's requests are taken one after the other (§10.2), so of several that broke on
  one connection the order says which is whose. Of several on different ones nothing does.
* A job of another process is none of ours: who answers has to have been started before the
  submission was sent, and not to have been replaced since (§2.2).

A submission that was given up may be taken still, or be there already, and then its job looks like
another one's. Nothing is adopted from a process that may have got it, until that is over (`_LATE`)
and an id has been told that is above all that there may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs._core.actions import Adopted, Ask, Outcome
from arango_jobs._core.backoff import SEARCH
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host, Identity
from arango_jobs._core.job import Acceptance, Job
from arango_jobs._core.looking import Looking
from arango_jobs._core.meanings import ABSENT, Call, Meaning
from arango_jobs._core.reasons import as_cause, describe
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.repetition import Repetition
from arango_jobs._core.rounds import calm
from arango_jobs._core.states import State
from arango_jobs._core.tidying import Tidying
from arango_jobs._core.watch import LIST_LIMIT

__all__ = ["Searching"]

_ROUNDS = 7
"""Rounds in vain after which a submission is given up: about three seconds."""
_RESERVE = 1000
"""Ids for which a list has room beyond those of our jobs."""
_LATE = 1800.0
"""Seconds after which no server takes a request any more whose connection is gone, twice over.

It takes the requests of a connection one after the other, and one that it forwards keeps the
next ones waiting for 900 s at the most (server-protocol.md §2.3).
"""


class _Lost:
    """A submission whose answer broke."""

    __slots__ = ("ask", "broke_at", "cause", "job", "reason")

    def __init__(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        assert ask.job is not None
        self.ask = ask
        self.job: Job = ask.job
        self.reason = f"submit: {describe(meaning, detail)}"
        self.cause = as_cause(detail)
        self.broke_at = now


class _Round:
    """What a host has answered: what is pending, what is done, who it is."""

    __slots__ = ("done", "epoch", "found", "listed_at", "lost", "pending", "told")

    def __init__(self, lost: int, told: set[int]) -> None:
        self.lost = lost
        """How many submissions are searched for."""
        self.told = told
        """Ids of ours that may be in the lists."""
        self.pending: set[int] = set()
        self.done: set[int] = set()
        self.listed_at = 0.0
        self.epoch = 0
        self.found: Identity | None = None


class Searching:
    """Looks for the jobs of submissions that broke, one connection's at a time."""

    def __init__(
        self,
        book: Book,
        renewal: Renewal,
        repetition: Repetition,
        tidying: Tidying,
        looking: Looking,
    ) -> None:
        self._book = book
        self._renewal = renewal
        self._repetition = repetition
        self._tidying = tidying
        self._looking = looking
        self._lost: list[_Lost] = []
        self._round: _Round | None = None
        self._out: Ask | None = None
        """The call, or the pause, that is under way."""
        self._rounds = 0
        self._in_vain = 0
        self._room = 0
        """How many ids a list was last asked for in this search."""
        self._given_up_at: float | None = None
        """When the last submission broke that was given up, and whose job may be there or come."""
        self._amnesty: Ask | None = None
        """The wait until no job of what was given up can come any more."""

    # ---- what happens

    def search(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Look for the job of a submission that may have run; where it cannot be told, give it up.

        Given up means repeated where that does no harm, else ended as unknown.
        """
        lost = _Lost(ask, meaning, detail, now)
        if not self._can_be_told(ask):
            self._let_go(lost, now)
        else:
            lost.job.move(State.SEARCHING)
            self._lost.append(lost)
            if not _are_in_order(self._lost):
                self._give_up(
                    "others broke on another connection, and whose is whose is not told", now
                )
            elif self._out is None:
                # The others that broke with it are told before the next plan.
                self._pause(now, now)

    def leave(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Give up a submission whose answer leaves open whether it has run, and where."""
        self._let_go(_Lost(ask, meaning, detail, now), now)

    def answered(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take one answer of a round."""
        reading = self._round
        if ask is not self._out or reading is None:
            return
        self._out = None
        if meaning is not Meaning.OK or detail is None:
            self._not_answered(meaning, now)
        elif ask.call is Call.SEARCH_HOST:
            reading.epoch = ask.epoch
            reading.found = Identity(detail, ask.sent_at, now)
            self._judge(reading, now)
        elif len(detail) >= ask.count:
            self._was_cut(now)
        elif ask.call is Call.SEARCH_PENDING:
            reading.pending.update(detail)
            self._ask(Call.SEARCH_DONE, now)
        else:
            reading.done.update(detail)
            reading.listed_at = now
            self._ask(Call.SEARCH_HOST, now)

    def go_on(self, pause: Ask, now: float) -> None:
        """Go on after a pause."""
        if pause is self._amnesty:
            self._amnesty = None
            self._forgive(now)
        if pause is not self._out:
            return
        self._out = None
        if self._round is not None:
            self._judge(self._round, now)
        else:
            self._begin_round(now)

    # ---- a round

    def _can_be_told(self, ask: Ask) -> bool:
        host = self._book.hosts[ask.host]
        return (
            self._book.options.exclusive_user
            and ask.job is not None
            and not ask.job.kind.is_direct
            and ask.connection > 0
            and ask.floor > host.unclear_id
            and ask.sent_at > host.restarted_at
            and host.can_tell
            and not self._is_by_id_only()
        )

    def _is_by_id_only(self) -> bool:
        # Where one host forwards, jobs that it told us of are in the lists of another one.
        return any(host.watch.by_id_only for host in self._book.hosts)

    def _begin_round(self, now: float) -> None:
        hosts = self._book.hosts
        told = {int(job_id) for host in hosts for job_id in host.watch.jobs}
        for host in hosts:
            host.told = told
        self._round = _Round(len(self._lost), told)
        self._rounds += 1
        ours = sum(host.in_flight for host in hosts)
        self._room = min(LIST_LIMIT, max(self._room, ours + _RESERVE))
        self._ask(Call.SEARCH_PENDING, now)

    def _end_round(self) -> None:
        self._round = self._out = None
        for host in self._book.hosts:
            host.told = None

    def _ask(self, call: Call, now: float) -> None:
        first = self._lost[0]
        host = self._book.hosts[first.ask.host]
        is_list = call is not Call.SEARCH_HOST
        self._out = ask = Ask(call, host.index, now, epoch=0 if is_list else host.connections)
        ask.count = self._room if is_list else int(host.asks_metrics)
        ask.database = first.job.kind.database
        self._book.ask(ask)

    def _not_answered(self, meaning: Meaning, now: float) -> None:
        self._end_round()
        if meaning is Meaning.UNAUTHORIZED and self._renewal.can_renew:
            self._renewal.begin(now)
        # Where the host is away it is waited for, as long as `patience` lasts.
        is_away = meaning in ABSENT or meaning is Meaning.MOVED
        self._later("the server gave no lists", now, in_vain=not is_away)

    def _was_cut(self, now: float) -> None:
        self._end_round()
        if self._room >= LIST_LIMIT:
            self._give_up(f"the server has more than {LIST_LIMIT} jobs to list", now)
            return
        self._room *= 4
        self._later("the lists were too long", now, in_vain=False)

    def _later(self, why: str, now: float, *, in_vain: bool) -> None:
        self._in_vain += in_vain
        if self._in_vain >= _ROUNDS or self._is_over(now):
            self._give_up(why, now)
            return
        host = self._book.hosts[self._lost[0].ask.host]
        self._pause(max(now + self._book.pause(SEARCH, self._rounds), host.closed_until), now)

    def _pause(self, due: float, now: float) -> None:
        self._out = Ask(Call.SEARCH_PENDING, self._lost[0].ask.host, now)
        self._book.timers.push(due, self._out)

    def _is_over(self, now: float) -> bool:
        options = self._book.options
        if now - self._lost[0].broke_at >= options.patience:
            return True
        host = self._book.hosts[self._lost[0].ask.host]
        away = now - (now if host.down_since is None else host.down_since)
        if away < options.failover or self._book.reachable().down_since is not None:
            return False
        return not any(lost.job.split_repeatable(is_over=False)[1] for lost in self._lost)

    # ---- what it says

    def _judge(self, reading: _Round, now: float) -> None:
        """Adopt what can be told beyond doubt; else look again, or give up."""
        first, last, found = self._lost[0], self._lost[-1], reading.found
        host = self._book.hosts[first.ask.host]
        assert found is not None
        if self._is_by_id_only() or not self._is_of_one(host, reading):
            self._give_up("the address leads to several Coordinators", now)
        elif found.is_younger_than(last.broke_at):
            self._give_up(f"{host.name} has restarted since, and has lost its job", now)
        elif self._may_have_others(host, found):
            self._give_up(
                "another submission was lost before, whose job looks like this one's", now
            )
        elif reading.lost != len(self._lost) or host.connections != reading.epoch:
            # Others broke meanwhile, or another process may have taken the host's place.
            self._end_round()
            self._later("its connections kept breaking", now, in_vain=False)
        elif not found.is_older_than(first.ask.sent_at):
            self._end_round()
            self._later("the server may have restarted since", now, in_vain=True)
        elif self._is_anything_under_way(reading):
            self._later("others were on their way to the server all the time", now, in_vain=False)
        else:
            self._match(host, reading, now)

    def _match(self, host: Host, reading: _Round, now: float) -> None:
        lost = self._lost
        unit = lost[0].ask.floor >> 40
        floor = min(each.ask.floor for each in lost)
        for other in self._book.hosts:
            if other.left_behind >> 40 == unit:
                floor = max(floor, other.left_behind)
        done = sorted(each for each in reading.done - reading.told if each > floor)
        pending = {each for each in reading.pending - reading.told if each > floor}
        if all(each.job.is_abandoned for each in lost):
            # They are only deleted, which does no harm to what a full queue has left behind.
            done = sorted(pending.union(done))
        pending.difference_update(done)
        self._end_round()
        if len(done) > len(lost) or len(done) + len(pending) < len(lost):
            self._later(f"{len(done)} jobs could be those of {len(lost)}", now, in_vain=True)
        elif len(done) < len(lost):
            self._later("a job that may be its own had not ended", now, in_vain=False)
        elif all(each.ask.floor < job_id for each, job_id in zip(lost, done, strict=True)):
            self._adopt(host, done, reading, now)
        else:
            self._give_up("the jobs that are there are not in the order of the submissions", now)

    def _is_of_one(self, host: Host, reading: _Round) -> bool:
        """Return whether all jobs are the same Coordinator's, which gave the ids before (§2.1)."""
        units = {each >> 40 for each in reading.pending | reading.done}
        return units <= {host.unit} and self._lost[0].ask.floor >> 40 == host.unit

    def _may_have_others(self, host: Host, found: Identity) -> bool:
        """Return whether what was given up may have become a job of the process `found`."""
        if any(each.ask.floor <= host.unclear_id for each in self._lost):
            return True
        if self._given_up_at is None:
            return False
        # What one Coordinator was sent it may have passed on to another one (§2.3).
        return len(self._book.hosts) > 1 or not found.is_younger_than(self._given_up_at)

    def _is_anything_under_way(self, reading: _Round) -> bool:
        """Return whether a submission has no answer yet whose job may be in the lists."""
        return any(
            job.state is State.SUBMITTING
            and not job.kind.is_direct
            and job.sent_at is not None
            and job.sent_at <= reading.listed_at
            for job in self._book.submitting
        )

    # ---- how it ends

    def _adopt(self, host: Host, ids: Sequence[int], reading: _Round, now: float) -> None:
        lost = self._end()
        for each, number in zip(lost, ids, strict=True):
            job = each.job
            job.job_id = str(number)
            job.note(
                f"{host.name}: {each.reason}; job {number} was found to be its own, and adopted"
            )
            host.gives_ids((job.job_id,), 0)
            # It was accepted at some time between being sent and our reading of it.
            job.acceptance = Acceptance(reading.listed_at, reading.epoch)
            job.looks = 1  # a list has told of it
            calm(job)
            job.move(State.PENDING)
            self._book.out.append(Adopted(job))
            self._book.submitting.discard(job)
            host.watch.hold(job)
            if job.is_abandoned:
                self._tidying.tidy_up(job, now)
            else:
                self._looking.fetch_soon(host, (job,), now)

    def _give_up(self, why: str, now: float) -> None:
        """Do what is done where nobody may search."""
        for each in self._end():
            each.job.note(f"its job was not found: {why}")
            self._let_go(each, now)

    def _beware(self, broke_at: float, now: float) -> None:
        """Note that the job of a submission that broke then is there, or comes, for all we know."""
        self._given_up_at = max(broke_at, self._given_up_at or broke_at)
        if self._amnesty is None:
            self._amnesty = Ask(Call.SEARCH_PENDING, 0, now)
            self._book.timers.push(now + _LATE, self._amnesty)

    def _forgive(self, now: float) -> None:
        """Search again from now on, above the ids that there are."""
        assert self._given_up_at is not None
        sent = [job.sent_at for job in self._book.submitting if job.state is State.SUBMITTING]
        # What is told of those that were sent while one of them could be taken is no floor either.
        oldest = min((moment for moment in sent if moment is not None), default=now)
        if now - self._given_up_at < _LATE or oldest <= self._given_up_at + _LATE / 2:
            self._beware(self._given_up_at, now)
            return
        self._given_up_at = None
        for host in self._book.hosts:
            host.unclear_id = max(host.unclear_id, host.highest_id)

    def _end(self) -> list[_Lost]:
        self._end_round()
        self._rounds = self._in_vain = self._room = 0
        lost, self._lost = self._lost, []
        return lost

    def _let_go(self, lost: _Lost, now: float) -> None:
        if self._book.options.exclusive_user and not lost.job.kind.is_direct:
            self._beware(lost.broke_at, now)
        self._repetition.lose(
            lost.job, lost.reason, now, is_over=False, outcome=Outcome.UNKNOWN, cause=lost.cause
        )


def _are_in_order(lost: Sequence[_Lost]) -> bool:
    """Return whether all were written on one connection, in the order in which they broke."""
    return len({(each.ask.host, each.ask.connection) for each in lost}) == 1
