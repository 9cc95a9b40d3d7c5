"""Makes one connection: name, addresses one after the other, TLS handshake.

    resolving ──▶ connecting (next address on failure) ──▶ shaking hands ──▶ done

Never blocks; `on_ready` and `expire` move it on.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, TypeAlias

from arango_jobs._net.hosts import Host
from arango_jobs._net.resolver import Address, Resolver
from arango_jobs._net.shared import Shared
from arango_jobs.errors import HostUnreachableError, TLSError

__all__ = ["Dialer", "Dialing", "Done"]

Done: TypeAlias = Callable[[socket.socket | HostUnreachableError], None]

_UNDERWAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


class Dialing(Protocol):
    """A connection in the making."""

    deadline: float
    """When to call `expire`."""

    def advance(self) -> None:
        """Go on with what has come about elsewhere."""
        ...

    def expire(self, now: float) -> None:
        """End what has waited too long."""
        ...

    def close(self) -> None:
        """Stop, without calling anybody."""
        ...


class Dialer:
    """One attempt to connect to `host`.

    Calls `done` with the socket, not registered, or with `HostUnreachableError`.
    """

    def __init__(self, host: Host, shared: Shared, done: Done) -> None:
        self._host = host
        self._shared = shared
        self._done = done
        now = shared.clock.monotonic()
        self._end = self.deadline = now + shared.settings.connect_timeout
        self._addresses: list[Address] | None = None
        self._troubles: list[str] = []
        self._cause: TLSError | None = None
        self._sock: socket.socket | None = None
        self._is_over = False
        self._resolver = Resolver(host.name, host.port, shared.wake)

    def advance(self) -> None:
        """Go on if the name has been resolved meanwhile."""
        if self._addresses is not None or self._is_over:
            return
        try:
            self._addresses = self._resolver.poll()
        except OSError as error:
            self._fail(f"{self._host.name}: {error.strerror or error}")
            return
        if self._addresses is not None:
            self._try_next()

    def expire(self, now: float) -> None:
        """Give up the present address, or altogether, when its time is over."""
        if self._is_over or now < self.deadline:
            return
        limit = self._shared.settings.connect_timeout
        self._trouble(f"no connection within {limit:g} s")

    def on_ready(self, mask: int) -> None:
        """Go on with what the socket has done."""
        sock = self._sock
        if sock is None:
            return
        if isinstance(sock, ssl.SSLSocket):
            self._shake(sock)
            return
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._trouble(os.strerror(code))
        else:
            self._connected(sock)

    def close(self) -> None:
        """Stop, without calling anybody."""
        self._is_over = True
        self._drop()
        self._resolver.close()

    def _try_next(self) -> None:
        if not self._addresses:
            self._fail("; ".join(self._troubles) or "the name has no address")
            return
        now = self._shared.clock.monotonic()
        # An address that swallows everything must leave time for the others.
        self.deadline = now + max(0.0, self._end - now) / len(self._addresses)
        address = self._addresses.pop(0)
        try:
            self._sock = _opened(address)
            code = self._sock.connect_ex(address.sockaddr)
        except OSError as error:
            self._trouble(error.strerror or str(error))
            return
        if code not in _UNDERWAY:
            self._trouble(os.strerror(code))
            return
        self._shared.selector.register(self._sock, selectors.EVENT_WRITE, self.on_ready)

    def _connected(self, sock: socket.socket) -> None:
        if not self._host.is_tls:
            self._finish(sock)
            return
        self._shared.selector.unregister(sock)
        try:
            self._sock = tls = self._shared.tls().wrap_socket(
                sock,
                server_hostname=self._host.name,
                do_handshake_on_connect=False,
                # A cut connection must not look like the end of a body.
                suppress_ragged_eofs=False,
            )
        except (OSError, ValueError) as error:
            self._trouble(str(error))
            return
        self._shared.selector.register(tls, selectors.EVENT_WRITE, self.on_ready)
        self._shake(tls)

    def _shake(self, sock: ssl.SSLSocket) -> None:
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            self._shared.selector.modify(sock, selectors.EVENT_READ, self.on_ready)
        except ssl.SSLWantWriteError:
            self._shared.selector.modify(sock, selectors.EVENT_WRITE, self.on_ready)
        except (OSError, ValueError) as error:
            self._cause = TLSError(str(error))
            self._trouble(f"TLS handshake: {error}")
        else:
            self._finish(sock)

    def _finish(self, sock: socket.socket) -> None:
        self._shared.selector.unregister(sock)
        self._sock = None
        self._is_over = True
        self._done(sock)

    def _trouble(self, text: str) -> None:
        """Note why an address did not do, and go on with the next."""
        self._drop()
        if text not in self._troubles:
            self._troubles.append(text)
        if self._addresses and self._shared.clock.monotonic() < self._end:
            self._try_next()
        else:
            self._fail("; ".join(self._troubles))

    def _fail(self, text: str) -> None:
        self._is_over = True
        self._drop()
        error = HostUnreachableError(f"{self._host.url} cannot be reached: {text}")
        error.__cause__ = self._cause
        self._done(error)

    def _drop(self) -> None:
        if self._sock is not None:
            # Not registered if the trouble came before that.
            with contextlib.suppress(KeyError, ValueError):
                self._shared.selector.unregister(self._sock)
            self._sock.close()
            self._sock = None


def _opened(address: Address) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        # Not every system has all of them.
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
    return sock
