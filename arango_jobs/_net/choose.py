"""Which way requests go: our own connections, or the user's session."""

from __future__ import annotations

from collections.abc import Sequence

import requests

from arango_jobs._net.exchange import Transport
from arango_jobs._net.hosts import parse_host
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.pool_sockets import PoolSockets, pool_sockets
from arango_jobs._net.session import SessionTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import obstacle, taken_over
from arango_jobs.clock import Clock

__all__ = ["choose_transport"]


def choose_transport(
    hosts: Sequence[str],
    session: requests.Session | None = None,
    settings: NetSettings | None = None,
    *,
    clock: Clock | None = None,
) -> tuple[Transport, str]:
    """Return the fastest transport that does what `session` says, and why it is that one.

    Own connections take over the session's headers, basic credentials, cookies,
    `verify`, `cert`, and what it would read from the environment and `.netrc`, as
    they are now. Cookies that a server sets later are kept by the session only.
    Where an adapter or a proxy changes only how connections are made, they are made
    by the session's pools, and used by us. Without a session it is as with a new one.
    Raises `OptionError` for hosts and certificates that cannot be used.
    """
    settings = settings or NetSettings()
    session = session or requests.Session()
    trouble = obstacle(session, hosts)
    if trouble is None:
        own = taken_over(session, hosts, settings)
        return (
            PipelineTransport(hosts, own, clock=clock),
            "The session asks for nothing that pipelined connections cannot do.",
        )
    sockets = _sockets(session, hosts, settings)
    if sockets is not None:
        own = taken_over(session, hosts, settings)
        return (
            PipelineTransport(hosts, own, clock=clock, sockets=sockets),
            f"Connections are made by the session's adapters, and used without it: {trouble}.",
        )
    transport = SessionTransport(hosts, session, settings, clock=clock)
    return transport, f"Requests go through {transport.describe()}: {trouble}."


def _sockets(
    session: requests.Session, hosts: Sequence[str], settings: NetSettings
) -> list[PoolSockets | None] | None:
    """Return what makes the connections to each host, `None` where we can.

    Nothing at all where one of the hosts needs more of the session.
    """
    found: list[PoolSockets | None] = []
    for url in hosts:
        made = None
        if obstacle(session, [url]) is not None:
            made = pool_sockets(session, parse_host(url), settings)
            if made is None:
                return None
        found.append(made)
    return found
