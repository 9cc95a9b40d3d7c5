"""Users and their rights."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, json_of, reading
from arango_jobs.api.group import ApiGroup, given
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    ArangoServerError,
    PermissionGetError,
    PermissionListError,
    PermissionResetError,
    PermissionUpdateError,
    UserCreateError,
    UserDeleteError,
    UserGetError,
    UserListError,
    UserReplaceError,
    UserUpdateError,
)
from arango_jobs.operations import Operation, Response, Retry, quote_segment

__all__ = ["Users"]


class Users(ApiGroup[C]):
    """Calls about users; most need rights on `_system`."""

    @api_method
    def has_user(self, username: str) -> Operation[bool]:
        """Return whether there is a user of this name."""
        return self._operation(
            "user.has",
            "GET",
            "/_api/user",
            reading(lambda body: any(user["user"] == username for user in a_list(body["result"]))),
            UserListError,
        )

    @api_method
    def users(self) -> Operation[list[Json]]:
        """Return all users."""
        return self._operation(
            "user.list",
            "GET",
            "/_api/user",
            reading(lambda body: [_user(user) for user in a_list(body["result"])]),
            UserListError,
        )

    @api_method
    def user(self, username: str) -> Operation[Json]:
        """Return one user."""
        return self._operation("user.get", "GET", _path(username), reading(_user), UserGetError)

    @api_method
    def create_user(
        self,
        username: str,
        password: str | None = None,
        active: bool | None = None,
        extra: Json | None = None,
    ) -> Operation[Json]:
        """Make a user, active unless told otherwise."""
        return self._operation(
            "user.create",
            "POST",
            "/_api/user",
            reading(_user),
            UserCreateError,
            body=given(user=username, passwd=password, active=active, extra=extra),
        )

    @api_method
    def update_user(
        self,
        username: str,
        password: str | None = None,
        active: bool | None = None,
        extra: Json | None = None,
    ) -> Operation[Json]:
        """Change of a user what is given."""
        body = given(passwd=password, active=active, extra=extra)
        return self._change("user.update", "PATCH", username, UserUpdateError, body)

    @api_method
    def replace_user(
        self,
        username: str,
        password: str,
        active: bool | None = None,
        extra: Json | None = None,
    ) -> Operation[Json]:
        """Set a user's password and the rest anew."""
        body = given(user=username, passwd=password, active=active, extra=extra)
        return self._change("user.replace", "PUT", username, UserReplaceError, body)

    @api_method
    def delete_user(self, username: str, ignore_missing: bool = False) -> Operation[bool]:
        """Delete a user; return `False` where there is none and `ignore_missing`."""

        def decode(response: Response, operation: Operation[bool]) -> bool:
            if response.status == 404 and ignore_missing:
                return False
            json_of(response, operation)
            return True

        return self._operation(
            "user.delete",
            "DELETE",
            _path(username),
            decode,
            UserDeleteError,
            retry=Retry.IDEMPOTENT if ignore_missing else Retry.NEVER,
        )

    @api_method
    def permissions(self, username: str) -> Operation[Json]:
        """Return a user's rights on every database and collection."""
        return self._operation(
            "permission.list",
            "GET",
            _path(username, "database"),
            reading(lambda body: body["result"]),
            PermissionListError,
            query={"full": True},
        )

    @api_method
    def permission(
        self, username: str, database: str, collection: str | None = None
    ) -> Operation[str]:
        """Return a user's right on a database or collection: "rw", "ro" or "none"."""
        return self._operation(
            "permission.get",
            "GET",
            _rights(username, database, collection),
            reading(lambda body: str(body["result"])),
            PermissionGetError,
        )

    @api_method
    def update_permission(
        self, username: str, permission: str, database: str, collection: str | None = None
    ) -> Operation[bool]:
        """Set a user's right on a database or collection to "rw", "ro" or "none"."""
        return self._operation(
            "permission.update",
            "PUT",
            _rights(username, database, collection),
            reading(lambda _: True),
            PermissionUpdateError,
            body={"grant": permission},
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def reset_permission(
        self, username: str, database: str, collection: str | None = None
    ) -> Operation[bool]:
        """Take back what was set, so that the default holds again."""
        return self._operation(
            "permission.reset",
            "DELETE",
            _rights(username, database, collection),
            reading(lambda _: True),
            PermissionResetError,
            retry=Retry.IDEMPOTENT,
        )

    def _change(
        self, name: str, method: str, username: str, error: type[ArangoServerError], body: Json
    ) -> Operation[Json]:
        return self._operation(
            name,
            method,
            _path(username),
            reading(_user),
            error,
            body=body,
            retry=Retry.IDEMPOTENT,
        )


def _path(username: str, *more: str) -> str:
    return "/".join(("/_api/user", quote_segment(username), *more))


def _rights(username: str, database: str, collection: str | None) -> str:
    parts = [database] if collection is None else [database, collection]
    return _path(username, "database", *map(quote_segment, parts))


def _user(body: Any) -> Json:
    return {"username": body["user"], "active": body["active"], "extra": body["extra"]}
