"""Keeps a few chunks on their way, and sees each of them to its end."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from arango_jobs.loader.chunks import Chunk
from arango_jobs.loader.errors import LoaderError, LoadStoppedError
from arango_jobs.loader.journal import Journal
from arango_jobs.loader.options import LoadOptions
from arango_jobs.loader.parts import Insert, Part
from arango_jobs.loader.report import LoadProgress
from arango_jobs.loader.stopping import StopSwitch
from arango_jobs.loader.tally import Tally
from arango_jobs.loader.target import LoadTarget
from arango_jobs.loader.verdicts import Verdict, verdict_of

__all__ = ["Sending"]

# Seconds. How often progress is told, and how soon a request to stop is seen.
_TICK = 0.2
_MAX_TRIES = 6
_FIRST_PAUSE = 0.25


class Sending:
    """The chunks that are on their way."""

    def __init__(
        self,
        target: LoadTarget,
        journal: Journal,
        tally: Tally,
        options: LoadOptions,
        stop: StopSwitch,
        progress: Callable[[LoadProgress], None] | None,
    ) -> None:
        self._target = target
        self._journal = journal
        self._tally = tally
        self._options = options
        self._stop = stop
        self._progress = progress
        self._told = tally.now()
        self._open: dict[Future[Any], Part] = {}
        self._later: list[tuple[float, int, Part]] = []
        self._numbers = itertools.count()
        self._chunks = 0
        self._fatal: BaseException | None = None

    def send_all(self, chunks: Iterable[Chunk]) -> None:
        """Send the chunks and wait until each has ended.

        Raises `LoadStoppedError` where the rest cannot be sent. An error of the input
        is raised once everything before it has ended.
        """
        try:
            for chunk in chunks:
                self._begin(chunk)
                while self._chunks >= self._options.window and self._fatal is None:
                    self._settle()
                self._settle_ended()
                if self._fatal is not None or self._has_too_many_errors():
                    break
        finally:
            self._wait_for_all()
        self._say_why_stopped()

    def _wait_for_all(self) -> None:
        while self._open or self._later:
            self._settle()
        self._tell(is_last=True)

    def _say_why_stopped(self) -> None:
        if isinstance(self._fatal, LoaderError):
            raise self._fatal
        if self._fatal is not None:
            raise LoadStoppedError(f"the load stopped: {self._fatal}") from self._fatal
        if self._has_too_many_errors() and not self._stop.is_requested:
            raise LoadStoppedError(f"the load stopped: {self._tally.failed} rows have failed")

    def _has_too_many_errors(self) -> bool:
        limit = self._options.max_errors
        return limit is not None and self._tally.failed >= limit

    def _begin(self, chunk: Chunk) -> None:
        self._journal.before_sending(chunk)
        self._chunks += 1
        self._tally.taken = chunk.end - 1
        self._tally.in_flight += chunk.count
        options, in_doubt = self._options, self._journal.in_doubt_below
        groups = (
            [row for row in chunk.rows if row.made_key is None],
            [row for row in chunk.rows if row.made_key is not None],
        )
        parts = [Insert(chunk, rows, options.on_duplicate, in_doubt) for rows in groups if rows]
        chunk.open_parts = len(parts)
        for part in parts:
            self._send(part)
        if not parts:
            self._finish(chunk)

    def _send(self, part: Part) -> None:
        if self._fatal is not None:
            self._give_up(part)
            return
        try:
            self._open[part.send(self._target)] = part
        except Exception as error:  # noqa: BLE001  told by its class, as one of a future's is
            self._failed(part, error)

    def _settle(self) -> None:
        """Wait a little for something to end, and see to it."""
        timeout = _TICK
        if self._later:
            timeout = max(0.0, min(timeout, self._later[0][0] - self._tally.now()))
        if self._open:
            wait(self._open, timeout, FIRST_COMPLETED)
        else:
            self._tally.pause(timeout)
        self._settle_ended()

    def _settle_ended(self) -> None:
        for future in [future for future in self._open if future.done()]:
            self._ended(self._open.pop(future), future)
        while self._later and (self._fatal or self._later[0][0] <= self._tally.now()):
            self._send(heapq.heappop(self._later)[2])
        self._tell()

    def _ended(self, part: Part, future: Future[Any]) -> None:
        error = future.exception()
        if error is not None:
            self._failed(part, error)
            return
        follow_up = part.read(future.result())
        if follow_up is not None:
            self._send(follow_up)
        else:
            self._part_ended(part)

    def _failed(self, part: Part, error: BaseException) -> None:
        _REACTIONS[self._verdict(part, error)](self, part, error)

    def _verdict(self, part: Part, error: BaseException) -> Verdict:
        verdict = verdict_of(error)
        if verdict is Verdict.SPLIT and len(part.rows) == 1:
            return Verdict.FAIL
        if verdict is Verdict.AGAIN and (not part.is_repeatable or part.tries >= _MAX_TRIES):
            return Verdict.FAIL
        return verdict

    def _split(self, part: Part, error: BaseException) -> None:
        part.chunk.open_parts += 1
        for half in part.halves():
            self._send(half)

    def _again(self, part: Part, error: BaseException) -> None:
        due = self._tally.now() + _FIRST_PAUSE * 2**part.tries
        heapq.heappush(self._later, (due, next(self._numbers), part.again()))

    def _fail(self, part: Part, error: BaseException) -> None:
        said = getattr(error, "error_message", None)
        message = str(said or getattr(error, "message", "") or error)
        if verdict_of(error) is Verdict.AGAIN:
            message = f"it may or may not be stored: {message}"
        for row in part.rows:
            row.fail(message, getattr(error, "error_code", 0) or 0)
        self._part_ended(part)

    def _stop_all(self, part: Part, error: BaseException) -> None:
        self._fatal = self._fatal or error
        self._give_up(part)

    def _give_up(self, part: Part) -> None:
        """Leave rows unconfirmed; their chunk ends for this run without being confirmed."""
        for row in part.rows:
            row.fail(f"not confirmed when the load stopped: {self._fatal}")
        chunk = part.chunk
        chunk.is_given_up = True
        self._part_ended(part)

    def _part_ended(self, part: Part) -> None:
        chunk = part.chunk
        chunk.open_parts -= 1
        if not chunk.open_parts:
            self._finish(chunk)

    def _finish(self, chunk: Chunk) -> None:
        self._chunks -= 1
        self._tally.in_flight -= chunk.count
        if chunk.is_given_up and self._journal.keeps_rows:
            return
        try:
            self._journal.ended(chunk)
        except LoaderError as error:
            # What others confirm can still be written; this chunk stays unconfirmed.
            self._fatal = self._fatal or error

    def _tell(self, *, is_last: bool = False) -> None:
        now, tally = self._tally.now(), self._tally
        if not is_last and now - self._told < _TICK:
            return
        self._told = now
        tally.requests, window, queue_time = self._target.state()
        if self._progress is None:
            return
        seconds = tally.seconds()
        done = tally.documents - tally.resumed
        self._progress(
            LoadProgress(
                documents=tally.documents,
                failed=tally.failed,
                rows=tally.rows,
                in_flight=tally.in_flight,
                seconds=seconds,
                per_second=done / seconds if seconds else 0.0,
                requests=tally.requests,
                window=window,
                queue_time=queue_time,
            )
        )


_REACTIONS: dict[Verdict, Callable[[Sending, Part, BaseException], None]] = {
    Verdict.SPLIT: Sending._split,
    Verdict.AGAIN: Sending._again,
    Verdict.FAIL: Sending._fail,
    Verdict.STOP: Sending._stop_all,
}
