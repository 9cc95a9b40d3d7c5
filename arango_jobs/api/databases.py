"""Databases: listed, made and dropped."""

from __future__ import annotations

from collections.abc import Sequence

from arango_jobs.api import shapes
from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.group import ApiGroup, given
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    DatabaseCreateError,
    DatabaseDeleteError,
    DatabaseListError,
    DatabasePropertiesError,
    OptionError,
)
from arango_jobs.operations import Operation, Retry, quote_segment

__all__ = ["Databases"]

_DATABASE_NOT_FOUND = 1228


class Databases(ApiGroup[C]):
    """Calls about databases; making and dropping them is for `_system` only."""

    @api_method
    def properties(self) -> Operation[Json]:
        """Return this database's properties."""
        read = shapes.renamed(shapes.DATABASE)
        return self._operation(
            "database.properties",
            "GET",
            "/_api/database/current",
            reading(lambda body: read(body["result"])),
            DatabasePropertiesError,
        )

    @api_method
    def databases(self) -> Operation[list[str]]:
        """Return the names of all databases."""
        return self._names("database.list", "/_api/database")

    @api_method
    def databases_accessible_to_user(self) -> Operation[list[str]]:
        """Return the names of the databases that this user may use."""
        return self._names("database.list_accessible", "/_api/database/user")

    def _names(self, name: str, path: str) -> Operation[list[str]]:
        return self._operation(
            name, "GET", path, reading(lambda body: a_list(body["result"])), DatabaseListError
        )

    @api_method
    def has_database(self, name: str) -> Operation[bool]:
        """Return whether there is a database of this name."""
        return self._operation(
            "database.has",
            "GET",
            "/_api/database",
            reading(lambda body: name in a_list(body["result"])),
            DatabaseListError,
        )

    @api_method
    def create_database(
        self,
        name: str,
        users: Sequence[Json] | None = None,
        replication_factor: int | str | None = None,
        write_concern: int | None = None,
        sharding: str | None = None,
    ) -> Operation[bool]:
        """Make a database.

        `users` are dicts with `username` and `password`, and if need be `active`
        and `extra`; those that do not exist are made, all may read and write.
        """
        options = given(
            replicationFactor=replication_factor, writeConcern=write_concern, sharding=sharding
        )
        body = given(
            name=name,
            options=options or None,
            users=None if users is None else [_user(user) for user in users],
        )
        return self._operation(
            "database.create",
            "POST",
            "/_api/database",
            reading(lambda _: True),
            DatabaseCreateError,
            body=body,
        )

    @api_method
    def delete_database(self, name: str, ignore_missing: bool = False) -> Operation[bool]:
        """Drop a database; return `False` where it is not there and `ignore_missing`."""
        return self._operation(
            "database.delete",
            "DELETE",
            f"/_api/database/{quote_segment(name)}",
            reading(lambda _: True, false_on=(_DATABASE_NOT_FOUND,) if ignore_missing else ()),
            DatabaseDeleteError,
            retry=Retry.IDEMPOTENT if ignore_missing else Retry.NEVER,
        )


def _user(user: Json) -> Json:
    try:
        return {
            "username": user["username"],
            "passwd": user["password"],
            "active": user.get("active", True),
            "extra": user.get("extra", {}),
        }
    except KeyError as error:
        raise OptionError(f"a user of a new database needs {error}") from None
