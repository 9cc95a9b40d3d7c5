"""Questions about operations whose job is over: their futures wait for the answers.

CONFIRM reads back what a repeated insert found written; EXPLAIN asks whether a query
only reads, so that a second run does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs._core.actions import Ask, End, Outcome
from arango_jobs._core.backoff import AGAIN, TRIES, UNREACHABLE
from arango_jobs._core.book import Book
from arango_jobs._core.job import Job
from arango_jobs._core.meanings import ABSENT, Call, Meaning
from arango_jobs._core.reasons import describe
from arango_jobs._core.renewal import Renewal
from arango_jobs._core.requeue import Requeue

__all__ = ["Questions"]

_MAY_BE_EXPLAINED_LATER = frozenset(
    {
        Meaning.UNREACHABLE,
        Meaning.BROKEN,
        Meaning.MOVED,
        Meaning.UNAVAILABLE,
        Meaning.UNAUTHORIZED,
        Meaning.QUEUE_FULL,
        Meaning.QUEUE_TIME,
        Meaning.TOO_MANY,
        Meaning.OVERLOADED,
        Meaning.FORWARD_FAILED,
    }
)

_AT_ONCE = 64
"""Questions that are open, from which on none is asked that can wait."""
_EXPLAIN_TRIES = 6
"""How often a query waits for an answer that breaks: for about three seconds."""


class Questions:
    """Asks, and asks again until there is an answer or it has been asked often enough."""

    def __init__(self, book: Book, renewal: Renewal, requeue: Requeue) -> None:
        self._book = book
        self._renewal = renewal
        self._requeue = requeue
        self._open: dict[Ask, float] = {}
        """Those without an answer, and since when."""

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def parts(self) -> list[Any]:
        """Return the operations that they are about."""
        return [part for ask in self._open for part in ask.parts or ()]

    def clear(self) -> None:
        """Forget all of them."""
        self._open.clear()

    def confirm(self, parts: Sequence[Any], job: Job, now: float) -> None:
        """Read back the documents of `parts`: a repeated insert found *our* key taken."""
        host = self._book.hosts[job.host]
        if host.down_since is not None:
            host = self._book.reachable()
        ask = Ask(Call.CONFIRM, host.index, now, job)
        ask.parts = parts
        self._ask(ask, now)

    def explain(self, job: Job, end: End, now: float) -> None:
        """Ask whether the query only reads; if not, or if nobody knows, it ends with `end`."""
        index = self._book.reachable().index
        ask = Ask(Call.EXPLAIN, index, now, job)
        ask.parts, ask.otherwise = end.parts, end
        self._ask(ask, now)

    def look_into(self, job: Job, now: float) -> bool:
        """Ask whether the query of `job`, which goes on meanwhile, only reads; `job.reads` says it.

        Return False where so many are asked about that this one has to wait.
        """
        if len(self._open) >= _AT_ONCE:
            return False
        # Until there is an answer it counts as writing.
        job.reads = False
        ask = Ask(Call.EXPLAIN, self._book.reachable().index, now, job)
        ask.parts = job.parts
        self._ask(ask, now)
        return True

    def confirmed(self, ask: Ask, unread: Sequence[Any], why: str, now: float) -> None:
        """Take that a confirmation has come, which says nothing about `unread`."""
        ask.parts = list(unread)
        if not unread:
            self._open.pop(ask, None)
        elif not self._may_ask_later(ask, Meaning.ODD, now, TRIES):
            self._not_read_back(ask, why)

    def not_confirmed(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take that a confirmation has not come."""
        if not self._may_ask_later(ask, meaning, now, TRIES):
            self._not_read_back(ask, describe(meaning, detail))

    def explained(self, ask: Ask, meaning: Meaning, detail: Any, now: float) -> None:
        """Take whether the query only reads; `detail` says so where the meaning is OK."""
        assert ask.job is not None
        assert ask.parts is not None
        tries = TRIES if meaning.is_refusal else _EXPLAIN_TRIES
        if meaning in _MAY_BE_EXPLAINED_LATER and self._may_ask_later(ask, meaning, now, tries):
            return
        self._open.pop(ask, None)
        reads = meaning is Meaning.OK and detail is True
        if ask.otherwise is None:
            ask.job.reads = reads
        elif reads:
            ask.job.note("the query only reads, so it is run again")
            self._requeue.again(ask.parts, ask.job, ask.job.tries + 1, now, 0.0)
        else:
            self._book.out.append(ask.otherwise)

    def ask_again(self, ask: Ask, now: float) -> None:
        """Ask again, now that its time has come, if the answer is still wanted."""
        if ask not in self._open:
            return
        # Whoever gave no answer of use may give none again.
        hosts = self._book.hosts
        nearest = min(hosts, key=lambda host: (host.down_since is not None, host.index == ask.host))
        ask.host = nearest.index
        ask.sent_at = now
        self._book.ask(ask)

    def _ask(self, ask: Ask, now: float) -> None:
        self._open[ask] = now
        self._book.ask(ask)

    def _not_read_back(self, ask: Ask, why: str) -> None:
        self._open.pop(ask, None)
        reason = f"its document could not be read back: {why}"
        self._book.out.append(End(Outcome.LOST, ask.parts or [], ask.job, reason=reason))

    def _may_ask_later(self, ask: Ask, meaning: Meaning, now: float, tries: int) -> bool:
        """Put the question down for another try; say whether it has any left."""
        book = self._book
        if meaning is Meaning.UNAUTHORIZED and self._renewal.can_renew:
            self._renewal.refused(ask, now)
        last = self._open.get(ask, now) + book.options.patience
        if ask.tries >= tries or now >= last:
            return False
        due = now
        ask.waits += 1
        if ask.retry_after is not None and now + ask.retry_after > last:
            return False
        if meaning in ABSENT:
            # It is waited for, as long as `patience` lasts; others need not be.
            if book.reachable().down_since is not None:
                due = book.hosts[ask.host].closed_until
        else:
            ask.tries += 1
        pause = book.pause(UNREACHABLE if meaning in ABSENT else AGAIN, ask.waits)
        due = max(due, now + max(pause, ask.retry_after or 0.0))
        ask.retry_after = None
        book.timers.push(min(due, last), ask)
        return True
