"""Who a host is: whether the process behind its address is still the one that has our jobs.

    connected ─▶ suspect ─▶ IDENTIFY ─▶ the same ─────────────────────▶ trusted: look again
                                └─▶ another ─▶ OWNER (of one of ours) ─▶ a successor: restarted
                                                     └─▶ asked another Coordinator: a balancer

A process that has just been started may have taken jobs on connections made before the one
that it is asked on. When the time does not tell, it is asked on those: whoever answers there,
after the newer one was made, was alive all the time in between and is the same.

While a host is suspect nothing is fetched from it, as its ids may be somebody else's
(server-protocol.md §2.2).
"""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Ask
from arango_jobs._core.backoff import AGAIN, TRIES, UNREACHABLE
from arango_jobs._core.book import Book
from arango_jobs._core.host import Host, Identity
from arango_jobs._core.job import ALWAYS_THERE, Job
from arango_jobs._core.meanings import ABSENT, SILENT, Call, Meaning
from arango_jobs._core.patience import Patience
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.restarts import Restarts
from arango_jobs._core.tidying import Tidying

__all__ = ["Identification"]

_NO_IDENTITY = SILENT | {
    Meaning.UNAVAILABLE,
    Meaning.UNAUTHORIZED,
    Meaning.QUEUE_FULL,
    Meaning.QUEUE_TIME,
    Meaning.TOO_MANY,
    Meaning.OVERLOADED,
    Meaning.FORWARD_FAILED,
    Meaning.ODD,
}
"""Whoever is answered so has to ask again."""
_SETTLED = SILENT | {Meaning.OK}
"""Whoever has asked on older connections knows then who answers there, or that nobody does."""


