"""Which way requests go: our own connections, or the user's session."""

from __future__ import annotations

from collections.abc import Sequence

import requests

from arango_jobs._net.exchange import Transport
from arango_jobs._net.pipeline import PipelineTransport
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
    Without a session it is as with a new one. Raises `OptionError` for hosts and
    certificates that cannot be used.
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
    transport = SessionTransport(hosts, session, settings, clock=clock)
    return transport, f"Requests go through {transport.describe()}: {trouble}."
