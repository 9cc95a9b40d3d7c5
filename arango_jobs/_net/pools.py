"""The urllib3 pool beneath an adapter of the user's session.

Found as `requests` finds it, once for each host. Opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from arango_jobs._net.hosts import Host
from arango_jobs._net.proxies import without_credentials
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.takeover import environment, is_overridden
from arango_jobs.errors import OptionError

__all__ = ["Pool", "leaves_requests_alone", "pool_for"]

_ADAPTER_METHODS = ("send", "add_headers", "build_response", "request_url")


@dataclass(frozen=True, slots=True)
class Pool:
    """A urllib3 pool, ready for requests to one host."""

    urllib3: Any
    probe: requests.PreparedRequest
    """A request to the host as the session would make it."""
    is_forwarded: bool
    """Whether a proxy reads every request, and wants the whole URL in it."""


def leaves_requests_alone(adapter: object) -> bool:
    """Whether `adapter` does nothing of its own to requests and responses."""
    return isinstance(adapter, HTTPAdapter) and not is_overridden(
        adapter, _ADAPTER_METHODS, HTTPAdapter
    )


def pool_for(session: requests.Session, host: Host, settings: NetSettings) -> Pool:
    """Return the pool that the session's `HTTPAdapter` for `host` keeps.

    Raises `OptionError` where it cannot be made: certificates that cannot be read,
    a proxy's URL that is none.
    """
    adapter: Any = session.get_adapter(host.url)
    url = f"{host.url}/"
    probe = session.prepare_request(requests.Request("GET", url))
    merged = environment(session, url, settings.verify)
    proxies, verify, cert = merged["proxies"], merged["verify"], merged["cert"]
    try:
        pool = adapter.get_connection_with_tls_context(probe, verify, proxies=proxies, cert=cert)
        check: Callable[..., None] = adapter.cert_verify
        check(pool, url, verify, cert)
    except (OSError, ValueError) as error:
        why = without_credentials(str(error))
        raise OptionError(f"the session cannot connect to {host.url}: {why}") from None
    target = adapter.request_url(probe, proxies)
    return Pool(pool, probe, target.startswith("http"))
