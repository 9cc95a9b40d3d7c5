"""New credentials: asked for once at a time, and by nobody else meanwhile."""

from __future__ import annotations

from typing import Any

from arango_jobs._core.actions import Ask
from arango_jobs._core.backoff import AGAIN
from arango_jobs._core.book import Book
from arango_jobs._core.meanings import Call, Meaning

__all__ = ["RENEWAL_PAUSE", "Renewal"]

RENEWAL_PAUSE = 1.0
"""Seconds for which calls that were under way with the old credentials may be refused still."""


class Renewal:
    """Whether credentials are being renewed, and when they may be again."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.is_under_way = False
        self.can_renew = book.options.can_renew
        self._failures = 0
        self._not_before = float("-inf")

    def begin(self, now: float) -> None:
        """Ask for new credentials, once, before anything else is sent."""
        if self.is_under_way or now < self._not_before:
            return
        self.is_under_way = True
        self._book.ask(Ask(Call.RENEW, self._book.reachable().index, now))

    def begin_anew(self, now: float) -> None:
        """Ask once more, after a call that brought no answer."""
        self.is_under_way = False
        self.begin(now)

    def ended(self, success: bool, now: float) -> None:
        """Take that the credentials have been renewed, or that the server refuses to."""
        self.is_under_way = False
        self.can_renew = success
        if success:
            self._failures = 0
            self._not_before = now + RENEWAL_PAUSE
            return
        self._failures += 1
        self._not_before = now + self._book.pause(AGAIN, self._failures)

    def failed(self, ask: Ask, _meaning: Meaning, _detail: Any, now: float) -> None:
        """Ask again later, as the server has said neither yes nor no."""
        self._failures += 1
        delay = self._book.pause(AGAIN, self._failures)
        closed_until = self._book.hosts[ask.host].closed_until
        self._book.timers.push(max(now + delay, closed_until), ask)
