"""One connection that stands: requests out, responses in.

It keeps exact account of what the kernel was handed. It does not choose what to
send (`lane.py`) and does not connect (`dialer.py`).
"""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Iterable
from typing import cast

from arango_jobs._net.exchange import Answered, Exchanges, Failure, TransportEvent
from arango_jobs._net.proof import Proof
from arango_jobs._net.responses import Outcome, ResponseReader
from arango_jobs._net.tls import is_refused_certificate, is_verified_late, may_hide_cuts
from arango_jobs.errors import ConnectionLostError, NotHTTPError

__all__ = ["Connection"]

_AT_ONCE = 1 << 20
"""Bytes that are read from one connection before the clock and the others have their turn."""

_BLOCKED = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """A connected socket, the exchanges on it, and the position in its stream.

    `depth` is how many requests it takes now, `count` how many of them are unanswered;
    `written` how many bytes of the stream the kernel was handed, `end` how long the
    stream is so far. `number` says which process may be behind it (`succession.py`),
    `order` is that number where no other connection has it, else 0. `answers` is how
    many it has given. `asked_at` is when something was last written on it, or it was made:
    if nothing is unanswered, its last answer came later. `has_more` says that more may
    have come in than was read.
    """

    __slots__ = (
        "_proof", "answered", "answers", "asked_at", "count", "depth", "end", "has_more",
        "is_verified_late", "number", "order", "outbox", "reader", "sock",
        "unanswered", "url", "written",
    )  # fmt: skip

    def __init__(
        self,
        sock: socket.socket,
        reader: ResponseReader,
        url: str,
        number: int = 0,
        made_at: float = 0.0,
        is_new: bool = True,
    ) -> None:
        self.sock = sock
        self.number = number
        self.order = number if is_new else 0
        self.asked_at = made_at
        self.reader = reader
        self.url = url
        self.unanswered: deque[Exchanges] = deque()
        self.count = 0
        self.outbox: deque[bytes | memoryview] = deque()
        self.depth = 1
        self.answered = 0
        self.answers = 0
        self.has_more = False
        self.written = 0
        self.end = 0
        self._proof = Proof()
        self.is_verified_late = is_verified_late(sock)

    @property
    def unanswered_bytes(self) -> int:
        """How many bytes of the stream belong to requests without an answer."""
        return self.end - self.unanswered[0].start if self.unanswered else 0

    def start(self, taken: Iterable[Exchanges]) -> bool:
        """Put what was `taken` into the stream, then `flush`."""
        small: list[bytes] = []
        for exchanges in taken:
            exchanges.start = self.end
            self.end = exchanges.end
            self.count += len(exchanges)
            self.unanswered.append(exchanges)
            if not exchanges.bodies:
                small += exchanges.heads
                continue
            for head, body in zip(exchanges.heads, exchanges.bodies, strict=True):
                small.append(head)
                if body:
                    self.outbox += (b"".join(small), body)
                    small = []
        if small:
            self.outbox.append(b"".join(small) if len(small) > 1 else small[0])
        return self.flush()

    def flush(self) -> bool:
        """Write what the kernel takes; return whether that is all. `OSError` as it comes."""
        outbox = self.outbox
        while outbox:
            piece = outbox[0]
            try:
                count = self.sock.send(piece)
            except _BLOCKED:
                return False
            self.written += count
            if count == len(piece):
                outbox.popleft()
            else:
                # TLS wants the same bytes again: what is left of a piece stays one piece.
                outbox[0] = memoryview(piece)[count:]
        return True

    def receive(self, view: memoryview, events: list[TransportEvent]) -> bool:
        """Read into `view`, append what became of exchanges; return whether the connection goes on.

        Where it does not, the exchanges left on it were not acted upon if the server
        announced the end (`is_announced`). Raises `TransportError` or `OSError` where it broke.
        """
        outcomes: list[Outcome] = []
        try:
            is_open = self._read(view, outcomes)
        finally:
            is_early = self._match(outcomes, events)
        return is_open and not is_early and not self.reader.is_last

    @property
    def is_announced(self) -> bool:
        """Whether the server said that it answers nothing more here.

        It must not act upon what was written behind that (RFC 9112 §9.6).
        """
        return self.reader.is_announced

    @property
    def is_last(self) -> bool:
        """Whether no further answer can come, announced or not (an HTTP/1.0 answer, for one)."""
        return self.reader.is_last

    @property
    def is_silent(self) -> bool:
        """Whether it has answered, is to answer again, and nothing of that has come."""
        return self.answers > 0 and self.count > 0 and self.reader.is_between

    def is_refused(self, error: OSError) -> bool:
        """Whether `error`, with which it broke, proves that the server looked at nothing."""
        return (
            self.is_verified_late and not self.answers and is_refused_certificate(error, self.sock)
        )

    def is_stale(self, view: memoryview) -> bool:
        """Whether something came in while nothing was asked: the end, as a rule."""
        try:
            self.sock.recv_into(view)
        except _BLOCKED:
            self.has_more = False
            return False
        except OSError:
            return True
        return True

    def _read(self, view: memoryview, outcomes: list[Outcome]) -> bool:
        is_head = bool(self.unanswered) and self.unanswered[0].template.method == "HEAD"
        # To the end of what is there: an end of the connection behind the answers must be seen
        # before more is written, and a selector does not see what OpenSSL has decrypted already.
        # Where a peer sends as fast as we read there is no end: the rest is read later.
        left = _AT_ONCE
        self.has_more = False
        while left > 0:
            try:
                count = self.sock.recv_into(view)
            except _BLOCKED:
                return True
            if not count:
                if may_hide_cuts(self.sock) and not self.reader.is_between:
                    raise ConnectionLostError("it cannot be told whether the answer is whole")
                self.reader.at_eof(outcomes)
                return False
            self.reader.feed(view[:count].tobytes(), outcomes, is_head=is_head)
            left -= count
        self.has_more = True
        return True

    def _match(self, outcomes: list[Outcome], events: list[TransportEvent]) -> bool:
        """Give answers to exchanges in order; say if one came before its request was whole.

        Raises `NotHTTPError` where one proves to be another request's. It decides nothing then,
        and neither do those before it in `outcomes`, back to the last that proves its place.
        """
        last = None
        proven = len(events)
        for outcome in outcomes:
            count = len(outcome.bodies) if isinstance(outcome, Answered) else 1
            known = min(count, self.count)
            if known:
                exchanges = self._take(known)
                if isinstance(outcome, Answered) and outcome.job_ids[0] is not None:
                    job_ids = cast("list[str]", outcome.job_ids)
                    proof = self._proof.of(exchanges, job_ids[:known])
                    if proof.why:
                        self._put_back(exchanges)
                        self._keep_proven(outcome, proof.proven, events, proven)
                        raise NotHTTPError(proof.why)
                    if proof.proven == known:
                        proven = len(events) + 1
                last = exchanges[-1]
                events.append(self._event(outcome, exchanges, known))
            if known < count:
                raise NotHTTPError(f"{self.url} answered more often than it was asked")
        return last is not None and last.end > self.written

    def _keep_proven(
        self, outcome: Answered, count: int, events: list[TransportEvent], proven: int
    ) -> None:
        """Keep the first `count` of the last answers, and what is `proven` of those before."""
        if count:
            events.append(self._event(outcome, self._take(count), count))
            return
        for event in reversed(events[proven:]):
            if isinstance(event, Answered):
                self._put_back(event.exchanges)
            elif isinstance(event, Failure):
                self._put_back([event.exchange])
        del events[proven:]

    def _put_back(self, exchanges: list[Exchanges]) -> None:
        """Count `exchanges`, the last that were taken, as unanswered again."""
        count = sum(map(len, exchanges))
        self.count += count
        self.answered -= count
        self.answers -= count
        self.unanswered.extendleft(reversed(exchanges))

    def _take(self, count: int) -> list[Exchanges]:
        """Take the first `count` off those that are unanswered."""
        self.count -= count
        self.answered += count
        self.answers += count
        unanswered = self.unanswered
        taken: list[Exchanges] = []
        while count:
            first = unanswered[0]
            size = len(first)
            taken.append(unanswered.popleft() if size <= count else first.cut(count))
            count -= min(size, count)
        return taken

    def _event(self, outcome: Outcome, exchanges: list[Exchanges], count: int) -> TransportEvent:
        """Return the event that tells what became of `exchanges`, which are `count` together."""
        if not isinstance(outcome, Answered):
            error = type(outcome)(f"{self.url}: {outcome}")
            return Failure(exchanges[0], error, True, self.order)
        outcome.cut(count)
        outcome.exchanges = exchanges
        outcome.base, outcome.connection = self.url, self.number
        return outcome