class Identification:
    """Asks who hosts are, and draws the conclusions."""

    def __init__(
        self, book: Book, renewal: Renewal, tidying: Tidying, patience: Patience, restarts: Restarts
    ) -> None:
        self._book = book
        self._renewal = renewal
        self._tidying = tidying
        self._patience = patience
        self._restarts = restarts

    def suspect(self, host: Host, now: float) -> None:
        """Take nothing from `host` until it has said who it is, or patience ends."""
        self._doubt(host, now)
        self.identify(host, now)

    def _doubt(self, host: Host, now: float) -> None:
        host.is_suspect = True
        host.wants_fetch(now)

    def identify(self, host: Host, now: float, database: str = "") -> None:
        """Ask `host` who it is, by way of `database` or of one that a job of ours is in."""
        if host.is_identifying:
            return
        self._ask(host, host.connections, None, now, database)

    def _ask(
        self, host: Host, epoch: int, newer: Identity | None, now: float, database: str = ""
    ) -> None:
        host.is_identifying = True
        watched = next(iter(host.watch.jobs.values()), None)
        ask = Ask(Call.IDENTIFY, host.index, now, epoch=epoch)
        ask.database = database or (watched.database if watched else ALWAYS_THERE)
        ask.count, ask.newer = int(host.asks_metrics), newer
        self._book.ask(ask)

    def identified(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take how long the host has been up, if it has said so."""
        host = self._book.hosts[ask.host]
        host.is_identifying = False
        found = None
        if meaning is Meaning.OK and detail is not None:
            found = Identity(detail, ask.sent_at, now, ask.connection or ask.epoch)
        if ask.newer is not None and meaning in _SETTLED and not host.watch.by_id_only:
            self._found_on_older(host, ask.newer, found, now)
            return
        if meaning in _NO_IDENTITY and self._asks_again(ask, host, meaning, now):
            return
        if found is None and not host.asks_metrics:
            host.asks_metrics = True
            self.identify(host, now)
            return
        if host.watch.by_id_only or found is None:
            host.can_tell = False
            host.identify_tries = 0
            self._trust(host, ask.epoch, now)
            return
        host.can_tell = True
        if found.connection == 0 and host.connections > 1:
            # Asked before there was a connection: it may have gone out on any of them.
            if host.is_suspect:
                self.identify(host, now)
            return
        self._found(host, found, max(ask.epoch, found.connection), now)

    def owner_told(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take whether the Coordinator that was asked for one of our jobs asked another one."""
        host = self._book.hosts[ask.host]
        host.is_identifying = False
        found, host.successor = host.successor, None
        if host.watch.by_id_only or detail is True:
            host.watch.by_id_only = True
            self._trust(host, ask.epoch, now)
        elif meaning in _NO_IDENTITY or found is None:
            self.identified(ask, meaning, None, now)
        else:
            self._succeeded(host, found, ask.epoch, now)

    def _asks_again(self, ask: Ask, host: Host, meaning: Meaning, now: float) -> bool:
        """Ask who it is again, as nothing is fetched before; say whether that is worth it."""
        if meaning is Meaning.BROKEN:
            self._patience.failed(host, now)
        if meaning is Meaning.UNAUTHORIZED:
            if not self._renewal.can_renew:
                return False
            self._renewal.refused(ask, now)
        if not host.is_suspect:
            return True
        host.identify_waits += 1
        strategy = UNREACHABLE if meaning in ABSENT else AGAIN
        delay = max(self._book.pause(strategy, host.identify_waits), ask.retry_after or 0.0)
        due = max(now + delay, host.closed_until)
        last = host.wants_fetch(now) + self._book.options.patience
        self._book.timers.push(max(now, min(due, last)), host)
        return True

    def _found(self, host: Host, found: Identity, trusted: int, now: float) -> None:
        _, unclear = _judge(host, found)
        is_doubtful = not found.is_precise and (unclear or not found.is_distinct)
        if is_doubtful and host.identify_tries < TRIES:
            host.identify_tries += 1
            self.identify(host, now)
            return
        host.identify_tries = 0
        latest = max((job.acceptance.epoch for job in unclear), default=0)
        if latest > 0 and not found.is_same_as(host.identity):
            self._doubt(host, now)
            self._ask(host, latest, found, now)
            return
        self._conclude(host, found, trusted, now)

    def _found_on_older(
        self, host: Host, newer: Identity, found: Identity | None, now: float
    ) -> None:
        trusted = newer.connection
        if found is not None and newer.is_same_as(found):
            newer.connection = found.connection
        self._conclude(host, newer, trusted, now)

    def _conclude(self, host: Host, found: Identity, trusted: int, now: float) -> None:
        """Take that the connections up to number `trusted` lead to the process `found`."""
        older, unclear = _judge(host, found)
        if older or (unclear and not found.is_same_as(host.identity)):
            self._found_successor(host, found, trusted, now)
            return
        host.identity = found.narrowed_by(host.identity)
        self._trust(host, trusted, now)

    def _trust(self, host: Host, epoch: int, now: float) -> None:
        """Look at the jobs again: the connections up to number `epoch` lead to their process."""
        host.trusted = max(host.trusted, epoch, host.connections if host.connections == 1 else 0)
        if not host.is_suspect:
            return
        if host.connections > host.trusted and not host.watch.by_id_only:
            self.identify(host, now)
            return
        host.is_suspect = False
        host.identify_waits = 0
        host.watch.ask_all(now)
        for job in list(host.watch.jobs.values()):
            self._tidying.tidy_up(job, now)

    def _found_successor(self, host: Host, found: Identity, trusted: int, now: float) -> None:
        """End what the old process had; but first make sure that this is no other Coordinator."""
        newest = max(host.watch.jobs.values(), key=lambda job: job.accepted_at or 0.0, default=None)
        if not host.unit or newest is None:
            self._succeeded(host, found, trusted, now)
            return
        host.successor = found
        self._doubt(host, now)
        host.is_identifying = True
        self._book.ask(Ask(Call.OWNER, host.index, now, newest, epoch=trusted))

    def _succeeded(self, host: Host, found: Identity, trusted: int, now: float) -> None:
        older, unclear = _judge(host, found)
        self._restarts.restarted(host, older | unclear, now)
        host.identity = found
        self._trust(host, trusted, now)


def _judge(host: Host, found: Identity) -> tuple[set[Job], set[Job]]:
    """Return the jobs that were accepted before `found` was started, and those that may be."""
    older: set[Job] = set()
    unclear: set[Job] = set()
    for job in host.watch.jobs.values():
        sent_at, accepted_at, epoch = job.sent_at, job.accepted_at, job.acceptance.epoch
        # What was accepted after the connection had been made on which it has answered
        # is its own.
        if epoch >= found.connection or accepted_at is None or sent_at is None:
            continue
        # It was accepted at some time between being sent (on its connection, which was made
        # after that where one before it broke) and our reading of it.
        sent_at = max(sent_at, host.made_at.get(epoch, sent_at))
        if found.is_younger_than(accepted_at):
            older.add(job)
        elif not found.is_older_than(sent_at):
            unclear.add(job)
    return older, unclear
