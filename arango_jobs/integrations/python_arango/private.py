"""Every private name of python-arango's that is read or set, in one place.

A connection keeps what it was made of to itself. A release that keeps it
elsewhere is found out when a manager is made (`OptionError`), and by a test
that goes through `NAMES`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from arango_jobs.errors import OptionError
from arango_jobs.integrations.python_arango.driver import (
    BasicConnection,
    Cursor,
    HostResolver,
    JwtConnection,
    JwtSuperuserConnection,
    installed_version,
)

__all__ = [
    "NAMES",
    "Parts",
    "on_host",
    "parts_of",
    "pin",
    "token_expiry",
    "token_header",
]

_COMMON = (
    "_url_prefixes",
    "_sessions",
    "_http",
    "_host_resolver",
    "_deserializer",
    "_request_compression",
)
NAMES: dict[type, tuple[str, ...]] = {
    BasicConnection: (*_COMMON, "_auth"),
    JwtConnection: (*_COMMON, "_auth_header", "_token_exp", "_password"),
    JwtSuperuserConnection: (*_COMMON, "_auth_header"),
    Cursor: ("_conn",),
}
"""The names by class; the tests look for each of them."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a connection of the driver's was made of."""

    hosts: tuple[str, ...]
    sessions: tuple[Any, ...]
    http: Any
    deserializer: Any
    compression: Any
    """What compresses bodies of requests, `None` where nothing does."""
    basic: tuple[str, str] | None
    """Name and password, where each request carries them."""
    password: str | None
    """What new tokens are got with."""


def parts_of(connection: Any) -> Parts:
    """Return what `connection` was made of; raise `OptionError` where that cannot be found."""
    _check(connection)
    below = f"/_db/{connection.db_name}"
    return Parts(
        hosts=tuple(prefix.removesuffix(below) for prefix in connection._url_prefixes),
        sessions=tuple(connection._sessions),
        http=connection._http,
        deserializer=connection._deserializer,
        compression=connection._request_compression,
        basic=getattr(connection, "_auth", None),
        password=getattr(connection, "_password", None),
    )


def token_header(connection: Any) -> str:
    """Return the `Authorization` of a connection with a token, as it is now."""
    return str(connection._auth_header)


def token_expiry(connection: Any) -> float:
    """Return when the token of a connection expires, in seconds since the Unix epoch."""
    return float(connection._token_exp)


def on_host(connection: Any, host: int) -> Any:
    """Return a copy of `connection` that sends to the host with this number only."""
    pinned = copy.copy(connection)
    pinned._host_resolver = _OneHost(host, connection._host_resolver)
    return pinned


def pin(cursor: Any, connection: Any) -> None:
    """Have `cursor` read on over `connection`."""
    cursor._conn = connection


class _OneHost(HostResolver):
    def __init__(self, host: int, other: Any) -> None:
        super().__init__(other.host_count, other.max_tries)
        self._host = host

    def get_host_index(self, indexes_to_filter: set[int] | None = None) -> int:
        return self._host


def _check(connection: Any) -> None:
    for kind, names in NAMES.items():
        if not isinstance(connection, kind):
            continue
        missing = [name for name in names if not hasattr(connection, name)]
        if missing:
            raise OptionError(
                f"python-arango {installed_version()} keeps {', '.join(missing)} of its "
                "connections elsewhere, so its settings cannot be taken over"
            )
        return
    raise OptionError(
        f"JobManager knows no connections of the class {type(connection).__name__}; "
        "the database has to come from ArangoClient.db()"
    )
