"""Sessions of requests whose connections obey `time_limit`.

The pools beneath their adapters are urllib3's, and say themselves of which class their
connections are. Nothing else of a session is touched: what it does, it goes on doing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import prepend_scheme_if_needed, select_proxy

from arango_jobs._net.time_limits import cover

# Not annotated by requests.
_with_scheme: Callable[[str, str], str] = prepend_scheme_if_needed

__all__ = ["cover_session"]


class _CoveringKinds(dict[str, Any]):
    """What makes pools, by the scheme of their URLs."""


def cover_session(session: requests.Session, url: str, proxies: Any = None) -> None:
    """Have the connections that `session` makes to `url` from now on obey `time_limit`.

    `proxies` are those that the request will be sent with. Adapters that are none of requests'
    make connections in ways of their own, and are left alone.
    """
    adapter: Any = session.get_adapter(url)
    if not isinstance(adapter, HTTPAdapter):
        return
    if proxies:
        _make_proxy_manager(adapter, url, proxies)
    for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
        if not isinstance(manager.pool_classes_by_scheme, _CoveringKinds):
            _cover_manager(manager)


def _make_proxy_manager(adapter: HTTPAdapter, url: str, proxies: Any) -> None:
    """Have the adapter make what it would make when it sends the first request by this proxy."""
    proxy = select_proxy(url, proxies)
    if proxy:
        proxy = _with_scheme(proxy, "http")
        if proxy not in adapter.proxy_manager:
            with contextlib.suppress(ValueError):
                # A proxy that cannot be is for the request itself to tell.
                adapter.proxy_manager_for(proxy)


def _cover_manager(manager: Any) -> None:
    kinds = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = _CoveringKinds(
        {scheme: _covering(kind) for scheme, kind in kinds.items()}
    )
    for key in manager.pools.keys():  # noqa: SIM118  it cannot be iterated over
        with contextlib.suppress(KeyError):
            cover(manager.pools[key])


def _covering(kind: Callable[..., Any]) -> Callable[..., Any]:
    def new_pool(*args: Any, **options: Any) -> Any:
        return cover(kind(*args, **options))

    return new_pool
