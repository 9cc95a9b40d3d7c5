"""The fast transport: HTTP/1.1 with pipelining, one thread, any number of hosts.

    send ─▶ Lane.queue ─▶ Connection ─▶ kernel ─▶ … ─▶ ResponseReader ─▶ poll's events

A lane a host and kind of request (`lane.py`); here is only the loop.
"""

from __future__ import annotations

import math
import select
import selectors
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from arango_jobs._net.dialer import Dialer, Dialing, Done
from arango_jobs._net.exchange import Exchanges, TransportEvent
from arango_jobs._net.hosts import Host, parse_host
from arango_jobs._net.lane import Lane
from arango_jobs._net.pool_dialer import PoolDialer
from arango_jobs._net.pool_sockets import PoolSockets
from arango_jobs._net.render import RequestRenderer
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.shared import Shared
from arango_jobs._net.tls import tls_context
from arango_jobs._net.waker import Waker
from arango_jobs.clock import Clock, SystemClock
from arango_jobs.operations import Headers

__all__ = ["PipelineTransport"]

# Requests that are queued in one piece: to cut some off costs as much as there are in it.
_AT_ONCE = 256
# Selectors count in whole milliseconds, as epoll does.
_SHORT = 0.001
_SHORTEST = 0.00005


class PipelineTransport:
    """Moves exchanges over a few pipelined connections to each of `hosts`.

    All methods but `wake` belong to one thread. It starts no thread of its own,
    except to look up a host's name and where `sockets` make a connection. Redirects
    are not followed.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        settings: NetSettings | None = None,
        *,
        clock: Clock | None = None,
        sockets: Sequence[PoolSockets | None] = (),
    ) -> None:
        self._settings = settings = settings or NetSettings()
        self._hosts = [parse_host(url) for url in hosts]
        # For each host what makes its connections, where that is not ourselves.
        self._sockets = sockets or [None] * len(self._hosts)
        self._renderers = [
            RequestRenderer(_named(host, made), _defaults(settings, index, made))
            for index, (host, made) in enumerate(zip(self._hosts, self._sockets, strict=True))
        ]
        self._clock = clock or SystemClock()
        self._monotonic = self._clock.monotonic
        self._tls = settings.tls
        self._selector = selectors.DefaultSelector()
        self._waker = Waker(self._selector)
        self._shared = Shared(settings, self._clock, self._selector, self.wake, self._context)
        self._quick = [self._lane(index, host) for index, host in enumerate(self._hosts)]
        self._slow = [self._slow_lane(index, host) for index, host in enumerate(self._hosts)]
        self._lanes = [*self._quick, *self._slow]
        self._shared.read_all = self._read_all
        self._next_deadline = math.inf

    def send(self, exchanges: Exchanges) -> None:
        """Queue `exchanges`; the next `poll` writes them.

        Raises `OptionError`, and takes none, where a method, target or header holds what would
        break a request's head.
        """
        template, host = exchanges.template, exchanges.host
        self._renderers[host].put_heads(exchanges)
        exchanges.deadline = deadline = self._monotonic() + exchanges.timeout
        if template.is_once:
            self._shared.reuses[host].matters()
        lane = (self._quick if template.is_quick else self._slow)[host]
        lane.queue.extend(exchanges.parts(_AT_ONCE))
        self._next_deadline = min(self._next_deadline, deadline)

    def poll(self, timeout: float | None) -> list[TransportEvent]:
        """Write and read until something came, `timeout` seconds passed, or `wake` was called."""
        now = self._clock.monotonic()
        end = math.inf if timeout is None else now + timeout
        while True:
            self._pump(now)
            is_over = self._select(0.0 if self._shared.events else end - now, now)
            now = self._clock.monotonic()
            self._expire(now)
            if self._shared.events or is_over or now >= end:
                break
        self._pump(now)
        events, self._shared.events = self._shared.events, []
        return events

    def wake(self) -> None:
        """Make a running or the next `poll` return soon; safe from any thread."""
        self._waker.wake()

    def close(self) -> list[TransportEvent]:
        """Close every connection and give a `Failure` for each exchange still under way."""
        for lane in self._lanes:
            lane.close()
        self._selector.close()
        self._waker.close()
        events, self._shared.events = self._shared.events, []
        return events

    def describe(self) -> str:
        """Say in a few words which way requests go."""
        depth = max((lane.max_depth for lane in self._quick), default=1)
        count = max((lane.max_connections for lane in self._quick), default=0)
        way = (
            f"pipelined HTTP/1.1, {count} connections to each of "
            f"{len(self._hosts)} hosts, at most {depth} deep"
        )
        return f"{way}, made by the session's adapters" if any(self._sockets) else way

    def _pump(self, now: float) -> None:
        for lane in self._lanes:
            if lane.queue:
                lane.pump(now)
                self._next_deadline = min(self._next_deadline, lane.dial_deadline)

    def _select(self, timeout: float, now: float) -> bool:
        """Wait for sockets and let them go on; return whether we were woken or `timeout` is over.

        The latter by the system's clock: ours may be one that a test moves.
        """
        time_left = self._next_deadline - now
        unread, self._shared.unread = self._shared.unread, {}
        wait = 0.0 if unread else max(0.0, min(timeout, time_left))
        if 0.0 < wait < _SHORT and self._wait_briefly(wait):
            wait = 0.0
        ready = self._selector.select(None if wait == math.inf else wait)
        is_over = not (ready or unread) and timeout <= time_left
        for key, mask in ready:
            if key.data is self._waker:
                is_over = True
                self._waker.on_ready(mask)
            else:
                key.data(mask)
        for connection, read_on in unread.items():
            # Unless it was among those that were ready.
            if connection.has_more and connection not in self._shared.unread:
                read_on()
        return is_over

    def _wait_briefly(self, seconds: float) -> bool:
        """Wait for less than a millisecond; return whether that could be done."""
        keys = self._selector.get_map().values()
        readers = [key.fd for key in keys if key.events & selectors.EVENT_READ]
        writers = [key.fd for key in keys if key.events & selectors.EVENT_WRITE]
        try:
            select.select(readers, writers, (), seconds)
        except ValueError:
            # Descriptors from 1024 on are beyond it: a whole millisecond, then.
            return False
        return True

    def _expire(self, now: float) -> None:
        if now < self._next_deadline:
            return
        self._next_deadline = min((lane.expire(now) for lane in self._lanes), default=math.inf)

    def _read_all(self, host: int) -> None:
        for lane in (self._quick[host], self._slow[host]):
            lane.read_all()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context()
        return self._tls

    def _lane(self, index: int, host: Host) -> Lane:
        settings, sockets = self._settings, self._sockets[index]
        if sockets is not None and sockets.is_forwarded:
            # What a proxy makes of a pipeline is anybody's guess.
            count, depth = settings.session_threads, 1
        else:
            count, depth = settings.connections, settings.max_depth
        return Lane(
            index, host, self._shared, self._dial(host, sockets), connections=count, depth=depth
        )

    def _slow_lane(self, index: int, host: Host) -> Lane:
        dial = self._dial(host, self._sockets[index])
        connections = self._settings.slow_connections
        return Lane(index, host, self._shared, dial, connections=connections, depth=1)

    def _dial(self, host: Host, sockets: PoolSockets | None) -> Callable[[Done], Dialing]:
        if sockets is None:
            return partial(Dialer, host, self._shared)
        return partial(PoolDialer, sockets, host, self._shared)


def _named(host: Host, sockets: PoolSockets | None) -> Host:
    """Return `host` with a prefix that makes whole URLs of targets, where a proxy reads them."""
    is_forwarded = sockets is not None and sockets.is_forwarded
    return replace(host, prefix=host.url) if is_forwarded else host


def _defaults(settings: NetSettings, index: int, sockets: PoolSockets | None) -> Headers:
    own = settings.host_headers[index] if index < len(settings.host_headers) else ()
    proxy = () if sockets is None else sockets.headers
    authorization = settings.authorization
    auth = () if authorization is None else (("Authorization", authorization),)
    return (*auth, *settings.headers, *own, *proxy)
