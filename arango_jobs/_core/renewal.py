"""New credentials: asked for once at a time, and by nobody else meanwhile.

refused with older ones than those of now ─▶ the same again, with those of now
refused with those of now ─▶ RENEW (a second after the last one at the earliest) ─▶ once more
"""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Ask
from arango_jobs._core.backoff import AGAIN
from arango_jobs._core.book import Book
from arango_jobs._core.meanings import Call, Meaning

__all__ = ["Renewal"]

_PAUSE = 1.0
"""Seconds between two renewals: a server that refuses whatever it gives is not flooded."""


class Renewal:
    """Whether credentials are being renewed, and when they may be again."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.is_under_way = False
        self.can_renew = book.options.can_renew
        self._failures = 0
        self._not_before = float("-inf")
        self._renewed_at = float("-inf")
        self._held: list[Ask] = []
        self._failing_since: float | None = None

    def begin(self, now: float) -> None:
        """Ask for new credentials, once, before anything else is sent."""
        if self.is_under_way or now < self._not_before:
            return
        self._ask(now)

    def begin_anew(self, now: float) -> None:
        """Ask, now that the time has come for it."""
        self._ask(now)

    def has_newer(self, ask: Ask) -> bool:
        """Whether there are newer credentials than those that `ask` was sent with.

        What is asked for while news are taken is sent after all of them have been.
        """
        return ask.sent_at < self._renewed_at

    def refused(self, ask: Ask, now: float) -> None:
        """Take that `ask` was refused: new credentials are needed, if it had the newest."""
        if self.is_under_way or self.has_newer(ask):
            return
        if now >= self._not_before:
            self._ask(now)
            return
        self.is_under_way = True
        self._book.timers.push(self._not_before, self._call(now))

    def then(self, ask: Ask, now: float) -> None:
        """Have the call made again as soon as there are credentials for it."""
        if self.is_under_way:
            self._held.append(ask)
        else:
            self._book.timers.push(now, ask)

    def ended(self, success: bool, now: float) -> None:
        """Take that the credentials have been renewed, or that the server refuses to."""
        self.is_under_way = False
        self._failing_since = None
        self.can_renew = success
        held, self._held = self._held, []
        for ask in held:
            self._book.timers.push(now, ask)
        if success:
            self._failures = 0
            self._renewed_at = now
            self._not_before = now + _PAUSE
            return
        self._failures += 1
        self._not_before = now + self._book.pause(AGAIN, self._failures)

    def failed(self, ask: Ask, _meaning: Meaning, _detail: Any, now: float) -> None:
        """Ask again later, as the server has said neither yes nor no."""
        self._failures += 1
        if self._failing_since is None:
            self._failing_since = now
        end = self._failing_since + self._book.options.patience
        told = now + (ask.retry_after or 0.0)
        if now >= end or told > end:
            # Everything waits for it: what was refused ends, and it is asked for anew later on.
            self.ended(False, now)
            return
        due = max(told, now + self._book.pause(AGAIN, self._failures))
        closed_until = self._book.hosts[ask.host].closed_until
        self._book.timers.push(min(end, max(due, closed_until)), ask)

    def _ask(self, now: float) -> None:
        self.is_under_way = True
        self._book.ask(self._call(now))

    def _call(self, now: float) -> Ask:
        return Ask(Call.RENEW, self._book.reachable().index, now)
