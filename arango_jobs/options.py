"""Defaults, and the checks of what users hand in.

Three budgets of time, which never stand in for one another:

* `connect`: seconds until a connection to a host stands. When they are over,
  nothing has been sent, and the next host is tried.
* `request`: seconds from the first byte of one request to the last of its
  answer, pauses before repeated tries included. When they are over, the server
  may have done what was asked.
* `job`: seconds from submission until a job's result is here, however many
  requests that takes. `None` waits for ever. Only managed execution knows it,
  where `deadline` goes before it.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from arango_jobs.checking import shown
from arango_jobs.errors import OptionError

__all__ = [
    "DEFAULT_HOST",
    "MAX_RESPONSE_BYTES",
    "Timeouts",
    "check_names",
    "parse_hosts",
    "positive_seconds",
]

DEFAULT_HOST = "http://127.0.0.1:8529"
MAX_RESPONSE_BYTES = 1 << 30
"""Largest body of an answer, counted again after it is decompressed."""


def check_names(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `OptionError` for a name of `given` that is not `known`, with one that is like it."""
    names = list(known)
    for name in given:
        if name in names:
            continue
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(names))}"
        raise OptionError(f"{owner} has no option {name!r}; {hint}")


def positive_seconds(name: str, value: float | None) -> float | None:
    """Return `value` if it is a positive number of seconds or `None`; else raise `OptionError`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OptionError(f"{name} must be a number of seconds or None, not {shown(name, value)}")
    if not math.isfinite(value) or value <= 0:
        raise OptionError(f"{name} must be more than 0 seconds, not {value!r} (None: no limit)")
    return float(value)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The three budgets, in seconds; `None` is no limit."""

    connect: float | None = 10.0
    request: float | None = 60.0
    job: float | None = None

    def __post_init__(self) -> None:
        """Check each of them."""
        for name in ("connect", "request", "job"):
            object.__setattr__(self, name, positive_seconds(name, getattr(self, name)))

    @classmethod
    def of(
        cls,
        value: Timeouts | float | tuple[float | None, float | None] | None,
        name: str = "timeout",
    ) -> Timeouts:
        """Return budgets for `value`: some already, the request's, or (connect, request).

        Messages call it `name`.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, tuple):
            if len(value) != 2:
                raise OptionError(f"{name} must be (connect, request), not {value!r}")
            connect = positive_seconds(f"{name} (connect)", value[0])
            return cls(connect=connect, request=positive_seconds(f"{name} (request)", value[1]))
        return replace(cls(), request=positive_seconds(name, value))  # type: ignore[arg-type]  # checked there


def parse_hosts(hosts: str | Sequence[str]) -> tuple[str, ...]:
    """Return the URLs of the Coordinators, without a slash at the end.

    `hosts` is one URL, several with commas between, or a sequence of them.
    """
    if not isinstance(hosts, Iterable):
        raise OptionError(f"hosts must be a URL or several, not {hosts!r}")
    parts = hosts.split(",") if isinstance(hosts, str) else list(hosts)
    if not parts:
        raise OptionError("hosts is empty; give at least one URL such as " + DEFAULT_HOST)
    return tuple(_host(part) for part in parts)


def _host(text: str) -> str:
    if not isinstance(text, str):
        raise OptionError(f"a host must be a URL such as {DEFAULT_HOST}, not {text!r}")
    url = text.strip().rstrip("/")
    if "@" in url:
        # The text is not repeated: it holds a password.
        raise OptionError("a host must not hold a name or password; give them to db()")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise OptionError(f"{text!r} is no URL of a host; it should look like {DEFAULT_HOST}")
    return url
