"""How ends are told: to futures, to the journal, to the log, and to whoever listens.

Runs on the poller's thread, without a lock. Knows neither engine nor transport.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from arango_jobs._core.actions import Answers, End
from arango_jobs._core.job import let_go
from arango_jobs._runtime.endings import Ended, Endings
from arango_jobs._runtime.future import JobFuture
from arango_jobs._runtime.journal import Journal
from arango_jobs._runtime.news import News
from arango_jobs.logs import logger

__all__ = ["Telling"]


class Telling:
    """Ends futures, and tells of it."""

    def __init__(self, endings: Endings, news: News, journal: Journal | None) -> None:
        self._endings = endings
        self._news = news
        self.journal = journal
        """Where account is kept; None where nobody asked for it, or it could not be any more."""
        self._last_reason = ""

    def end(self, end: End, ended: Ended) -> None:
        """End the futures of `end` and add them to `ended`, which is told later."""
        self._endings.end(end, ended)
        if end.reason and self._may_log(end.reason):
            logger.warning("%d operations end: %s", len(end.parts), end.reason)

    def answer(self, answers: Answers, ended: Ended) -> None:
        """End the futures of jobs that went well, as `end` does."""
        self._endings.answer(answers, ended)

    def confirm(self, parts: Sequence[Any], response: Any) -> tuple[Sequence[Any], str]:
        """End repeated inserts whose documents were read back; return the others, and why."""
        ended, unread, why = self._endings.confirm(parts, response)
        self.tell(ended)
        return unread, why

    def fail(self, futures: Iterable[JobFuture[Any]], error: Callable[[], Exception]) -> None:
        """End each of `futures` with an error of its own."""
        ended = Ended()
        ended.failed.extend(future for future in futures if future.end_with_error(error()))
        self.tell(ended)

    def tell(self, ended: Ended) -> None:
        """Tell what has ended."""
        if ended.answered:
            ended.finish()
        if self.journal is not None:
            self.journal.ended(ended)
        for future in ended.succeeded:
            future.payload = future.body = None
        # They hold each other: a circle that only the collector could free.
        let_go({future.job for future in ended.succeeded})
        self._news.ended(ended)

    def close_journal(self) -> None:
        """Have nothing told to the journal any more."""
        journal, self.journal = self.journal, None
        if journal is not None:
            journal.close()

    def _may_log(self, reason: str) -> bool:
        """Say whether `reason` is another one than the last: a restart ends thousands of jobs."""
        is_new = reason != self._last_reason
        self._last_reason = reason
        return is_new
