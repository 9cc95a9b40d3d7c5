"""The proxy between us and a host, as messages name it: never with its credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy

from arango_jobs._net.takeover import environment

__all__ = ["by_way_of", "is_unreached", "proxy_of", "without_credentials"]

_CREDENTIALS = re.compile(r"[^\s/@'\"]*:[^\s/@'\"]*@")


def proxy_of(session: requests.Session, url: str) -> str | None:
    """Return the URL of the proxy that `session` or the environment names for `url`."""
    try:
        proxy = select_proxy(url, environment(session, url)["proxies"])
    except Exception:  # noqa: BLE001  a session's methods can be user code; this is for messages
        return None
    if not proxy:
        return None
    try:
        parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        port = f":{parts.port}" if parts.port else ""
        name = parts.hostname or ""
    except ValueError:
        return without_credentials(proxy)
    name = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{name}{port}"


def by_way_of(url: str, proxy: str | None) -> str:
    """Return how a message names the host `url` and the proxy on the way to it."""
    return url if proxy is None else f"{url} (by way of the proxy {proxy})"


def is_unreached(proxy: str | None, causes: Iterable[BaseException]) -> bool:
    """Return whether a failure to connect is one to `proxy` itself.

    A SOCKS proxy that is there tells in the same way of a host that it cannot connect to.
    """
    if proxy is None:
        return False
    names = {type(cause).__name__ for cause in causes}
    return not proxy.startswith("socks") or "ProxyConnectionError" in names


def without_credentials(text: str) -> str:
    """Return `text` without the names and passwords of URLs in it."""
    return _CREDENTIALS.sub("***@", text)
