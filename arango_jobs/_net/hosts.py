"""The address of a server, taken apart once.

Knows URLs; opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from arango_jobs.errors import OptionError

__all__ = ["Host", "parse_host"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Host:
    """Where to connect, and how the server is named in requests and messages."""

    name: str
    """Name or address, IPv6 without brackets."""
    port: int
    is_tls: bool
    prefix: str
    """Path in front of every target (a server behind a reverse proxy), no slash at its end."""
    authority: str
    """Value of the Host header."""
    url: str
    """As given, without credentials, query and the slash at its end."""


def parse_host(url: str) -> Host:
    """Take `url` apart; `OptionError` where it is no http(s) URL or carries credentials."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError as error:
        raise OptionError(f"host {_shown(url)!r} is not a URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not name:
        raise OptionError(f"host {_shown(url)!r} is not an http:// or https:// URL")
    if parts.username is not None or parts.password is not None:
        raise OptionError(f"host {_shown(url)!r} carries credentials; give them as options")
    if parts.query or parts.fragment or not (url.isascii() and url.isprintable()) or " " in url:
        raise OptionError(f"host {_shown(url)!r} is not a plain address")
    shown = f"[{name}]" if ":" in name else name
    default = _DEFAULT_PORTS[parts.scheme]
    authority = shown if port in (None, default) else f"{shown}:{port}"
    prefix = parts.path.rstrip("/")
    return Host(
        name=name,
        port=default if port is None else port,
        is_tls=parts.scheme == "https",
        prefix=prefix,
        authority=authority,
        url=f"{parts.scheme}://{authority}{prefix}",
    )


def _shown(url: str) -> str:
    """Return `url` without what stands before an at sign: that may be a password."""
    return url.rpartition("@")[2] if "@" in url else url
