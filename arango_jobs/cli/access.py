"""Which server a command talks to: options, environment, or an embedded one in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from arango_jobs import ArangoClient, StandardDatabase
from arango_jobs.cli.failing import complain
from arango_jobs.errors import ArangoServerError
from arango_jobs.local import LocalServer
from arango_jobs.options import DEFAULT_HOST

__all__ = ["Access", "access_options", "database", "database_or_embedded"]

_NO_DATABASE = 1228


@dataclass(frozen=True, slots=True)
class Access:
    """Where the server is and who asks."""

    url: str | None
    name: str
    user: str
    password: str

    def connect(self, url: str) -> StandardDatabase:
        """Return the database on the server at `url`, or at several with commas between."""
        return ArangoClient(hosts=url).db(self.name, username=self.user, password=self.password)


def access_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say where the server is, as its first argument `access`."""

    @click.option(
        "--url",
        envvar="ARANGO_URL",
        help="URL of the server, several Coordinators with commas between [env: ARANGO_URL].",
    )
    @click.option("--db", envvar="ARANGO_DB", default="_system", help="Database [env: ARANGO_DB].")
    @click.option("--user", envvar="ARANGO_USER", default="root", help="[env: ARANGO_USER]")
    @click.option(
        "--password",
        envvar="ARANGO_PASSWORD",
        default="",
        help="[env: ARANGO_PASSWORD, which no list of processes shows]",
    )
    @wraps(command)
    def with_access(*args: Any, url: str, db: str, user: str, password: str, **kwargs: Any) -> Any:
        return command(Access(url or None, db, user, password), *args, **kwargs)

    return with_access


@contextmanager
def database(access: Access) -> Iterator[StandardDatabase]:
    """Give the database on a server, by default the one on this machine's usual port."""
    yield access.connect(access.url or DEFAULT_HOST)


@contextmanager
def database_or_embedded(access: Access, *, may_miss: bool = False) -> Iterator[StandardDatabase]:
    """Give the database on a server, or on an embedded one that ends with this command.

    With `may_miss`, the server need not have the database yet.
    """
    if access.url is not None:
        db = access.connect(access.url)
        # Asked directly, so that what is wrong with the server is said at once and by name.
        try:
            db.version()
        except ArangoServerError as error:
            if not may_miss or error.error_code != _NO_DATABASE:
                raise
        yield db
        return
    with LocalServer(0, access.user, access.password) as server:
        complain(
            "no --url and no ARANGO_URL: using an embedded server in this process, "
            "whose data is gone when this command ends"
        )
        db = access.connect(server.url)
        if access.name != "_system":
            system = Access(None, "_system", access.user, access.password).connect(server.url)
            system.create_database(access.name)
        yield db
