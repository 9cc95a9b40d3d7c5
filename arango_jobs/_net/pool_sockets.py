"""Connected sockets that a urllib3 pool makes and our own transport uses.

An adapter of the user's is there, as a rule, for how connections are made: TLS,
the source address, options of the socket, a proxy. All of that is over when the
connection stands. `pool_sockets` says where this is so beyond doubt: urllib3's own
classes without a change, and sockets of the system.
"""

from __future__ import annotations

import contextlib
import copy
import socket
import ssl
import time
from typing import Any

import requests
import urllib3.util
from requests.adapters import HTTPAdapter
from urllib3.util.proxy import connection_requires_http_tunnel

from arango_jobs._net.hosts import Host
from arango_jobs._net.pools import Pool, leaves_requests_alone, pool_for
from arango_jobs._net.proxies import proxy_of
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import is_overridden, only_connects
from arango_jobs._net.time_limits import Limit, cover, time_limit
from arango_jobs._net.tls import show_cuts
from arango_jobs.operations import Headers

__all__ = ["PoolSockets", "pool_sockets", "speaks_plainly"]

_POOLS = ("urllib3.connectionpool", "urllib3.contrib.socks")
_CONNECTIONS = ("urllib3.connection", "urllib3.contrib.socks")
_POOL_METHODS = (
    "urlopen", "_make_request", "_get_conn", "_new_conn", "_prepare_proxy", "_validate_conn",
)  # fmt: skip


class PoolSockets:
    """Makes connections to one host as a urllib3 pool does; safe from any thread."""

    def __init__(self, pool: Pool, host: Host, proxy: str | None = None) -> None:
        # A copy, as the pool is the session's.
        self._pool = cover(copy.copy(pool.urllib3))
        self.proxy = proxy
        """The proxy that connections go to, for messages."""
        self._is_tunneled = connection_requires_http_tunnel(
            self._pool.proxy, self._pool.proxy_config, "https" if host.is_tls else "http"
        )
        self.is_forwarded = pool.is_forwarded
        """Whether a proxy reads every request: it gets whole URLs, and never two at a time."""
        self.headers: Headers = tuple(self._pool.proxy_headers.items()) if pool.is_forwarded else ()
        """What goes to the proxy with every request."""

    def open(self, timeout: float) -> socket.socket:
        """Return a new connection, not blocking, within `timeout` seconds.

        The look-up of a name may take longer. Raises whatever urllib3 raises.
        """
        with time_limit(Limit(time.monotonic() + timeout, may_hold_up=True)):
            return self._open(timeout)

    def _open(self, timeout: float) -> socket.socket:
        connection = self._pool._new_conn()
        connection.timeout = timeout
        context = getattr(connection, "ssl_context", None)
        if context is not None:
            show_cuts(context)
        try:
            if self._is_tunneled:
                self._pool._prepare_proxy(connection)
            else:
                connection.connect()
        except BaseException:
            connection.close()
            raise
        # From now on it is ours to close.
        made, connection.sock = connection.sock, None
        return _plain(made)


def pool_sockets(
    session: requests.Session, host: Host, settings: NetSettings
) -> PoolSockets | None:
    """Return what makes connections to `host` as `session` would, where that is all it does.

    Raises `OptionError` where the session cannot connect.
    """
    adapter = session.get_adapter(host.url)
    if (
        not leaves_requests_alone(adapter)
        or is_overridden(adapter, ("cert_verify",), HTTPAdapter)
        or not only_connects(session, host.url)
    ):
        return None
    pool = pool_for(session, host, settings)
    # Where the pool counts its connections, ours would be some too many.
    if not _is_plain(pool, host) or pool.urllib3.block:
        return None
    return PoolSockets(pool, host, proxy_of(session, host.url))


def speaks_plainly(found: Pool, host: Host) -> bool:
    """Whether HTTP on a connection of the pool is HTTP with `host`, and nothing between."""
    return found.urllib3.proxy is None and _is_plain(found, host)


def _is_plain(found: Pool, host: Host) -> bool:
    """Whether the pool's connections are sockets of the system, made as urllib3 makes them."""
    pool = found.urllib3
    return (
        _is_unchanged(pool)
        and _has_system_sockets(pool)
        and (_is_forward_proxy(found, host) or _leads_to(pool, host))
    )


def _is_unchanged(pool: Any) -> bool:
    return (
        type(pool).__module__ in _POOLS
        and getattr(pool.ConnectionCls, "__module__", None) in _CONNECTIONS
        and not is_overridden(pool, _POOL_METHODS, type(pool))
    )


def _has_system_sockets(pool: Any) -> bool:
    context = pool.conn_kw.get("ssl_context")
    return not getattr(urllib3.util, "IS_PYOPENSSL", False) and (
        context is None or isinstance(context, ssl.SSLContext)
    )


def _is_forward_proxy(found: Pool, host: Host) -> bool:
    return found.is_forwarded and not host.is_tls and found.urllib3.proxy is not None


def _leads_to(pool: Any, host: Host) -> bool:
    """Whether it connects to `host`, at most by way of a tunnel through a plain connection."""
    # Through a proxy with TLS there would be TLS within TLS, which is no socket.
    is_plain = pool.proxy is None or (pool.proxy.scheme == "http" and host.is_tls)
    port = pool.port or (443 if host.is_tls else 80)
    return is_plain and (pool.scheme == "https", pool.host, port) == (
        host.is_tls, host.name, host.port,
    )  # fmt: skip


def _plain(sock: socket.socket) -> socket.socket:
    if isinstance(sock, ssl.SSLSocket):
        # A cut connection must not look like the end of a body.
        sock.suppress_ragged_eofs = False  # type: ignore[attr-defined]  # as wrap_socket sets it
    elif type(sock) is not socket.socket:
        # A proxy's own class has methods that wait; the connection itself stands by now.
        sock = socket.socket(sock.family, sock.type, sock.proto, sock.detach())
    sock.setblocking(False)
    with contextlib.suppress(OSError):
        # urllib3 leaves it off towards proxies, where a pipeline would wait for every ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
