"""What a transport can be told; nothing here opens a connection."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from arango_jobs.operations import Headers
from arango_jobs.options import MAX_RESPONSE_BYTES

__all__ = ["NetSettings"]


@dataclass(frozen=True, slots=True)
class NetSettings:
    """How connections are made and what every request carries.

    Times are in seconds, sizes in bytes. What may hold a secret stays out of the repr.
    """

    connect_timeout: float = 10.0
    """For name resolution, all addresses and the TLS handshake together."""
    max_response_bytes: int = MAX_RESPONSE_BYTES
    """Largest body of a response, counted again after it is decompressed."""
    max_head_bytes: int = 1 << 20
    """Largest head of a response."""
    max_depth: int = 50
    """Quick requests under way on one connection at most; 1 turns pipelining off."""
    max_pipelined_bytes: int = 1 << 20
    """No further request is written behind bodies of this size altogether."""
    connections: int = 2
    """Connections to a host for quick requests."""
    slow_connections: int = 8
    """Connections to a host for requests that must have nothing queued behind them."""
    session_threads: int = 8
    """Threads of the transport that goes through the user's session."""
    headers: Headers = field(default=(), repr=False)
    """Sent with every request that does not carry the same names itself."""
    authorization: str | None = field(default=None, repr=False)
    """Value of the Authorization header for requests without one."""
    host_headers: tuple[Headers, ...] = field(default=(), repr=False)
    """For each host what goes to it alone (its cookies, what `.netrc` holds for it)."""
    verify: bool | str | None = None
    """Goes before what the session says of verifying servers."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """How servers are verified and what certificate we show; `None`: as `requests` does."""
