"""The queue of one kind of request to one host, and the connections that serve it.

Quick requests share few connections, many deep; slow ones get a connection each.
Here is decided what is written where, when another connection is made, and what
becomes of the exchanges when one breaks.
"""

from __future__ import annotations

import math
import selectors
import socket
from collections import deque
from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import chain, repeat

from arango_jobs._net.connection import Connection
from arango_jobs._net.dialer import Dialing, Done
from arango_jobs._net.exchange import Connected, Exchanges, Failure
from arango_jobs._net.hosts import Host
from arango_jobs._net.responses import ResponseReader
from arango_jobs._net.shared import Shared
from arango_jobs._net.verdict import settle
from arango_jobs.errors import (
    ConnectionLostError,
    HostUnreachableError,
    NotHTTPError,
    RequestTimeoutError,
    TransportError,
)

__all__ = ["Lane"]

_READ = selectors.EVENT_READ
_WRITE = selectors.EVENT_WRITE
# After a second connection could not be made, the first has to do for so long.
_EXTRA_PAUSE_SECONDS = 5.0
# As much as a kernel keeps is read in so many reads at the most; only a flood goes on.
_READS = 16


class Lane:
    """Flights to `host` that are queued or under way."""

    def __init__(
        self,
        index: int,
        host: Host,
        shared: Shared,
        dial: Callable[[Done], Dialing],
        *,
        connections: int,
        depth: int,
    ) -> None:
        self.queue: deque[Exchanges] = deque()
        self.connections: list[Connection] = []
        self.max_depth = depth
        self._index = index
        self._host = host
        self._shared = shared
        self.max_connections = connections
        self._new_dialer = dial
        self._dialer: Dialing | None = None
        self._no_extra_before = 0.0
        self._succession = shared.successions[index]
        self._reuse = shared.reuses[index]
        # Whether this path has kept a pipeline in order, so that a break is no sign against it.
        self._is_proven = False
        # Whether a connection that has ended gave an answer: then HTTP is spoken here.
        self._was_understood = False
        # After how many answers the server ended the last connection, as it had announced.
        self._last_count = 0

    def pump(self, now: float) -> None:
        """Write what the connections take, and make another connection where that is due."""
        for connection in tuple(self.connections):
            if not self.queue:
                break
            if connection.count < connection.depth and not (
                connection.outbox or connection.has_more
            ):
                self._fill(connection)
        if self._dialer is not None:
            self._dialer.advance()
        elif self.queue and self._wants_connection(now):
            self._dial()

    @property
    def dial_deadline(self) -> float:
        """Until when the connection that is being made has time."""
        return math.inf if self._dialer is None else self._dialer.deadline

    def expire(self, now: float) -> float:
        """End what has waited too long; return when to look again."""
        for connection in tuple(self.connections):
            if any(exchanges.deadline <= now for exchanges in connection.unanswered):
                self._break(connection, partial(self._late_error, now))
        late = [exchanges for exchanges in self.queue if exchanges.deadline <= now]
        if late:
            self.queue = deque(exchanges for exchanges in self.queue if exchanges.deadline > now)
            self._refuse(late, partial(self._late_error, now))
        if self._dialer is not None:
            self._dialer.expire(now)
        return self._next_deadline()

    def close(self) -> None:
        """Close every connection; everything under way fails."""
        if self._dialer is not None:
            self._dialer.close()
            self._dialer = None
        for connection in tuple(self.connections):
            self._break(connection, self._closed_error)
        waiting, self.queue = self.queue, deque()
        self._refuse(waiting, self._closed_error)

    # Connections.

    def _wants_connection(self, now: float) -> bool:
        if not self.connections:
            return True
        if now < self._no_extra_before:
            return False
        if not self._reuse.is_free:
            return self._wants_fresh()
        open_ones = [each for each in self.connections if self._left(each) > 0]
        count = len(open_ones)
        if count >= self.max_connections or len(self.connections) >= 2 * self.max_connections:
            return False
        room = count * self.max_depth - sum(connection.count for connection in open_ones)
        for exchanges in self.queue:
            room -= len(exchanges)
            if room < 0:
                return True
        return False

    def _wants_fresh(self) -> bool:
        """Whether another connection is due where one that has answered may not do."""
        if sum(not each.answers or each.count > 0 for each in self.connections) >= (
            self.max_connections
        ):
            return False
        used = [each for each in self.connections if each.answers and not each.count]
        if len(used) >= self.max_connections:
            self._drop(used[0])
        return True

    def _dial(self) -> None:
        self._dialer = self._new_dialer(self._dialed)
        self._dialer.advance()

    def _dialed(self, result: socket.socket | HostUnreachableError) -> None:
        self._dialer = None
        if isinstance(result, HostUnreachableError):
            self._succession.broke()
            self._reuse.was_away()
            if self.connections:
                self._no_extra_before = self._shared.clock.monotonic() + _EXTRA_PAUSE_SECONDS
                return
            self._give_up(result)
            return
        settings = self._shared.settings
        reader = ResponseReader(
            max_head=settings.max_head_bytes, max_body=settings.max_response_bytes
        )
        # What the server behind the other connections has said, it said before: whoever is told
        # of the new one may take it for another process.
        self._shared.read_all(self._index)
        now = self._shared.clock.monotonic()
        is_new = self._succession.made(now)
        number = self._succession.number
        connection = Connection(result, reader, self._host.url, number, now, is_new)
        self.connections.append(connection)
        self._shared.selector.register(result, _READ, partial(self._on_ready, connection))
        if is_new:
            self._shared.events.append(Connected(self._index, now))
        self._fill(connection)

    def _on_ready(self, connection: Connection, mask: int) -> None:
        if mask & _WRITE and connection in self.connections:
            self._flush(connection)
        if mask & _READ and connection in self.connections:
            self._receive(connection)

    def read_all(self) -> None:
        """Read what has come in on every connection."""
        for connection in tuple(self.connections):
            for _ in range(_READS):
                if connection not in self.connections:
                    break
                self._receive(connection)
                if not connection.has_more:
                    break

    def _receive(self, connection: Connection) -> None:
        if not connection.unanswered:
            # The server has ended an idle connection, or says what nobody asked for; with TLS
            # it may be a session ticket and nothing to us.
            if connection.is_stale(self._shared.view):
                self._drop(connection)
            return
        shared = self._shared
        try:
            goes_on = connection.receive(shared.view, shared.events)
        except OSError as error:
            # A server that closes behind its last answer, with requests unread, resets.
            if connection.is_announced:
                self._end(connection)
            else:
                self._broke(connection, error)
        else:
            if not goes_on:
                self._end(connection)
                return
            if not self._reuse.is_kept:
                self._learn(connection)
            self._deepen(connection)
            if connection.has_more:
                shared.unread[connection] = partial(self._receive, connection)

    def _learn(self, connection: Connection) -> None:
        """Learn from a connection that has answered whether the host keeps such ones."""
        now = self._shared.clock.monotonic()
        if connection.answers > 1:
            self._reuse.proved(now)
        if not self._reuse.is_free and self._reuse.is_dropped(now) and not connection.count:
            self._drop(connection, is_ours=True)

    def _deepen(self, connection: Connection) -> None:
        if connection.answered < connection.depth or not self._reuse.is_free:
            return
        self._is_proven = self._is_proven or connection.depth > 1
        connection.answered = 0
        connection.depth = min(connection.depth * 2, self.max_depth)

    def _left(self, connection: Connection) -> int:
        """Return how many requests a connection takes, if the server ends it as the last one.

        What is written behind that is not looked at, and may cost the answers that are on their
        way: a system resets a connection that it closes with something unread.
        """
        if not self._last_count:
            return self.max_depth
        return self._last_count - connection.answers - connection.count

    # Writing.

    def _fill(self, connection: Connection) -> None:
        # However lately it was in use: what goes into a closed one may have run for all we know.
        if not connection.unanswered and connection.is_stale(self._shared.view):
            self._drop(connection)
            return
        if connection.answers and not self._reuse.is_free:
            self._try_again_on(connection)
            return
        if not connection.count and self._left(connection) <= 0:
            # It goes on for longer than the last one.
            self._last_count = 0
        taken = self._taken(
            connection.number,
            min(connection.depth - connection.count, self._left(connection)),
            self._shared.settings.max_pipelined_bytes - connection.unanswered_bytes,
        )
        if taken:
            self._write(connection, taken)

    def _try_again_on(self, connection: Connection) -> None:
        """Write one request that does no harm if it gets lost on a connection that has answered."""
        if connection.count:
            return
        if self._reuse.is_dropped(self._shared.clock.monotonic()):
            self._drop(connection, is_ours=True)
            return
        for index, exchanges in enumerate(self.queue):
            is_newer = 0 < exchanges.epoch < connection.number
            if not exchanges.template.is_once and not is_newer:
                if len(exchanges) == 1:
                    del self.queue[index]
                    self._write(connection, [exchanges])
                else:
                    self._write(connection, [exchanges.cut(1)])
                return

    def _taken(self, number: int, room: int, size: int) -> list[Exchanges]:
        """Return what is to be written next on a connection that is `number`.

        At most `room` requests, of which the last may exceed `size` bytes.
        """
        queue = self.queue
        taken: list[Exchanges] = []
        too_old: list[Exchanges] = []
        while queue and room > 0 and size > 0:
            first = queue[0]
            if 0 < first.epoch < number:
                too_old.append(queue.popleft())
                continue
            count = min(room, len(first)) if first.size <= size else first.count_of(size, room)
            taken.append(queue.popleft() if count == len(first) else first.cut(count))
            room -= count
            size -= taken[-1].size
        if too_old:
            self._leave_to_older(too_old)
        return taken

    def _leave_to_older(self, exchanges: list[Exchanges]) -> None:
        """Keep what an older connection may still take; refuse what none can."""
        oldest = min(connection.number for connection in self.connections)
        kept = [some for some in exchanges if some.epoch >= oldest]
        late = [some for some in exchanges if some.epoch < oldest]
        self.queue.extendleft(reversed(kept))
        self._refuse(late, self._moved_error)

    def _write(self, connection: Connection, taken: list[Exchanges]) -> None:
        connection.asked_at = self._shared.clock.monotonic()
        try:
            if not connection.start(taken):
                self._watch(connection, _READ | _WRITE)
        except OSError as error:
            self._write_broke(connection, error)

    def _flush(self, connection: Connection) -> None:
        try:
            if connection.flush():
                self._watch(connection, _READ)
        except OSError as error:
            self._write_broke(connection, error)

    def _write_broke(self, connection: Connection, error: OSError) -> None:
        # A server that refuses a body half-way has answered before it closed: read that first.
        try:
            connection.receive(self._shared.view, self._shared.events)
        except OSError as found:
            if connection.is_refused(found):
                error = found
        if connection.is_announced:
            self._end(connection)
        else:
            self._broke(connection, error)

    def _watch(self, connection: Connection, mask: int) -> None:
        self._shared.selector.modify(connection.sock, mask, partial(self._on_ready, connection))

    # Ends.

    def _end(self, connection: Connection) -> None:
        """End a connection that the server closed, or after whose last answer nothing can come."""
        if connection.is_announced:
            self._drop(connection)
            self._requeue(connection.unanswered)
        else:
            self._broke(connection, self._lost_error(connection))

    def _broke(self, connection: Connection, error: OSError) -> None:
        """End a broken connection: the first that waits is told why, the others that it broke."""
        if connection.is_refused(error):
            self._requeue(connection.unanswered)
            connection.unanswered.clear()
            self._drop(connection)
            self._give_up(self._unreachable_error(error))
            return
        why = self._why(connection, error)
        reasons = chain((why,), repeat(self._lost_error(connection)))
        if connection.is_silent:
            self._reuse.broke(self._shared.clock.monotonic(), connection.asked_at)
        is_garbage = isinstance(error, NotHTTPError)
        self._judge(connection, is_garbage or connection.is_last)
        self._break(connection, lambda _: next(reasons))
        if is_garbage and not self._is_understood():
            # What was written may have run, whoever answers. What was not need not be wasted.
            self._give_up(self._foreign_error(why))

    def _break(
        self, connection: Connection, error_of: Callable[[Exchanges], TransportError]
    ) -> None:
        self._drop(connection)
        failures, spared = settle(
            connection.unanswered, connection.written, error_of, connection.order
        )
        self._shared.events.extend(failures)
        self._requeue(spared)

    def _judge(self, connection: Connection, is_unfit: bool) -> None:
        """Give up pipelining where the path is unfit, or a connection broke before any went well.

        Both show only where several requests were on it.
        """
        if connection.count > 1 and (is_unfit or not self._is_proven):
            self.max_depth = 1
            for other in self.connections:
                other.depth = 1

    def _is_understood(self) -> bool:
        """Whether an answer in HTTP has ever come from the host."""
        return self._was_understood or any(each.answers for each in self.connections)

    def _give_up(self, error: HostUnreachableError) -> None:
        """Fail what is queued: no connection can be made."""
        waiting, self.queue = self.queue, deque()
        self._refuse(waiting, lambda _: _same(error))

    def _refuse(
        self, refused: Iterable[Exchanges], error_of: Callable[[Exchanges], TransportError]
    ) -> None:
        self._shared.events.extend(
            Failure(exchange, error_of(exchange), False)
            for exchanges in refused
            for exchange in exchanges.each()
        )

    def _requeue(self, exchanges: Collection[Exchanges]) -> None:
        self.queue.extendleft(reversed(tuple(exchanges)))

    def _drop(self, connection: Connection, *, is_ours: bool = False) -> None:
        self.connections.remove(connection)
        self._shared.selector.unregister(connection.sock)
        self._shared.unread.pop(connection, None)
        connection.has_more = False
        connection.sock.close()
        is_broken = bool(connection.unanswered) and not connection.is_announced
        self._was_understood = self._was_understood or connection.answers > 0
        if connection.is_announced:
            self._last_count = connection.answers
        self._succession.ended(
            connection.asked_at,
            connection.answers,
            is_broken=is_broken,
            is_announced=connection.is_announced,
            is_ours=is_ours,
        )

    def _next_deadline(self) -> float:
        under_way = chain(self.queue, *(connection.unanswered for connection in self.connections))
        deadline = min((exchanges.deadline for exchanges in under_way), default=math.inf)
        return min(deadline, self.dial_deadline)

    # What the errors say.

    def _late_error(self, now: float, exchange: Exchanges) -> TransportError:
        if exchange.deadline <= now:
            return RequestTimeoutError(
                f"{self._host.url} gave no complete answer within {exchange.timeout:g} s "
                "(request_timeout)"
            )
        return ConnectionLostError(
            f"a connection to {self._host.url} was closed: an answer before this one was late"
        )

    def _moved_error(self, exchange: Exchanges) -> TransportError:
        return ConnectionLostError(
            f"the connection to {self._host.url} that this was meant for is gone; nothing was sent"
        )

    def _closed_error(self, exchange: Exchanges) -> TransportError:
        return ConnectionLostError(f"the transport to {self._host.url} was closed")

    def _why(self, connection: Connection, error: OSError) -> TransportError:
        if isinstance(error, TransportError):
            return type(error)(f"{self._host.url}: {error}")
        return self._lost_error(connection, error)

    def _lost_error(self, connection: Connection, error: OSError | None = None) -> TransportError:
        count = connection.count
        why = "" if error is None else f" ({error.strerror or error})"
        return ConnectionLostError(
            f"a connection to {self._host.url} ended with {count} requests unanswered on it{why}"
        )

    def _foreign_error(self, why: TransportError) -> HostUnreachableError:
        error = HostUnreachableError(f"{self._host.url} has never given an answer in HTTP")
        error.__cause__ = why
        return error

    def _unreachable_error(self, error: OSError) -> HostUnreachableError:
        return HostUnreachableError(f"{self._host.url} refuses our certificate: {error}")


def _same(error: HostUnreachableError) -> HostUnreachableError:
    """Return an error of its own for each exchange, with the same cause."""
    same = HostUnreachableError(*error.args)
    same.__cause__ = error.__cause__
    return same
